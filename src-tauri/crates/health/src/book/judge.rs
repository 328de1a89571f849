//! From what was read of one provider to the belief about it: pure, and made afresh every time.

mod finding;

use std::collections::{BTreeMap, BTreeSet};

use catalog::{EndpointId, ModelId, Provider, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use super::network::Network;
use super::page::{Claim, PageRecord, fine, is_bad};
use super::run::{Measured, Run, Stretch};
use crate::{
    Basis, Blame, Evidence, FailedCalls, LastRequest, Level, OurFault, PageClaim, PageEvidence,
    ProviderVerdict, Thresholds, Unknown, Verdict,
};

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
    pub(super) network: &'a Network,
    /// None: a provider of the owner's own, which no catalogue file describes.
    pub(super) provider: Option<&'a Provider>,
    /// Surfaces that count; None: nobody chose, so the catalogue's do.
    pub(super) watched: Option<&'a BTreeSet<SurfaceId>>,
    /// Providers whose calls fail now, when they are many and unrelated; else empty.
    pub(super) failing_together: &'a [ProviderId],
}

pub(super) struct Judgement {
    pub(super) verdict: ProviderVerdict,
    pub(super) end: End,
}

/// What may end a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Good, and proved well enough.
    pub(super) settled: bool,
    /// The requests that it rested on have faded: the last evidence of it.
    pub(super) faded: Option<DateTime<Utc>>,
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

