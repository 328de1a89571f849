//! The review queue for the UIs.

use api::{Closing, ReviewAttempt, ReviewItem, ReviewRun, ReviewState, ReviewSummary};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use ledger::{REVIEW_KEPT, ReviewRow};

use super::facts::{Facts, PageFacts};
use super::words;

pub(crate) fn summary(row: &ReviewRow, facts: &PageFacts, now: DateTime<Utc>) -> ReviewSummary {
    let drain = facts.drain(&row.id);
    let drain = drain.filter(|_| row.state == ledger::ReviewState::Open);
    // Beside a document, which is sent unchanged.
    let shown = |text: &String| ::words::escape_lines(text).into_owned();
    ReviewSummary {
        id: row.id.clone(),
        state: match row.state {
            ledger::ReviewState::Open => ReviewState::Open,
            ledger::ReviewState::Answered => ReviewState::Answered,
            ledger::ReviewState::Done => ReviewState::Done,
            ledger::ReviewState::Dismissed => ReviewState::Dismissed,
        },
        first: row.first,
        last: row.last,
        failures: row.failures,
        client: shown(&row.client),
        pipeline: row.pipeline.as_ref().map(shown),
        item: row.item.as_ref().map(shown),
        route: shown(&row.route),
        model: shown(&row.model),
        dialect: words::dialect(row.dialect),
        why: shown(&row.why),
        size: row.size,
        closed: row.closed,
        settled_by: row.settled_by,
        note: row.note.as_ref().map(shown),
        drain: drain.map(|(spans, _)| facts.clock(now).plain(spans)),
        drain_spans: drain.map(|(spans, _)| spans.clone()).unwrap_or_default(),
        drain_state: drain.map(|(_, state)| *state),
        similar: row.similar,
    }
}

/// `Understudy`: a run from the queue.
const OWN_CLIENT: &str = "Understudy";

fn attempt(attempt: &ledger::ReviewAttempt) -> ReviewAttempt {
    let shown = |text: &str| ::words::escape_lines(text).into_owned();
    let outcome = attempt
        .outcome
        .as_deref()
        .unwrap_or("no provider got a request");
    let reason = match &attempt.message {
        Some(message) => format!("{outcome}: {message}"),
        None => outcome.to_owned(),
    };
    ReviewAttempt {
        exchange: attempt.exchange,
        at: attempt.at,
        answered: attempt.answered,
        client: match attempt.client.contains("understudy-review") {
            true => OWN_CLIENT.to_owned(),
            false => shown(&attempt.client),
        },
        endpoint: attempt.endpoint.as_deref().map(shown),
        model: attempt.model.as_deref().map(shown),
        reason: shown(&reason),
        cost: attempt.cost.map(|cost| cost.0),
    }
}

pub(crate) fn item(
    item: &ledger::ReviewItem,
    attempts: &[ledger::ReviewAttempt],
    facts: &PageFacts,
    now: DateTime<Utc>,
) -> ReviewItem {
    let days = REVIEW_KEPT.num_days();
    let kept = match (&item.body, item.row.closed) {
        (Some(_), None) => format!("Kept until {days} days after the item is closed."),
        (Some(_), Some(closed)) => {
            format!("Kept until {}.", (closed + REVIEW_KEPT).format("%-d %B %Y"))
        }
        (None, None) => {
            "The request was not kept: too much is waiting for review already. Its client has it."
                .into()
        }
        (None, Some(_)) => {
            format!("The request is no longer kept: the item was closed over {days} days ago.")
        }
    };
    ReviewItem {
        summary: summary(&item.row, facts, now),
        attempts: attempts.iter().map(attempt).collect(),
        // Earlier versions stored a key that the client had put into the body.
        request: item
            .body
            .as_deref()
            .map(|body| text(&wire::without_credentials(&Bytes::copy_from_slice(body)))),
        kept,
        run: item.run.as_ref().map(|run| ReviewRun {
            at: run.at,
            status: run.status,
            answered: (200..300).contains(&run.status),
            answer: text(&run.body),
        }),
    }
}

pub(crate) fn closing(closing: Closing) -> ledger::Closing {
    match closing {
        Closing::Done => ledger::Closing::Done,
        Closing::Dismissed => ledger::Closing::Dismissed,
    }
}

/// "2 requests are waiting for you"
pub(crate) fn parked(open: u64) -> String {
    match open {
        1 => "1 request is waiting for you".into(),
        n => format!("{n} requests are waiting for you"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
