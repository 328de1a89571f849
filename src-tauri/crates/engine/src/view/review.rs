//! The review queue for the UIs.

use api::{Closing, ReviewItem, ReviewRun, ReviewState, ReviewSummary};
use bytes::Bytes;
use ledger::{REVIEW_KEPT, ReviewRow};

use super::words;

pub(crate) fn summary(row: &ReviewRow) -> ReviewSummary {
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
    }
}

pub(crate) fn item(item: &ledger::ReviewItem) -> ReviewItem {
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
        summary: summary(&item.row),
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
