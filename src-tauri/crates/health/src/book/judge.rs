//! Computes the verdict on one provider from its readings. Pure: the previous verdict is the only earlier result that it uses.

mod end;
mod evidence;
mod finding;

use std::collections::{BTreeMap, BTreeSet};

use catalog::{EndpointId, ModelId, Provider, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use super::network::Network;
use super::page::{Claim, PageRecord, fine, is_bad};
use super::run::{Measured, Run, Stretch};
use crate::{
    Basis, Blame, LastRequest, Level, OurFault, ProviderVerdict, Thresholds, Unknown, Verdict,
};

/// All readings of one provider.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) page: PageRecord,
    pub(super) runs: BTreeMap<(EndpointId, ModelId), Run>,
}

/// The context of a judgement.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) thresholds: &'a Thresholds,
    pub(super) network: &'a Network,
    /// `None`: a provider from the settings that no catalogue file describes.
    pub(super) provider: Option<&'a Provider>,
    /// Surfaces that count. `None`: the owner chose none, so the catalogue's default applies.
    pub(super) watched: Option<&'a BTreeSet<SurfaceId>>,
    /// Unrelated providers whose calls fail now; empty unless there are many.
    pub(super) failing_together: &'a [ProviderId],
}

pub(super) struct Judgement {
    pub(super) verdict: ProviderVerdict,
    pub(super) end: End,
}

/// What allows an open incident to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The level is good, and enough evidence proves it.
    pub(super) settled: bool,
    /// The time of the last evidence, if the incident was based on requests that have faded.
    pub(super) faded: Option<DateTime<Utc>>,
}

impl Readings {
    /// Whether probes or requests to the provider fail now.
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
    context: Context<'_>,
    readings: &Readings,
    before: Option<&ProviderVerdict>,
) -> Judgement {
    let seen = CurrentReadings::gather(context, readings);
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

/// Models that count as working only by successes from before the trouble.
pub(super) fn doubtful(context: Context<'_>, readings: &Readings) -> Vec<(EndpointId, ModelId)> {
    CurrentReadings::gather(context, readings)
        .doubtful()
        .cloned()
        .collect()
}

/// The readings, evaluated at `now`.
struct CurrentReadings<'a> {
    context: Context<'a>,
    page: &'a PageRecord,
    claims: BTreeMap<&'a SurfaceId, Result<&'a Claim, Unknown>>,
    runs: BTreeMap<&'a (EndpointId, ModelId), Measured<'a>>,
    ours: BTreeMap<&'a (EndpointId, ModelId), OurFault>,
    last_request: Option<LastRequest>,
}

impl<'a> CurrentReadings<'a> {
    fn gather(context: Context<'a>, readings: &'a Readings) -> Self {
        let Context {
            now, thresholds, ..
        } = context;
        let surfaces = context.provider.map_or(&[][..], |p| &p.surfaces);
        let stale_after = thresholds.page_stale();
        Self {
            context,
            page: &readings.page,
            claims: surfaces
                .iter()
                .map(|s| (&s.id, readings.page.claim(&s.id, now, stale_after)))
                .collect(),
            runs: readings
                .runs
                .iter()
                .map(|(key, run)| (key, run.measured(now, thresholds, context.network)))
                .collect(),
            last_request: readings.runs.values().filter_map(Run::last_request).max(),
            ours: readings
                .runs
                .iter()
                .filter_map(|(key, run)| Some((key, run.our_fault(now, thresholds)?)))
                .collect(),
        }
    }

    fn offline(&self) -> bool {
        self.context.network.is_down()
    }

    fn counts(&self, surface: &SurfaceId) -> bool {
        match (self.context.watched, self.context.provider) {
            (Some(chosen), _) => chosen.contains(surface),
            (None, Some(provider)) => provider
                .surfaces
                .iter()
                .any(|s| s.id == *surface && s.watched),
            (None, None) => false,
        }
    }

