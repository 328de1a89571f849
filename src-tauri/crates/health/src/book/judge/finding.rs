//! Verdicts on each surface and each model.

use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, SurfaceId};
use chrono::{DateTime, Utc};

use super::{Claim, CurrentReadings, Measured};
use crate::{
    Basis, Evidence, Finding, Level, PageClaim, PageEvidence, ProviderVerdict, Unknown, Verdict,
};

impl CurrentReadings<'_> {
    pub(super) fn surface_findings(
        &self,
        before: Option<&ProviderVerdict>,
    ) -> BTreeMap<SurfaceId, Finding> {
        self.claims
            .iter()
            .map(|(&surface, claim)| {
                let finding = self.surface_finding(surface, *claim);
                (
                    surface.clone(),
                    steady(finding, before.and_then(|b| b.surfaces.get(surface))),
                )
            })
            .collect()
    }

    fn surface_finding(&self, surface: &SurfaceId, claim: Result<&Claim, Unknown>) -> Finding {
        let now = self.context.now;
        if self.offline() {
            return offline(now);
        }
        let bears =
            |key: &(EndpointId, ModelId)| self.surfaces_of(&key.0).iter().any(|s| s.id == *surface);
        let bad = || self.failing().filter(|(key, _, _)| bears(key));
        let answering = self.working().filter(|key| bears(key));
        let evidence = Evidence {
            page: match claim {
                Ok(claim) => PageEvidence::Claim(PageClaim {
                    level: claim.level,
                    since: claim.since,
                    read_at: claim.read_at,
                }),
                Err(_) => self.unread_page(),
            },
            calls: self.failed_calls(bears),
            failing: bad().map(|(key, _, _)| key.1.clone()).collect(),
            answering: answering.map(|key| key.1.clone()).collect(),
            network_up: self.context.network.is_up(),
            ..Evidence::default()
        };
        let works = !evidence.answering.is_empty();
        let page = claim.map(|c| (c.level, c.since));
        let worst = bad().map(|(_, level, _)| level).max();
        let (verdict, since, basis) = match (page, worst) {
            (_, Some(worst)) => (
                Verdict::Known(page.map_or(worst, |(level, _)| level.max(worst))),
                evidence.calls.map(|calls| calls.since),
                Basis::Measured,
            ),
            (Ok((level, since)), None) if works => (Verdict::Known(level), since, Basis::Measured),
            (Ok((level, since)), None) => (Verdict::Known(level), since, Basis::PageOnly),
            (Err(_), None) if works => (Verdict::Known(Level::Operational), None, Basis::Measured),
            (Err(why), None) => (Verdict::Unknown(why), Some(now), Basis::Nothing),
        };
        Finding {
            verdict,
            since,
            basis,
            evidence,
        }
    }

    pub(super) fn model_findings(
        &self,
        before: Option<&ProviderVerdict>,
    ) -> BTreeMap<(EndpointId, ModelId), Finding> {
        self.runs
            .iter()
            .map(|(&key, run)| {
                let finding = if self.offline() {
                    offline(self.context.now)
                } else {
                    self.model_finding(key, run)
                };
                let before = before.and_then(|b| b.models.get(key));
                (key.clone(), steady(finding, before))
            })
            .collect()
    }

    fn model_finding(&self, key: &(EndpointId, ModelId), run: &Measured<'_>) -> Finding {
        let (endpoint, model) = key;
        let mut evidence = Evidence {
            network_up: self.context.network.is_up(),
            ours: self.ours.get(key).map(|fault| (endpoint.clone(), *fault)),
            ..Evidence::default()
        };
        let (verdict, since, basis) = match run {
            Measured::Works { .. } => {
                evidence.answering.insert(model.clone());
                (Verdict::Known(Level::Operational), None, Basis::Measured)
            }
            Measured::Fails { level, stretch } => {
                evidence.failing.insert(model.clone());
                evidence.calls = Some(stretch.evidence());
                (Verdict::Known(*level), Some(stretch.since), Basis::Measured)
            }
            Measured::Unknown(why) => (
                Verdict::Unknown(*why),
                Some(self.context.now),
                Basis::Nothing,
            ),
        };
        Finding {
            verdict,
            since,
            basis,
            evidence,
        }
    }
}

fn offline(now: DateTime<Utc>) -> Finding {
    Finding {
        verdict: Verdict::Unknown(Unknown::Offline),
        since: Some(now),
        basis: Basis::Nothing,
        evidence: Evidence::default(),
    }
}

/// An unchanged finding keeps its beginning.
fn steady(mut finding: Finding, before: Option<&Finding>) -> Finding {
    if let Some(before) = before
        && before.verdict == finding.verdict
    {
        let since = finding.since;
        finding.since = before
            .since
            .map(|before| since.map_or(before, |since| since.min(before)));
    }
    finding
}
