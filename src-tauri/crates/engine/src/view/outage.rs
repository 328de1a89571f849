//! The last closed outage: its effects, and the remaining work.

use api::{Impact, IncidentSummary, LastOutage, Level};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::{OUTAGE_SHOWN, Outage};

use super::impact::{self, Subject};
use super::{interrupted, words};
use crate::state::State;

/// `None`: it ended long ago, and no request is parked.
pub(crate) fn last(state: &State, now: DateTime<Utc>) -> Option<LastOutage> {
    let outage = state.last_outage.as_ref()?;
    let closed = outage.row.closed?;
    if now - closed >= OUTAGE_SHOWN && outage.met.waiting == 0 {
        return None;
    }
    let product = state.product(&outage.row.provider);
    let carried_by = carried_by(state, outage);
    let impact = impact_of(state, outage, now);
    let clock = state.clock(now);
    let open = &outage.met.interrupted;
    // The provider may have failed again.
    let works = !state.open.contains_key(&outage.row.provider);
    Some(LastOutage {
        incident: outage.incident,
        provider: outage.row.provider.to_string(),
        message: message(
            &product,
            outage,
            closed - outage.row.opened,
            &carried_by,
            &impact,
        ),
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
        at_risk: impact::at_risk(&impact),
        impact: Some(impact),
        interrupted: open
            .latest
            .iter()
            .map(|(id, row)| interrupted::interruption(&clock, *id, row, works))
            .collect(),
        more_interrupted: open.more,
        interrupted_sessions: ::words::interrupted(&open.sessions),
    })
}

fn carried_by(state: &State, outage: &Outage) -> Vec<String> {
    let providers = outage.carried_by.iter();
    providers.map(|id| state.product(id)).collect()
}

fn impact_of(state: &State, outage: &Outage, now: DateTime<Utc>) -> Impact {
    let subject = Subject {
        provider: &outage.row.provider,
        met: &outage.met,
        opened: outage.row.opened,
        closed: outage.row.closed,
    };
    impact::impact(state, subject, now)
}

/// For the notification of its end: "57 requests answered by OpenAI, 28 waiting. The fallback cost about $0.42. Pipelines: 28 items,
/// $11,200, wait for one click. $11,200 at risk. 2 Claude Code sessions were interrupted within a turn." `None`: it had no effect.
pub(crate) fn effects(state: &State, outage: &Outage, now: DateTime<Utc>) -> Option<String> {
    let impact = impact_of(state, outage, now);
    let requests = (outage.met.traffic.hit > 0)
        .then(|| capitalized(&requests(outage, &carried_by(state, outage))));
    let parts: Vec<String> = requests
        .into_iter()
        .chain(impact::sentence(&impact))
        .chain(::words::interrupted(&outage.met.interrupted.sessions))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// For the tray's menu, one line for each sentence: of the open incidents, or of the last outage.
pub(crate) fn menu_lines(open: &[IncidentSummary], last: Option<&LastOutage>) -> Vec<String> {
    let texts: Vec<String> = match open {
        [] => last
            .map(|outage| outage.message.clone())
            .into_iter()
            .collect(),
        open => open.iter().flat_map(incident_sentences).collect(),
    };
    let sentences = texts.iter().flat_map(|text| text.split_inclusive(". "));
    sentences.map(|one| one.trim_end().to_owned()).collect()
}

/// Of an open incident: the impact on pipelines, and the interrupted sessions.
pub(crate) fn incident_sentences(incident: &IncidentSummary) -> Vec<String> {
    let impact = incident.impact.as_ref().and_then(impact::sentence);
    let sessions = incident.interrupted_sessions.clone();
    impact.into_iter().chain(sessions).collect()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    first.map_or_else(String::new, |first| first.chain(letters).collect())
}

/// "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42.", and its impact.
fn message(
    product: &str,
    outage: &Outage,
    length: TimeDelta,
    carried_by: &[String],
    impact: &Impact,
) -> String {
    let was = match outage.row.peak {
        Some(health::Level::MajorOutage) => "was down",
        Some(health::Level::PartialOutage) => "was partly down",
        Some(health::Level::Degraded) => "was degraded",
        Some(health::Level::Maintenance) => "was under maintenance",
        Some(health::Level::Operational) | None => "had an incident",
    };
    let sentence = impact::sentence(impact);
    let sessions = ::words::interrupted(&outage.met.interrupted.sessions);
    let first = format!(
        "{product} {was} for {}: {}",
        words::duration(length),
        requests(outage, carried_by)
    );
    let sentences = [Some(first), sentence, sessions];
    sentences
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// "57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42."
fn requests(outage: &Outage, carried_by: &[String]) -> String {
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
    format!("{what}.{cost}")
}

#[cfg(test)]
mod tests;