    /// What the page reports about the surfaces that count.
    fn current_claims(&self) -> impl Iterator<Item = &'a Claim> {
        self.claims
            .iter()
            .filter(|(surface, _)| self.counts(surface))
            .filter_map(|(_, claim)| claim.ok())
    }

    fn page_level(&self) -> Option<Level> {
        self.current_claims().map(|claim| claim.level).max()
    }

    fn failing(&self) -> impl Iterator<Item = (&'a (EndpointId, ModelId), Level, &'a Stretch)> {
        self.runs.iter().filter_map(|(key, run)| match run {
            Measured::Fails { level, stretch } => Some((*key, *level, *stretch)),
            Measured::Works { .. } | Measured::Unknown(_) => None,
        })
    }

    /// Models that have succeeded since the trouble began.
    fn working(&self) -> impl Iterator<Item = &'a (EndpointId, ModelId)> {
        let begun = self.trouble_since();
        self.confirmed()
            .filter(move |(_, at)| begun.is_none_or(|begun| *at >= begun))
            .map(|(key, _)| key)
    }

    /// Models whose last success is older than the problem: their present state is not known.
    fn doubtful(&self) -> impl Iterator<Item = &'a (EndpointId, ModelId)> {
        let begun = self.trouble_since();
        self.confirmed()
            .filter(move |(_, at)| begun.is_some_and(|begun| *at < begun))
            .map(|(key, _)| key)
    }

    /// Models that count as working, each with its last successful call.
    fn confirmed(&self) -> impl Iterator<Item = (&'a (EndpointId, ModelId), DateTime<Utc>)> {
        self.runs.iter().filter_map(|(key, run)| match run {
            Measured::Works { last_success } => Some((*key, (*last_success)?)),
            Measured::Fails { .. } | Measured::Unknown(_) => None,
        })
    }

    /// When the present trouble began. Failures that have faded count up to the last of them.
    fn trouble_since(&self) -> Option<DateTime<Utc>> {
        self.bad_since().or_else(|| self.faded())
    }

    fn bad_since(&self) -> Option<DateTime<Utc>> {
        let bad = self.current_claims().filter(|c| !fine(c.level));
        let page = bad.filter_map(|c| c.since);
        let calls = self.failing().map(|(_, _, stretch)| stretch.since);
        page.chain(calls).min()
    }

    /// The level that our own calls show, over all models of all endpoints. Models fail and recover independently.
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
            // A surface that the page stopped listing during an outage does not become operational only because the
            // other surfaces are.
            Some(level) if fine(level) && measured.is_none() && self.outage_is_stale() => {
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

    /// For some time, failed requests outweigh a page without an outage, unless the page has ended an outage since then.
    fn failed_lately(&self) -> bool {
        let recovered = self.page_recovered();
        let lately = |last| {
            let fresh = self.context.now - last < self.context.thresholds.calls_stale();
            fresh && recovered.is_none_or(|at| at < last)
        };
        self.faded().is_some_and(lately)
    }

    /// When the page last ended an outage of a surface that counts.
    fn page_recovered(&self) -> Option<DateTime<Utc>> {
        let counted = self.claims.keys().filter(|surface| self.counts(surface));
        counted.filter_map(|s| self.page.recovered(s)).max()
    }

    /// The last page reading of a surface that counts was an outage and is stale.
    fn outage_is_stale(&self) -> bool {
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
        // Of several reasons, the most specific one is reported.
        let telling = |why: &Unknown| match why {
            Unknown::NotYetRead => 0,
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
            .unwrap_or(Unknown::NotYetRead)
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

    /// A bad period starts with its first sign and continues through all bad levels.
    fn since(&self, verdict: Verdict, before: Option<&ProviderVerdict>) -> Option<DateTime<Utc>> {
        let now = Some(self.context.now);
        match (before.map(|b| (b.verdict, b.since)), verdict) {
            (Some((before, since)), _) if before == verdict => since,
            (Some((before, since)), _) if is_bad(before) && is_bad(verdict) => since,
            _ if is_bad(verdict) => self.bad_since().or(now),
            (Some((Verdict::Unknown(_), since)), Verdict::Unknown(_)) => since,
            // The provider may have been operational long before the first reading.
            (Some((Verdict::Unknown(_), _)), Verdict::Known(_)) | (None, _) => None,
            (Some((Verdict::Known(_), _)), _) => now,
        }
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
        if calls_fail && !self.context.failing_together.is_empty() {
            return Blame::SharedInfrastructure;
        }
        if self.bad_together().len() >= 2 {
            return Blame::Them;
        }
        let declared = self.page_level().is_some_and(|level| !fine(level));
        let them = if declared {
            calls_fail || self.working().next().is_none()
        } else if self.page_level().is_some() {
            self.context.network.is_up()
        } else {
            self.context.network.is_up() && self.failing().any(|(_, _, s)| s.answered())
        };
        if them {
            Blame::Them
        } else {
            Blame::Undetermined
        }
    }
}
