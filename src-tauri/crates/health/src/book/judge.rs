//! From what was read of one provider to the belief about it: pure, and made afresh every time.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{EndpointId, ModelId, Provider, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use super::Thresholds;
use super::network::Network;
use super::page::{Claim, PageRecord, fine};
use super::run::{Measured, Run, Stretch, Tally};
use crate::words::{self, Words};
use crate::{Basis, Blame, Finding, Level, OurFault, ProviderVerdict, Unknown, Verdict};

/// Everything that was read of one provider.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) page: PageRecord,
    pub(super) runs: BTreeMap<(EndpointId, ModelId), Run>,
}

/// The circumstances of a judgement.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) thresholds: &'a Thresholds,
    pub(super) words: Words,
    pub(super) network: &'a Network,
    pub(super) id: &'a ProviderId,
    /// None: a provider of the owner's own, which no catalogue file describes.
    pub(super) provider: Option<&'a Provider>,
    /// Surfaces that count; None: nobody chose, so the catalogue's do.
    pub(super) watched: Option<&'a BTreeSet<SurfaceId>>,
    /// Products whose calls fail now, when they are many and unrelated; else empty.
    pub(super) failing_together: &'a [String],
}

pub(super) struct Judgement {
    pub(super) verdict: ProviderVerdict,
    /// Good, and proved well enough to end a story.
    pub(super) settled: bool,
}

impl Readings {
    /// Do our own calls to it fail now?
    pub(super) fn calls_fail(
        &self,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
        network: &Network,
    ) -> bool {
        self.runs.values().any(|run| {
            matches!(
                run.measured(now, thresholds, network),
                Measured::Fails { .. }
            )
        })
    }
}

pub(super) fn product(id: &ProviderId, provider: Option<&Provider>) -> String {
    provider.map_or_else(|| id.to_string(), |p| p.product.clone())
}

pub(super) fn judge(
    scene: Scene<'_>,
    readings: &Readings,
    before: Option<&ProviderVerdict>,
) -> Judgement {
    let seen = Seen::gather(scene, readings);
    let verdict = seen.verdict();
    let (basis, blame) = (seen.basis(), seen.blame(verdict));
    let since = seen.since(verdict, before.map(|b| (b.verdict, b.since)));
    let evidence = seen.sentence(verdict, basis, blame);
    Judgement {
        settled: seen.settled(verdict, readings),
        verdict: ProviderVerdict {
            verdict,
            since,
            basis,
            blame,
            evidence,
            unstable: false,
            surfaces: seen.surface_findings(before),
            models: seen.model_findings(before),
        },
    }
}

/// The readings as they bear on this moment.
struct Seen<'a> {
    scene: Scene<'a>,
    page: &'a PageRecord,
    claims: BTreeMap<&'a SurfaceId, Result<&'a Claim, Unknown>>,
    runs: BTreeMap<&'a (EndpointId, ModelId), Measured<'a>>,
    ours: Option<(&'a EndpointId, OurFault)>,
}

impl<'a> Seen<'a> {
    fn gather(scene: Scene<'a>, readings: &'a Readings) -> Self {
        let Scene {
            now, thresholds, ..
        } = scene;
        let surfaces = scene.provider.map_or(&[][..], |p| &p.surfaces);
        let stale_after = thresholds.page_stale();
        Self {
            scene,
            page: &readings.page,
            claims: surfaces
                .iter()
                .map(|s| (&s.id, readings.page.claim(&s.id, now, stale_after)))
                .collect(),
            runs: readings
                .runs
                .iter()
                .map(|(key, run)| (key, run.measured(now, thresholds, scene.network)))
                .collect(),
            ours: readings
                .runs
                .iter()
                .find_map(|((endpoint, _), run)| Some((endpoint, run.our_fault(now, thresholds)?))),
        }
    }

    fn offline(&self) -> bool {
        self.scene.network.is_down()
    }

    fn counts(&self, surface: &SurfaceId) -> bool {
        match (self.scene.watched, self.scene.provider) {
            (Some(chosen), _) => chosen.contains(surface),
            (None, Some(provider)) => provider
                .surfaces
                .iter()
                .any(|s| s.id == *surface && s.watched),
            (None, None) => false,
        }
    }

