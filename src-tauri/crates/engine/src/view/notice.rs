use api::{Level, NoticeKind, Urgency};
use catalog::Provider;
use chrono::{DateTime, Utc};
use health::{Change, Transition, Verdict};
use ledger::NoticeRow;

use super::{consequence, headline, words};
use crate::booking::is_rehearsal;
use crate::state::State;

/// What a person is told of a transition, if anything: once when an incident opens, when it gets worse, and when it is over.
pub(crate) fn notice(
    state: &State,
    transition: &Transition,
    incident: Option<i64>,
) -> Option<NoticeRow> {
    if !transition.announce {
        return None;
    }
    let provider = state.catalog.provider(&transition.provider)?;
    let name = name(provider);
    let (kind, urgency, title, body) = match &transition.change {
        Change::Opened { level, .. } => {
            let level = words::known_level(*level);
            (
                ledger::NoticeKind::Outage,
                urgency(level),
                opening(state, provider, transition, level),
                opening_body(state, provider, transition),
            )
        }
        Change::Rose { to, .. } => {
            let level = words::known_level(*to);
            (
                ledger::NoticeKind::Rise,
                urgency(level),
                format!("{} now", words::state_of(name, level)),
                opening_body(state, provider, transition),
            )
        }
        Change::Recovered { since, .. } => (
            ledger::NoticeKind::Recovery,
            ledger::Urgency::Low,
            format!("{} is back", name),
            recovery_body(
                transition.verdict.verdict,
                &state.clock_time(transition.at),
                &duration(transition.at, *since),
            ),
        ),
        Change::Eased { .. } | Change::Noted(_) | Change::Past(_) => return None,
    };
    let prefix = if is_rehearsal(&provider.id) {
        "Rehearsal: "
    } else {
        ""
    };
    Some(NoticeRow {
        at: transition.at,
        kind,
        thread: format!("provider/{}", provider.id),
        title: format!("{prefix}{title}"),
        body,
        urgency,
        incident,
    })
}

/// "Claude is down: it is them, not you (since 20:04)"
fn opening(state: &State, provider: &Provider, transition: &Transition, level: Level) -> String {
    if is_rehearsal(&provider.id) {
        return words::state_of(name(provider), level);
    }
    headline::sentence(state, provider, &transition.verdict, level)
        .trim_end_matches('.')
        .to_owned()
}

fn opening_body(state: &State, provider: &Provider, transition: &Transition) -> String {
    if is_rehearsal(&provider.id) {
        return "This is only a rehearsal: no real provider is affected.".into();
    }
    format!(
        "{} {}",
        consequence::consequence(state, &provider.id),
        transition.verdict.evidence
    )
}

/// An outage in which nobody answered ends with any answer, also one that proves no more than that.
fn recovery_body(verdict: Verdict, at: &str, lasted: &str) -> String {
    match verdict {
        Verdict::Known(_) => format!("Operational again at {at}, after {lasted}."),
        Verdict::Unknown(_) => format!(
            "It answers again at {at}, after {lasted}; whether its answers are good is not known yet."
        ),
    }
}

/// What a person needs to know of parked requests: whose fault it is, where it is known, and what to do.
pub(crate) fn parked_body(state: &State) -> String {
    let outage = state.open.keys().find_map(|id| {
        let provider = state.catalog.provider(id)?;
        let verdict = state.verdicts.providers.get(id)?;
        Some(headline::sentence(
            state,
            provider,
            verdict,
            headline::level_of(state, id),
        ))
    });
    let todo = "The review queue has each with its request: run it again, or finish it by hand.";
    match outage {
        Some(outage) => format!("{outage} {todo}"),
        None => format!("Nobody could answer. {todo}"),
    }
}

/// The rehearsal's own name says nothing behind "Rehearsal: ".
fn name(provider: &Provider) -> &str {
    if is_rehearsal(&provider.id) {
        "the provider"
    } else {
        &provider.product
    }
}

fn urgency(level: Level) -> ledger::Urgency {
    match level {
        Level::PartialOutage | Level::MajorOutage => ledger::Urgency::Critical,
        Level::Degraded | Level::Maintenance | Level::Operational | Level::Unknown => {
            ledger::Urgency::Normal
        }
    }
}

/// "1 h 12 min", "4 min"
pub(crate) fn duration(to: DateTime<Utc>, from: DateTime<Utc>) -> String {
    let minutes = (to - from).num_minutes().max(0);
    match (minutes / 60, minutes % 60) {
        (0, 0) => "less than a minute".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A row of the ledger's queue as the shell gets it.
pub(crate) fn shown(id: i64, row: &NoticeRow) -> api::Notice {
    api::Notice {
        id: id.unsigned_abs(),
        at: row.at,
        kind: match row.kind {
            ledger::NoticeKind::Outage => NoticeKind::Outage,
            ledger::NoticeKind::Rise => NoticeKind::Rise,
            ledger::NoticeKind::Recovery => NoticeKind::Recovery,
            ledger::NoticeKind::Review => NoticeKind::Review,
            ledger::NoticeKind::Fallback => NoticeKind::Fallback,
            ledger::NoticeKind::Own => NoticeKind::Own,
        },
        thread: row.thread.clone(),
        title: row.title.clone(),
        body: row.body.clone(),
        urgency: match row.urgency {
            ledger::Urgency::Low => Urgency::Low,
            ledger::Urgency::Normal => Urgency::Normal,
            ledger::Urgency::Critical => Urgency::Critical,
        },
        incident: row.incident,
        actions: Vec::new(),
    }
}