pub(super) fn judge(
    scene: Scene<'_>,
    readings: &Readings,
    before: Option<&ProviderVerdict>,
) -> Judgement {
    let seen = Seen::gather(scene, readings);
    let verdict = seen.verdict();
    let (basis, blame) = (seen.basis(verdict), seen.blame(verdict));
    let since = seen.since(verdict, before);
    let evidence = seen.evidence(blame);
    Judgement {
        end: End {
            settled: seen.settled(verdict, readings),
            faded: seen.faded_end(verdict, readings),
        },
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

/// Models that count as working by proofs from before the trouble.
pub(super) fn doubtful(scene: Scene<'_>, readings: &Readings) -> Vec<(EndpointId, ModelId)> {
    Seen::gather(scene, readings).doubtful().cloned().collect()
}

/// The readings as they bear on this moment.
struct Seen<'a> {
    scene: Scene<'a>,
    page: &'a PageRecord,
    claims: BTreeMap<&'a SurfaceId, Result<&'a Claim, Unknown>>,
    runs: BTreeMap<&'a (EndpointId, ModelId), Measured<'a>>,
    ours: Option<(&'a EndpointId, OurFault)>,
    last_request: Option<LastRequest>,
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
            last_request: readings.runs.values().filter_map(Run::last_request).max(),
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

    /// Models that have answered since the trouble began.
    fn working(&self) -> impl Iterator<Item = &'a (EndpointId, ModelId)> {
        let begun = self.trouble_since();
        self.proved()
            .filter(move |(_, at)| begun.is_none_or(|begun| *at >= begun))
            .map(|(key, _)| key)
    }

    /// Models whose last proof is from before the trouble: nothing is known of them in it.
    fn doubtful(&self) -> impl Iterator<Item = &'a (EndpointId, ModelId)> {
        let begun = self.trouble_since();
        self.proved()
            .filter(move |(_, at)| begun.is_some_and(|begun| *at < begun))
            .map(|(key, _)| key)
    }

    /// Models that count as working, with their last good call.
    fn proved(&self) -> impl Iterator<Item = (&'a (EndpointId, ModelId), DateTime<Utc>)> {
        self.runs.iter().filter_map(|(key, run)| match run {
            Measured::Works { proved_at } => Some((*key, (*proved_at)?)),
            Measured::Fails { .. } | Measured::Unknown(_) => None,
        })
    }

    /// The first sign of what is bad now. Failures that have faded count up to the last of them.
    fn trouble_since(&self) -> Option<DateTime<Utc>> {
        self.bad_since().or_else(|| self.faded())
    }

    fn bad_since(&self) -> Option<DateTime<Utc>> {
        let bad = self.believed().filter(|c| !fine(c.level));
        let page = bad.filter_map(|c| c.since);
        let calls = self.failing().map(|(_, _, stretch)| stretch.since);
        page.chain(calls).min()
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
            Some(level) if fine(level) && measured.is_none() && self.failed_lately() => {
                Verdict::Unknown(self.why_unknown())
            }
            Some(level) => Verdict::Known(level),
            None => Verdict::Unknown(self.why_unknown()),
        }
    }

    /// The last of the failures that have faded.
    fn faded(&self) -> Option<DateTime<Utc>> {
        let faded = self.runs.values().filter_map(|run| match run {
            Measured::Unknown(Unknown::Faded { last_failure }) => Some(*last_failure),
            Measured::Works { .. } | Measured::Fails { .. } | Measured::Unknown(_) => None,
        });
        faded.max()
    }

    /// For a while, a page without an outage does not outweigh requests that failed; one that has taken an outage back
    /// since does.
    fn failed_lately(&self) -> bool {
        let recovered = self.page_recovered();
        let lately = |last| {
            let fresh = self.scene.now - last < self.scene.thresholds.calls_stale();
            fresh && recovered.is_none_or(|at| at < last)
        };
        self.faded().is_some_and(lately)
    }

    /// When the page last took back an outage of a surface that counts.
    fn page_recovered(&self) -> Option<DateTime<Utc>> {
        let counted = self.claims.keys().filter(|surface| self.counts(surface));
        counted.filter_map(|s| self.page.recovered(s)).max()
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
            Unknown::Faded { .. } => 3,
            Unknown::Offline => 4,
        };
        let faded = |last_failure| Unknown::Faded { last_failure };
        let others = page.chain(runs).filter(|why| telling(why) != 3);
        others
            .chain(self.faded().map(faded))
            .max_by_key(telling)
            .unwrap_or(Unknown::NotYetLooked)
    }

    fn basis(&self, verdict: Verdict) -> Basis {
        if matches!(verdict, Verdict::Unknown(_)) {
            Basis::Nothing
        } else if self.measured_level().is_some() {
            Basis::Measured
        } else if self.page_level().is_some() {
            Basis::PageOnly
        } else {
            Basis::Nothing
        }
    }

    /// The last evidence of an outage, where requests were the last to speak of it and have faded.
    fn faded_end(&self, verdict: Verdict, readings: &Readings) -> Option<DateTime<Utc>> {
        let Scene {
            now, thresholds, ..
        } = self.scene;
        let last = self
            .faded()
            .filter(|last| now >= *last + thresholds.fade())?;
        let declared = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_bad(surface));
        let accused = readings
            .runs
            .values()
            .any(|run| run.stands_accused(now, thresholds));
        let recovered = self.page_recovered();
        let by_page = recovered.is_some_and(|at| at > last + thresholds.fade());
        (!is_bad(verdict) && !declared && !accused && !by_page)
            .then(|| recovered.max(Some(last)))?
    }

    fn settled(&self, verdict: Verdict, readings: &Readings) -> bool {
        if self.nobody_answered_and_now_somebody_does(verdict, readings) {
            return true;
        }
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

    /// All that was held against it were failures to connect, and an answer refuted them. It need not be a good one, and the
    /// belief may be unknown afterwards: of what the answer was worth, nobody ever complained.
    fn nobody_answered_and_now_somebody_does(&self, verdict: Verdict, readings: &Readings) -> bool {
        let Scene {
            now, thresholds, ..
        } = self.scene;
        let page_accuses = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_unsettled(surface));
        let mut runs = readings.runs.values();
        !is_bad(verdict)
            && !page_accuses
            && runs.clone().any(Run::refuted)
            && !runs.any(|run| run.stands_accused(now, thresholds))
    }

    /// A bad time begins with its first sign and lasts through all bad levels.
    fn since(&self, verdict: Verdict, before: Option<&ProviderVerdict>) -> Option<DateTime<Utc>> {
        let now = Some(self.scene.now);
        match (before.map(|b| (b.verdict, b.since)), verdict) {
            (Some((before, since)), _) if before == verdict => since,
            (Some((before, since)), _) if is_bad(before) && is_bad(verdict) => since,
            _ if is_bad(verdict) => self.bad_since().or(now),
            (Some((Verdict::Unknown(_), since)), Verdict::Unknown(_)) => since,
            // It may have been well for long before that could be seen.
            (Some((Verdict::Unknown(_), _)), Verdict::Known(_)) | (None, _) => None,
            (Some((Verdict::Known(_), _)), _) => now,
        }
    }

    fn evidence(&self, blame: Blame) -> Evidence {
        let together = self.bad_together();
        Evidence {
            page: self.page_evidence(),
            calls: self.failed_calls(|_| true),
            failing: self.failing().map(|(key, _, _)| key.1.clone()).collect(),
            answering: self.working().map(|key| key.1.clone()).collect(),
            together: if together.len() >= 2 {
                together
            } else {
                Vec::new()
            },
            shared: if blame == Blame::SharedInfrastructure {
                self.scene.failing_together.to_vec()
            } else {
                Vec::new()
            },
            network_up: self.scene.network.is_up(),
            ours: self.ours.map(|(endpoint, fault)| (endpoint.clone(), fault)),
            last_request: match self.measured_level() {
                None => self.last_request,
                Some(_) => None,
            },
        }
    }

    fn page_evidence(&self) -> PageEvidence {
        let Some(level) = self.page_level() else {
            return self.unread_page();
        };
        let of_level = self.believed().filter(|c| fine(c.level) == fine(level));
        let since = of_level.filter_map(|c| c.since);
        PageEvidence::Claim(PageClaim {
            level,
            since: if fine(level) {
                since.max()
            } else {
                since.min()
            },
            read_at: self
                .believed()
                .map(|c| c.read_at)
                .max()
                .unwrap_or(self.scene.now),
        })
    }

    /// Why the page contributes nothing.
    fn unread_page(&self) -> PageEvidence {
        if self.scene.provider.is_none_or(|p| p.status.is_none()) {
            return PageEvidence::NoPage;
        }
        let stale = |claim: &Result<&Claim, Unknown>| matches!(claim, Err(Unknown::Stale));
        match self.page.unreadable() {
            Some(why) => PageEvidence::Unreadable(why.clone()),
            None if self.claims.values().any(stale) => PageEvidence::Stale,
            None => PageEvidence::NotRead,
        }
    }

    /// The failing calls to some models, together.
    fn failed_calls(&self, of: impl Fn(&(EndpointId, ModelId)) -> bool) -> Option<FailedCalls> {
        self.failing()
            .filter(|(key, _, _)| of(key))
            .map(|(_, _, stretch)| stretch.evidence())
            .reduce(FailedCalls::and)
    }

    /// Surfaces that are bad together, each with its own source: the page's components, and our calls to a host that no
    /// bad component stands for already.
    fn bad_together(&self) -> Vec<SurfaceId> {
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
        bad.into_iter().map(|s| s.id.clone()).collect()
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
}