    /// The page's word on the surfaces that count.
    fn believed(&self) -> impl Iterator<Item = &'a Claim> {
        self.claims
            .iter()
            .filter(|(surface, _)| self.counts(surface))
            .filter_map(|(_, claim)| claim.ok())
    }

    fn page_level(&self) -> Option<Level> {
        self.believed().map(|claim| claim.level).max()
    }

    fn failing(&self) -> impl Iterator<Item = (&'a (EndpointId, ModelId), Level, &'a Stretch)> {
        self.runs.iter().filter_map(|(key, run)| match run {
            Measured::Fails { level, stretch } => Some((*key, *level, *stretch)),
            Measured::Works { .. } | Measured::Unknown(_) => None,
        })
    }

    fn working(&self) -> impl Iterator<Item = &'a (EndpointId, ModelId)> {
        self.runs.iter().filter_map(|(key, run)| match run {
            Measured::Works { .. } => Some(*key),
            Measured::Fails { .. } | Measured::Unknown(_) => None,
        })
    }

    /// What our own calls say, over all models of all endpoints; models fail and recover one by one.
    fn measured_level(&self) -> Option<Level> {
        let (bad, good) = (self.failing().count(), self.working().count());
        let worst = self.failing().map(|(_, level, _)| level).max();
        match (worst, good) {
            (None, 0) => None,
            (None, _) => Some(Level::Operational),
            (Some(worst), 0) => Some(worst),
            (Some(_), _) if bad >= good => Some(Level::PartialOutage),
            (Some(_), _) => Some(Level::Degraded),
        }
    }

    fn verdict(&self) -> Verdict {
        if self.offline() {
            return Verdict::Unknown(Unknown::Offline);
        }
        let measured = self.measured_level();
        match self.page_level().max(measured) {
            // A surface that fell silent in an outage is not well, only because the others are.
            Some(level) if fine(level) && measured.is_none() && self.fell_silent() => {
                Verdict::Unknown(self.why_unknown())
            }
            Some(level) => Verdict::Known(level),
            None => Verdict::Unknown(self.why_unknown()),
        }
    }

    /// The page's last word on a surface that counts was an outage, and is too old to be believed.
    fn fell_silent(&self) -> bool {
        self.claims.iter().any(|(surface, claim)| {
            claim.is_err() && self.counts(surface) && self.page.left_bad(surface)
        })
    }

    fn why_unknown(&self) -> Unknown {
        let page = self
            .claims
            .iter()
            .filter(|(surface, _)| self.counts(surface))
            .filter_map(|(_, claim)| claim.err());
        let runs = self.runs.values().filter_map(|run| match run {
            Measured::Unknown(why) => Some(*why),
            Measured::Works { .. } | Measured::Fails { .. } => None,
        });
        // The reason that tells most.
        let telling = |why: &Unknown| match why {
            Unknown::NotYetLooked => 0,
            Unknown::Stale => 1,
            Unknown::PageUnreadable => 2,
            Unknown::Offline => 3,
        };
        page.chain(runs)
            .max_by_key(telling)
            .unwrap_or(Unknown::NotYetLooked)
    }

    fn basis(&self) -> Basis {
        if self.offline() {
            Basis::Nothing
        } else if self.measured_level().is_some() {
            Basis::Measured
        } else if self.page_level().is_some() {
            Basis::PageOnly
        } else {
            Basis::Nothing
        }
    }

    fn settled(&self, verdict: Verdict, readings: &Readings) -> bool {
        let Verdict::Known(level) = verdict else {
            return false;
        };
        // Where the page tells too little, our own calls must have proved it.
        let must_prove = self.page_level().is_none() || self.fell_silent();
        let proved = |key: &(EndpointId, ModelId)| {
            let run = readings.runs.get(key);
            run.is_some_and(|run| run.proved(self.scene.thresholds))
        };
        fine(level)
            && self.believed().all(Claim::settled)
            && (!must_prove || self.working().any(proved))
    }

    /// A bad time begins with its first sign and lasts through all bad levels.
    fn since(&self, verdict: Verdict, before: Option<(Verdict, DateTime<Utc>)>) -> DateTime<Utc> {
        let now = self.scene.now;
        let bad = |v: Verdict| matches!(v, Verdict::Known(level) if !fine(level));
        if let Some((before, since)) = before
            && (verdict == before || (bad(verdict) && bad(before)))
        {
            return since;
        }
        if !bad(verdict) {
            return now;
        }
        let page = self.believed().filter(|c| !fine(c.level)).map(|c| c.since);
        let calls = self.failing().map(|(_, _, stretch)| stretch.since);
        page.chain(calls).min().unwrap_or(now)
    }

    /// Surfaces that are bad together, each with its own source: the page's components, and our calls to a host that no
    /// bad component stands for already.
    fn bad_together(&self) -> Vec<String> {
        let Some(provider) = self.scene.provider else {
            return Vec::new();
        };
        let declared =
            |id: &SurfaceId| matches!(self.claims.get(id), Some(Ok(claim)) if !fine(claim.level));
        let mut bad: Vec<_> = provider
            .surfaces
            .iter()
            .filter(|s| declared(&s.id))
            .collect();
        for ((endpoint, _), _, _) in self.failing() {
            let group = self.surfaces_of(endpoint);
            if !group.iter().any(|s| bad.contains(s))
                && let Some(one) = group.first()
            {
                bad.push(one);
            }
        }
        // Those that count are named first.
        bad.sort_by_key(|s| !self.counts(&s.id));
        bad.into_iter().map(|s| s.name.clone()).collect()
    }

    /// The surfaces that calls to an endpoint bear on: its own first, then those that share its host.
    fn surfaces_of(&self, endpoint: &EndpointId) -> Vec<&'a catalog::Surface> {
        let Some(provider) = self.scene.provider else {
            return Vec::new();
        };
        let Some(endpoint) = provider.endpoints.iter().find(|e| e.id == *endpoint) else {
            return Vec::new();
        };
        let own = |s: &&catalog::Surface| Some(&s.id) == endpoint.surface.as_ref();
        let host = provider
            .surfaces
            .iter()
            .find(own)
            .and_then(|s| s.host.as_ref());
        let shares = |s: &&catalog::Surface| !own(s) && host.is_some() && s.host.as_ref() == host;
        let surfaces = provider.surfaces.iter();
        surfaces
            .clone()
            .filter(own)
            .chain(surfaces.filter(shares))
            .collect()
    }

    fn blame(&self, verdict: Verdict) -> Blame {
        if self.offline() {
            return Blame::Us;
        }
        let bad = matches!(verdict, Verdict::Known(level) if !fine(level));
        if !bad {
            return Blame::Undetermined;
        }
        let calls_fail = self.failing().next().is_some();
        if calls_fail && !self.scene.failing_together.is_empty() {
            return Blame::SharedInfrastructure;
        }
        if self.bad_together().len() >= 2 {
            return Blame::Them;
        }
        let declared = self.page_level().is_some_and(|level| !fine(level));
        let them = if declared {
            calls_fail || self.working().next().is_none()
        } else if self.page_level().is_some() {
            self.scene.network.is_up()
        } else {
            self.scene.network.is_up() && self.failing().any(|(_, _, s)| s.answered())
        };
        if them {
            Blame::Them
        } else {
            Blame::Undetermined
        }
    }

    fn surface_findings(&self, before: Option<&ProviderVerdict>) -> BTreeMap<SurfaceId, Finding> {
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

    fn model_findings(
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

    /// The whole evidence for people, in one sentence.
    fn sentence(&self, verdict: Verdict, basis: Basis, blame: Blame) -> String {
        let product = product(self.scene.id, self.scene.provider);
        let ours = self
            .ours
            .map(|(endpoint, fault)| {
                let fault = words::our_fault(fault);
                format!("; a problem of ours at {endpoint}: {fault}")
            })
            .unwrap_or_default();
        match verdict {
            Verdict::Unknown(why) => {
                let why = words::unknown(why, self.page.unreadable());
                format!("{product}: unknown, {why}{ours}.")
            }
            Verdict::Known(level) if fine(level) => {
                let level = words::level(level);
                let source = match (basis, self.page_level()) {
                    (Basis::Measured, Some(_)) => {
                        ": our own calls get through, and the status page reports no outage"
                    }
                    (Basis::Measured, None) => ": our own calls get through",
                    (Basis::PageOnly | Basis::Nothing, _) => ", by its status page only",
                };
                format!("{product}: {level}{source}{ours}.")
            }
            Verdict::Known(_) => {
                let whose = match blame {
                    Blame::Them => "it is them",
                    Blame::Us => "it is us",
                    Blame::SharedInfrastructure => "it looks like shared infrastructure",
                    Blame::Undetermined if self.failing().next().is_none() => {
                        "it does not reach us so far"
                    }
                    Blame::Undetermined => "it is not clear whose fault it is",
                };
                let clauses = words::capitalised(&self.clauses().join(", "));
                let conclusion = self.conclusion(blame);
                format!("{product}: {whose}. {clauses}{conclusion}{ours}.")
            }
        }
    }

    /// Each source's own words: page, probes, requests.
    fn clauses(&self) -> Vec<String> {
        let Scene { now, words, .. } = self.scene;
        let mut clauses = Vec::new();
        let declared = self.page_level().filter(|level| !fine(*level));
        if let Some(level) = declared {
            let since = self
                .believed()
                .filter(|c| !fine(c.level))
                .map(|c| c.since)
                .min()
                .unwrap_or(now);
            let since = words.time(since, now);
            clauses.push(format!("status page {} since {since}", words::level(level)));
        }
        let bad: Vec<_> = self.failing().collect();
        clauses.extend(calls(&bad));
        if let (None, Some(since)) = (declared, bad.iter().map(|(_, _, s)| s.since).min())
            && let Some(last) = clauses.last_mut()
        {
            last.push_str(&format!(" since {}", words.time(since, now)));
        }
        let good: Vec<_> = self.working().collect();
        if !bad.is_empty() && !good.is_empty() {
            let failing: BTreeSet<_> = bad.iter().map(|(key, _, _)| model(key)).collect();
            let working: BTreeSet<_> = good.iter().map(|key| model(key)).collect();
            clauses.push(format!(
                "{} {} while {} {}",
                some(&failing),
                if failing.len() == 1 { "fails" } else { "fail" },
                some(&working),
                if working.len() == 1 {
                    "answers"
                } else {
                    "answer"
                },
            ));
        } else if !good.is_empty() {
            clauses.push("our own calls get through".to_owned());
        }
        clauses
    }

    fn conclusion(&self, blame: Blame) -> String {
        let together = self.bad_together();
        let calls_fail = self.failing().next().is_some();
        let reported = self.page_level();
        let paged = self.scene.provider.is_some_and(|p| p.status.is_some());
        if blame == Blame::SharedInfrastructure {
            let products = words::list(self.scene.failing_together);
            return format!("; {products} fail at once while our own network is up");
        }
        let mut told = String::new();
        if together.len() >= 2 {
            let names = words::list(&together);
            told = format!("; {names} together, so the fault is upstream");
        }
        if calls_fail && reported.is_some_and(fine) {
            told.push_str("; the status page does not say so yet");
        } else if calls_fail && reported.is_none() && paged {
            told.push_str("; the status page tells nothing");
        }
        if blame == Blame::Undetermined && calls_fail && !self.scene.network.is_up() {
            told.push_str("; whether our own network is up is not known");
        }
        told
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

type Failing<'a> = (&'a (EndpointId, ModelId), Level, &'a Stretch);

fn calls(bad: &[Failing<'_>]) -> Vec<String> {
    let sum = |of: fn(&Stretch) -> Tally| {
        bad.iter().fold(Tally::default(), |sum, (_, _, stretch)| {
            sum.and(of(stretch))
        })
    };
    told(sum(|s| s.probes), sum(|s| s.requests))
}

fn told(probes: Tally, requests: Tally) -> Vec<String> {
    [probes.told("probe"), requests.told("request")]
        .into_iter()
        .flatten()
        .collect()
}

fn model(key: &(EndpointId, ModelId)) -> String {
    key.1.to_string()
}

/// At most three names; the rest is a number.
fn some(names: &BTreeSet<String>) -> String {
    let mut shown: Vec<_> = names.iter().take(3).cloned().collect();
    if names.len() > shown.len() {
        shown.push(format!("{} more", names.len() - shown.len()));
    }
    words::list(&shown)
}
