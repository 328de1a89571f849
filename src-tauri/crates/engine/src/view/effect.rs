//! Side effects for the UIs.

use api::{EffectItem, EffectResult, EffectSettled, EffectState, EffectSummary};
use ledger::{EffectRow, KeptEffect};

use crate::effects::shown_id;
use crate::settings::EffectSettings;

/// `settings`: the present ones; an effect may be of earlier ones.
pub(crate) fn summary(row: &EffectRow, settings: &[EffectSettings]) -> EffectSummary {
    let effect = settings.iter().find(|effect| effect.name == row.name);
    let shown = |text: &String| ::words::escape_lines(text).into_owned();
    EffectSummary {
        id: shown_id(row.id),
        name: shown(&row.name),
        state: state(row.state),
        key: shown(&row.key),
        pipeline: row.pipeline.as_ref().map(shown),
        item: row.item.as_ref().map(shown),
        receiver: effect.and_then(EffectSettings::host).as_ref().map(shown),
        honours_key: effect.is_some_and(|effect| effect.honours_key),
        after: row.after.as_ref().map(shown),
        at: row.at,
        attempts: row.attempts,
        first_sent: row.first_sent,
        next_attempt: row.due,
        why: row.why.as_ref().map(shown),
        size: row.size,
        status: row.status,
        ended: row.ended,
        settled: row.settled.map(|settled| match settled {
            ledger::Settlement::Arrived => EffectSettled::Arrived,
            ledger::Settlement::SentAgain => EffectSettled::SentAgain,
            ledger::Settlement::Dropped => EffectSettled::Dropped,
        }),
    }
}

pub(crate) fn item(
    kept: &KeptEffect,
    settings: &[EffectSettings],
    after_request: Option<i64>,
) -> EffectItem {
    EffectItem {
        summary: summary(&kept.row, settings),
        after_request,
        request: String::from_utf8_lossy(&kept.body).into_owned(),
        result: kept.response.as_ref().map(|response| EffectResult {
            status: response.status,
            body: response
                .body
                .as_deref()
                .map(|body| String::from_utf8_lossy(body).into_owned()),
        }),
    }
}

fn state(state: ledger::EffectState) -> EffectState {
    match state {
        ledger::EffectState::Waiting => EffectState::Waiting,
        ledger::EffectState::Sending => EffectState::Sending,
        ledger::EffectState::Unknown => EffectState::Unknown,
        ledger::EffectState::Unsent => EffectState::Unsent,
        ledger::EffectState::Done => EffectState::Done,
        ledger::EffectState::Dropped => EffectState::Dropped,
    }
}

/// "1 side effect needs your decision"
pub(crate) fn waiting(open: u64) -> String {
    match open {
        1 => "1 side effect needs your decision".into(),
        n => format!("{n} side effects need your decision"),
    }
}

/// `last`: the one that was parked last, if it is known.
pub(crate) fn notification(last: Option<&EffectRow>) -> String {
    let what = match last {
        Some(row) => sentence(row),
        None => "It is unknown whether their receivers acted.".to_owned(),
    };
    format!("{what} {FIX}")
}

pub(crate) const FIX: &str = "Check at the receiver, then decide in the window under Pipelines (Side effects), or with `understudyd effects`.";

/// "invoice for lead-17: it is unknown whether the receiver acted."
fn sentence(row: &EffectRow) -> String {
    let item = row.item.as_ref().map(|item| format!(" for {item}"));
    let what = format!("{}{}", row.name, item.unwrap_or_default());
    match row.state {
        ledger::EffectState::Unsent => format!("{what} was not sent."),
        ledger::EffectState::Unknown
        | ledger::EffectState::Waiting
        | ledger::EffectState::Sending
        | ledger::EffectState::Done
        | ledger::EffectState::Dropped => {
            format!("{what}: it is unknown whether the receiver acted.")
        }
    }
}
