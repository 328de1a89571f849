//! The pipelines that an incident concerns.

use catalog::ProviderId;
use chrono::{DateTime, TimeDelta, Utc};
use health::Level;
use impact::{Basis, Items, Money, Part, Pipeline, SHORTEST, Stretch};
use ledger::{LevelStretch, Met, PipelineMet};

use crate::settings::{PipelineDetails, PipelineRuns, Settings};
use crate::view::words;

/// An incident whose impact is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'s> {
    pub provider: &'s ProviderId,
    pub met: &'s Met,
    pub opened: DateTime<Utc>,
    /// `None`: still open.
    pub closed: Option<DateTime<Utc>>,
}

/// A pipeline that an incident concerns.
#[derive(Clone, Debug)]
pub(super) struct Affected {
    pub(super) name: String,
    pub(super) customer: Option<String>,
    pub(super) basis: Basis,
    pub(super) items: Items,
    /// Its items in the review queue are retried without the owner.
    pub(super) drains: bool,
    /// `None`: the settings have no value for it.
    pub(super) part: Option<Part>,
    /// What a usual time of this length is worth: set where items are left.
    usual: Option<String>,
}

impl Affected {
    pub(super) fn method(&self) -> String {
        let Some(part) = &self.part else {
            let Items {
                safe,
                waiting,
                failed,
                ..
            } = self.items;
            return format!(
                "Measured: {safe} answered, {waiting} waiting, {failed} failed; without a value in the settings there is no amount."
            );
        };
        match &self.usual {
            Some(usual) => format!("{} {usual}", part.method),
            None => part.method.clone(),
        }
    }

    pub(super) fn left(&self) -> u64 {
        self.items.waiting.saturating_add(self.items.failed)
    }
}

/// By name. `routed`: requests of this pipeline were seen.
pub(super) fn affected(
    settings: &Settings,
    routed: &dyn Fn(&str) -> bool,
    of: Subject<'_>,
    now: DateTime<Utc>,
) -> Vec<Affected> {
    let met_by = |name: &str| of.met.pipelines.iter().find(|met| met.pipeline == name);
    let figures = |name: &str| settings.pipelines.iter().find(|p| p.name == name);
    let concerned = settings
        .pipelines
        .iter()
        .filter(|pipeline| uses(settings, pipeline, of.provider));
    let mut names: Vec<&str> = concerned.map(|pipeline| &*pipeline.name).collect();
    names.extend(of.met.pipelines.iter().map(|met| &*met.pipeline));
    names.sort_unstable();
    names.dedup();
    let estimates = length(of, now) >= SHORTEST;
    let affected = names.into_iter().map(|name| {
        let met = met_by(name);
        let details = settings.pipeline_details.get(name);
        let basis = match details.map(|details| details.runs) {
            Some(
                PipelineRuns::N8nCloud
                | PipelineRuns::Make
                | PipelineRuns::Zapier
                | PipelineRuns::Elsewhere,
            ) => Basis::Elsewhere,
            Some(PipelineRuns::Here) | None if met.is_some() || routed(name) => Basis::Measured,
            Some(PipelineRuns::Here) | None => Basis::NotSeen,
        };
        let items = met.map_or_else(Items::default, items);
        let pipeline = figures(name);
        let part = pipeline.map(|pipeline| {
            let incidents = incidents(settings, pipeline, of, now);
            impact::part(pipeline, items, basis, &incidents, estimates)
        });
        let left = items.waiting.saturating_add(items.failed) > 0;
        Affected {
            name: name.to_owned(),
            customer: details.and_then(|details| details.customer.clone()),
            basis,
            items,
            drains: details
                .is_some_and(|details| details.drain.on && details.drain.receiver.is_some()),
            part,
            usual: pipeline
                .filter(|_| left && basis == Basis::Measured)
                .and_then(|pipeline| usual(pipeline, &stretches(&of.met.stretches, now))),
        }
    });
    affected.collect()
}

