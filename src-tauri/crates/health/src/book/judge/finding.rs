//! What is believed of each surface and of each model, apart from the whole.

use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, SurfaceId};
use chrono::{DateTime, Utc};

use super::sentence::{calls, told};
use super::{Claim, Measured, Scene, Seen, fine};
use crate::words;
use crate::{Basis, Finding, Level, ProviderVerdict, Unknown, Verdict};

impl Seen<'_> {
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
        let Scene { now, words, .. } = self.scene;
        if self.offline() {
            return offline(now);
        }
        let bears = |key: &&(EndpointId, ModelId)| {
            self.surfaces_of(&key.0).iter().any(|s| s.id == *surface)
        };
        let bad: Vec<_> = self.failing().filter(|(key, _, _)| bears(key)).collect();
        let works = self.working().any(|key| bears(&key));
        let page = claim.map(|c| (c.level, c.since));
        let worst = bad.iter().map(|(_, level, _)| *level).max();
        let said = match claim {
            Ok(claim) if fine(claim.level) => {
                format!("status page: {}", words::level(claim.level))
            }
            Ok(claim) => format!(
                "status page: {} since {}",
                words::level(claim.level),
                words.time(claim.since, now)
            ),
            Err(why) => format!("unknown, {}", words::unknown(why, self.page.unreadable())),
        };
        match (page, worst) {
            (_, Some(worst)) => Finding {
                verdict: Verdict::Known(page.map_or(worst, |(level, _)| level.max(worst))),
                since: bad.iter().map(|(_, _, s)| s.since).min().unwrap_or(now),
                basis: Basis::Measured,
                evidence: match page {
                    Ok(_) => format!("{said}; our own calls fail: {}", calls(&bad).join(", ")),
                    Err(_) => format!("our own calls fail: {}", calls(&bad).join(", ")),
                },
            },
            (Ok((level, since)), None) => Finding {
                verdict: Verdict::Known(level),
                since,
                basis: if works {
                    Basis::Measured
                } else {
                    Basis::PageOnly
                },
                evidence: if works {
                    format!("{said}; our own calls get through")
                } else {
                    said
                },
            },
            (Err(_), None) if works => Finding {
                verdict: Verdict::Known(Level::Operational),
                since: now,
                basis: Basis::Measured,
                evidence: "our own calls get through".to_owned(),
            },
            (Err(why), None) => Finding {
                verdict: Verdict::Unknown(why),
                since: now,
                basis: Basis::Nothing,
                evidence: said,
            },
        }
    }

    pub(super) fn model_findings(
        &self,
        before: Option<&ProviderVerdict>,
    ) -> BTreeMap<(EndpointId, ModelId), Finding> {
        let Scene { now, words, .. } = self.scene;
        let find = |run: &Measured<'_>| match run {
            _ if self.offline() => offline(now),
            Measured::Works { since } => Finding {
                verdict: Verdict::Known(Level::Operational),
                since: *since,
                basis: Basis::Measured,
                evidence: "our own calls get through".to_owned(),
            },
            Measured::Fails { level, stretch } => Finding {
                verdict: Verdict::Known(*level),
                since: stretch.since,
                basis: Basis::Measured,
                evidence: format!(
                    "{} since {}",
                    told(stretch.probes, stretch.requests).join(", "),
                    words.time(stretch.since, now)
                ),
            },
            Measured::Unknown(why) => Finding {
                verdict: Verdict::Unknown(*why),
                since: now,
                basis: Basis::Nothing,
                evidence: format!("unknown, {}", words::unknown(*why, None)),
            },
        };
        self.runs
            .iter()
            .map(|(&key, run)| {
                (
                    key.clone(),
                    steady(find(run), before.and_then(|b| b.models.get(key))),
                )
            })
            .collect()
    }
}

fn offline(now: DateTime<Utc>) -> Finding {
    Finding {
        verdict: Verdict::Unknown(Unknown::Offline),
        since: now,
        basis: Basis::Nothing,
        evidence: format!("unknown, {}", words::unknown(Unknown::Offline, None)),
    }
}

/// A finding that says the same as before holds since then.
fn steady(mut finding: Finding, before: Option<&Finding>) -> Finding {
    if let Some(before) = before
        && before.verdict == finding.verdict
    {
        finding.since = finding.since.min(before.since);
    }
    finding
}
