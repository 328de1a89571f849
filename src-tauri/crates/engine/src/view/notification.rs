//! Notifications about incidents and parked requests.

use ::words::Clock;
use api::{NotificationKind, Urgency};
use catalog::{Provider, ProviderId};
use chrono::{DateTime, Utc};
use health::{Change, Level, ProviderVerdict, Transition, Verdict};
use ledger::{NotificationRow, Outage};

use super::consequence::Work;
use super::{consequence, outage, thread, verdict};
use crate::booking::is_rehearsal;
use crate::state::State;

/// Prefix of the title in a rehearsal.
pub(crate) const REHEARSAL: &str = "Rehearsal: ";

/// Notification of an open outage in its present state. None: the provider is not in the catalogue.
pub(crate) fn of_open(
    state: &State,
    now: DateTime<Utc>,
    id: &ProviderId,
    verdict: &ProviderVerdict,
    level: Level,
) -> Option<NotificationRow> {
    let provider = state.catalog.provider(id)?;
    let clock = state.clock(now);
    let outlook = verdict::outlook(&provider.product, verdict, level);
    let incident = state.open.get(id).map(|open| open.id);
    Some(NotificationRow {
        at: now,
        kind: ledger::NotificationKind::Outage,
        thread: thread::of_provider(id),
        title: clock.plain(&::words::title(outlook)),
        body: opening_body(state, &clock, provider, verdict),
        urgency: urgency(level),
        incident: incident.filter(|id| *id > 0),
    })
}

/// Notification of a transition, if any: when an incident opens, gets worse, or closes.
pub(crate) fn notification(
    state: &State,
    now: DateTime<Utc>,
    transition: &Transition,
    incident: Option<i64>,
    ended: Option<&Outage>,
) -> Option<NotificationRow> {
    if !transition.announce {
        return None;
    }
    let provider = state.catalog.provider(&transition.provider)?;
    let name = name(provider);
    let clock = state.clock(now);
    let (kind, urgency, title, body) = match &transition.change {
        Change::Opened { level, .. } => {
            let title = if is_rehearsal(&provider.id) {
                ::words::state_of(name, *level)
            } else {
                let outlook = verdict::outlook(name, &transition.verdict, *level);
                clock.plain(&::words::title(outlook))
            };
            (
                ledger::NotificationKind::Outage,
                urgency(*level),
                title,
                opening_body(state, &clock, provider, &transition.verdict),
            )
        }
        Change::Rose { to, .. } => (
            ledger::NotificationKind::Rise,
            urgency(*to),
            format!("{} now", ::words::state_of(name, *to)),
            opening_body(state, &clock, provider, &transition.verdict),
        ),
        Change::Recovered { since, .. } => (
            ledger::NotificationKind::Recovery,
            ledger::Urgency::Low,
            format!("{name} is back"),
            with_effects(
                state,
                now,
                clock.plain(&::words::recovery(
                    transition.verdict.verdict,
                    *since,
                    transition.at,
                )),
                ended,
            ),
        ),
        Change::Faded { .. } => (
            ledger::NotificationKind::Recovery,
            ledger::Urgency::Low,
            format!("{name} may be back"),
            with_effects(
                state,
                now,
                clock.plain(&::words::faded(&transition.verdict, transition.at)),
                ended,
            ),
        ),
        Change::Eased { .. } | Change::Noted(_) | Change::Updated | Change::Past(_) => {
            return None;
        }
    };
    let prefix = if is_rehearsal(&provider.id) {
        REHEARSAL
    } else {
        ""
    };
    Some(NotificationRow {
        at: notified_at(now, transition),
        kind,
        thread: thread::of_provider(&provider.id),
        title: format!("{prefix}{title}"),
        body,
        urgency,
        incident,
    })
}

/// What the ended outage did, after this sentence.
fn with_effects(
    state: &State,
    now: DateTime<Utc>,
    sentence: String,
    ended: Option<&Outage>,
) -> String {
    let effects = ended.and_then(|outage| outage::effects(state, outage, now));
    match effects {
        Some(effects) => format!("{sentence} {effects}"),
        None => sentence,
    }
}