/// A pipeline that runs elsewhere is known by its providers alone: without any, nothing is estimated.
fn uses(settings: &Settings, pipeline: &Pipeline, provider: &ProviderId) -> bool {
    let details = settings.pipeline_details.get(&pipeline.name);
    let unknown =
        details.is_some_and(|details| runs_elsewhere(details) && pipeline.providers.is_empty());
    !unknown && pipeline.uses(provider)
}

pub(super) fn runs_elsewhere(details: &PipelineDetails) -> bool {
    details.runs != PipelineRuns::Here
}

fn items(met: &PipelineMet) -> Items {
    Items {
        safe: met.safe,
        recovered: met.recovered,
        waiting: met.waiting,
        failed: met.failed,
        lost: met.lost,
    }
}

/// Of the incidents that concern this pipeline; this one comes last.
fn incidents(
    settings: &Settings,
    pipeline: &Pipeline,
    of: Subject<'_>,
    now: DateTime<Utc>,
) -> Vec<Vec<Stretch>> {
    let earlier = of.met.earlier.iter();
    let concerned = earlier.filter(|other| uses(settings, pipeline, &other.provider));
    let mut incidents: Vec<Vec<Stretch>> = concerned
        .map(|other| stretches(&other.stretches, now))
        .collect();
    incidents.push(stretches(&of.met.stretches, now));
    incidents
}

fn length(of: Subject<'_>, now: DateTime<Utc>) -> TimeDelta {
    of.closed.unwrap_or(now) - of.opened
}

/// An incident that had a value at risk keeps its figure, which falls to zero.
pub(super) fn is_too_short(of: Subject<'_>, now: DateTime<Utc>) -> bool {
    let left = |met: &PipelineMet| met.waiting.saturating_add(met.failed);
    length(of, now) < SHORTEST
        && of.met.peaks.is_empty()
        && of.met.pipelines.iter().map(left).sum::<u64>() == 0
}

/// False: there is no figure, not even zero.
pub(super) fn has_figure(affected: &[Affected], of: Subject<'_>, now: DateTime<Utc>) -> bool {
    affected.iter().any(|one| one.part.is_some()) && !is_too_short(of, now)
}

/// "(Usual for 4 min: about $17.)"
fn usual(pipeline: &Pipeline, outage: &[Stretch]) -> Option<String> {
    let estimate = impact::at_risk(pipeline, outage);
    let about = |micro: i64| {
        // From ten units on, without cents.
        let rounded = match micro {
            10_000_000.. => (micro.saturating_add(500_000)) / 1_000_000 * 1_000_000,
            _ => micro,
        };
        Money::new(rounded, pipeline.currency)
    };
    let about = match (estimate.low.0, estimate.high.0) {
        (_, 0) => return None,
        (low, high) if low == high => about(high).to_string(),
        (low, high) => format!("{} to {}", about(low), about(high)),
    };
    let length: TimeDelta = outage.iter().map(|s| s.to - s.from).sum();
    Some(format!(
        "(Usual for {}: about {about}.)",
        words::duration(length)
    ))
}

fn stretches(levels: &[LevelStretch], now: DateTime<Utc>) -> Vec<Stretch> {
    let stretch = |level: &LevelStretch| Stretch {
        from: level.from,
        to: level.to.unwrap_or(now).max(level.from),
        share: share(level),
    };
    levels.iter().map(stretch).collect()
}

/// The share of failed calls. Without calls, a complete outage counts as 1, and a degraded level as 0.
fn share(stretch: &LevelStretch) -> f64 {
    let measured = match stretch.calls {
        0 => None,
        calls => Some(stretch.calls_failed as f64 / calls as f64),
    };
    match stretch.level {
        Level::Operational | Level::Maintenance => 0.0,
        Level::Degraded => measured.unwrap_or(0.0),
        Level::PartialOutage => measured.unwrap_or(1.0),
        Level::MajorOutage => 1.0,
    }
}
