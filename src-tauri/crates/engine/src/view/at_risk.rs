//! Value at risk of an incident: the measured part first, then an estimate of the remaining part.

use api::AtRisk;
use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use health::Level;
use impact::{Left, Pipeline, Stretch};
use ledger::{LevelStretch, Met, PipelineMet};

use super::facts::Facts;
use super::words;

pub(crate) fn at_risk(
    facts: &impl Facts,
    provider: &ProviderId,
    met: &Met,
    now: DateTime<Utc>,
) -> AtRisk {
    let routed = |name: &str| facts.is_routed(name);
    of(&facts.settings().pipelines, provider, met, &routed, now)
}

/// `routed`: this pipeline's requests pass through the gateway, so the effect of an outage is counted, not estimated.
fn of(
    pipelines: &[Pipeline],
    provider: &ProviderId,
    met: &Met,
    routed: &dyn Fn(&str) -> bool,
    now: DateTime<Utc>,
) -> AtRisk {
    if pipelines.is_empty() {
        return AtRisk::NoEstimate {
            why: impact::NO_ESTIMATE.into(),
        };
    }
    let met_by = |pipeline: &Pipeline| met.pipelines.iter().find(|m| m.pipeline == pipeline.name);
    let using: Vec<&Pipeline> = pipelines
        .iter()
        .filter(|pipeline| pipeline.uses(provider) || met_by(pipeline).is_some())
        .collect();
    if using.is_empty() {
        return AtRisk::NoEstimate {
            why: "None of your pipelines uses this provider.".into(),
        };
    }
    let outage = stretches(&met.stretches, now);
    let (mut known, mut low, mut high) = (0i64, 0i64, 0i64);
    let (mut methods, mut estimated) = (Vec::new(), Vec::new());
    for pipeline in using {
        let name = &pipeline.name;
        match met_by(pipeline) {
            Some(met) => match impact::known(pipeline, left(met)) {
                Some(left) => {
                    known = known.saturating_add(left.amount.0);
                    methods.push(format!(
                        "{name}: {}.{}",
                        left.method,
                        usual(pipeline, &outage)
                    ));
                }
                None => methods.push(format!("{name}: {}.", answered(met))),
            },
            None if routed(name) => {}
            None => {
                let estimate = impact::at_risk(pipeline, &outage);
                low = low.saturating_add(estimate.low.0);
                high = high.saturating_add(estimate.high.0);
                estimated.push(format!("{name}: {}", estimate.method));
            }
        }
    }
    if estimated.is_empty() && known == 0 {
        let why = match methods.is_empty() {
            true => "None of your requests was affected.".to_owned(),
            false => methods.join(" "),
        };
        return AtRisk::Nothing { why };
    }
    methods.extend(estimated);
    AtRisk::Estimate {
        low: low.saturating_add(known),
        high: high.saturating_add(known),
        known,
        low_usd: api::usd(low.saturating_add(known)),
        high_usd: api::usd(high.saturating_add(known)),
        method: methods.join(" "),
    }
}

fn left(met: &PipelineMet) -> Left {
    Left {
        waiting: met.waiting,
        failed: met.failed,
    }
}

fn answered(met: &PipelineMet) -> String {
    match met.hit {
        1 => "nothing at risk, the one affected request was answered".to_owned(),
        hit => format!("nothing at risk, all {hit} affected requests were answered"),
    }
}

/// " (Usual for 4 min: about $17.)", after the measured part.
fn usual(pipeline: &Pipeline, outage: &[Stretch]) -> String {
    let estimate = impact::at_risk(pipeline, outage);
    let about = match (estimate.low, estimate.high) {
        (_, MicroDollars(0)) => return String::new(),
        (low, high) if low == high => complete(high),
        (low, high) => format!("{} to {}", complete(low), complete(high)),
    };
    let length = outage.iter().map(|s| s.to - s.from).sum();
    format!(" (Usual for {}: about {about}.)", words::duration(length))
}

/// From ten dollars on, without cents.
fn complete(amount: MicroDollars) -> String {
    match amount.0 {
        10_000_000.. => MicroDollars((amount.0 + 500_000) / 1_000_000 * 1_000_000).to_string(),
        _ => amount.to_string(),
    }
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

#[cfg(test)]
mod tests;
