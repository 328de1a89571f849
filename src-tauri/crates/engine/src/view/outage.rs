//! The last closed outage: its effects, and the remaining work.

use api::{LastOutage, Level};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::{OUTAGE_SHOWN, Outage};

use super::{at_risk, words};
use crate::state::State;

/// `None`: it ended long ago, and no request is parked.
pub(crate) fn last(state: &State, now: DateTime<Utc>) -> Option<LastOutage> {
    let outage = state.last_outage.as_ref()?;
    let closed = outage.row.closed?;
    if now - closed >= OUTAGE_SHOWN && outage.met.waiting == 0 {
        return None;
    }
    let product = state.product(&outage.row.provider);
    let carried_by: Vec<String> = outage
        .carried_by
        .iter()
        .map(|id| state.product(id))
        .collect();
    Some(LastOutage {
        incident: outage.incident,
        provider: outage.row.provider.to_string(),
        message: message(&product, outage, closed - outage.row.opened, &carried_by),
        product,
        peak: outage.row.peak.map_or(Level::Unknown, words::known_level),
        opened: outage.row.opened,
        closed,
        duration_s: u64::try_from((closed - outage.row.opened).num_seconds()).unwrap_or_default(),
        hit: outage.met.traffic.hit,
        carried: outage.met.traffic.carried_by_fallback,
        carried_by,
        waiting: outage.met.waiting,
        failed: outage.met.failed,
        cost: outage.cost.0,
        at_risk: at_risk::at_risk(state, &outage.row.provider, &outage.met, closed),
        impact: None,
    })
}

/// "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42."
fn message(product: &str, outage: &Outage, length: TimeDelta, carried_by: &[String]) -> String {
    let was = match outage.row.peak {
        Some(health::Level::MajorOutage) => "was down",
        Some(health::Level::PartialOutage) => "was partly down",
        Some(health::Level::Degraded) => "was degraded",
        Some(health::Level::Maintenance) => "was under maintenance",
        Some(health::Level::Operational) | None => "had an incident",
    };
    let by = match carried_by.is_empty() {
        true => "a fallback".to_owned(),
        false => words::list(carried_by),
    };
    let met = &outage.met;
    let parts: Vec<String> = [
        (met.traffic.carried_by_fallback, format!("answered by {by}")),
        (met.waiting, "waiting".to_owned()),
        (met.failed, "failed".to_owned()),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .enumerate()
    .map(|(index, (count, what))| match (index, count) {
        (0, 1) => format!("1 request {what}"),
        (0, _) => format!("{count} requests {what}"),
        (_, _) => format!("{count} {what}"),
    })
    .collect();
    let what = match parts.is_empty() {
        true => "every request was answered in the end".to_owned(),
        false => parts.join(", "),
    };
    let cost = match outage.cost.0 {
        1.. => format!(" The fallback cost {}.", words::about(outage.cost)),
        _ => String::new(),
    };
    format!(
        "{product} {was} for {}: {what}.{cost}",
        words::duration(length)
    )
}

#[cfg(test)]
mod tests;