/// A backdated end is reported with the present time.
fn notified_at(now: DateTime<Utc>, transition: &Transition) -> DateTime<Utc> {
    match transition.change {
        Change::Faded { .. } | Change::Recovered { .. } => now,
        Change::Opened { .. }
        | Change::Rose { .. }
        | Change::Eased { .. }
        | Change::Noted(_)
        | Change::Updated
        | Change::Past(_) => transition.at,
    }
}

fn opening_body(
    state: &State,
    clock: &Clock,
    provider: &Provider,
    verdict: &ProviderVerdict,
) -> String {
    if is_rehearsal(&provider.id) {
        return "This is only a rehearsal: no real provider is affected.".into();
    }
    let meaning = consequence::consequence(state, &provider.id);
    let consequence = meaning.sentence;
    // If the work is affected, the notification contains only the effect; otherwise it also has the evidence.
    if meaning.work != Work::NotHit {
        return consequence;
    }
    clock.plain(&::words::body(
        &state.catalog,
        &provider.id,
        verdict,
        &consequence,
    ))
}

/// Text about parked requests: the cause, if known, and the required action.
pub(crate) fn parked_body(state: &State, now: DateTime<Utc>) -> String {
    let outage = state.open.keys().find_map(|id| {
        let provider = state.catalog.provider(id)?;
        let verdict = state.verdicts.providers.get(id)?;
        let Verdict::Known(level) = verdict.verdict else {
            return None;
        };
        let outlook = verdict::outlook(&provider.product, verdict, level);
        Some(state.clock(now).plain(&::words::headline(outlook)))
    });
    let todo = "Each request is in the review queue: run it again, or finish it by hand.";
    match outage {
        Some(outage) => format!("{outage} {todo}"),
        None => format!("No provider could answer. {todo}"),
    }
}

/// After "Rehearsal: ", the rehearsal's own name adds nothing.
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
        Level::Degraded | Level::Maintenance | Level::Operational => ledger::Urgency::Normal,
    }
}

/// Converts a row of the ledger's queue for the shell.
pub(crate) fn shown(id: i64, row: &NotificationRow) -> api::Notification {
    api::Notification {
        id: id.unsigned_abs(),
        at: row.at,
        kind: match row.kind {
            ledger::NotificationKind::Outage => NotificationKind::Outage,
            ledger::NotificationKind::Rise => NotificationKind::Rise,
            ledger::NotificationKind::Recovery => NotificationKind::Recovery,
            ledger::NotificationKind::Review => NotificationKind::Review,
            ledger::NotificationKind::Fallback => NotificationKind::Fallback,
            ledger::NotificationKind::Own => NotificationKind::Own,
        },
        thread: row.thread.clone(),
        // Desktops draw them as they are, and names of models and pipelines may be in them.
        title: ::words::escape(&row.title).into_owned(),
        body: ::words::escape_lines(&row.body).into_owned(),
        urgency: match row.urgency {
            ledger::Urgency::Low => Urgency::Low,
            ledger::Urgency::Normal => Urgency::Normal,
            ledger::Urgency::Critical => Urgency::Critical,
        },
        incident: row.incident,
        actions: Vec::new(),
        in_place: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_has_no_character_that_a_desktop_executes() {
        let row = NotificationRow {
            at: DateTime::UNIX_EPOCH,
            kind: ledger::NotificationKind::Fallback,
            thread: "x".into(),
            title: "gpt\u{1b}[2J\u{202e}5\nis down".into(),
            body: "gpt\u{7}\u{9b}5.\nTwo lines".into(),
            urgency: ledger::Urgency::Low,
            incident: None,
        };
        let shown = shown(1, &row);
        assert_eq!(shown.title, r"gpt\u{1b}[2J\u{202e}5\nis down");
        assert_eq!(shown.body, "gpt\\u{7}\\u{9b}5.\nTwo lines");
    }
}
