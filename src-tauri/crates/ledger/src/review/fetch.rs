//! The response of an item for its caller, which fetches it.

use chrono::{DateTime, Utc};

use super::drain::NextDelivery;
use super::item::{Delivery, ReviewItem, ReviewState};
use crate::{Digest, Ledger, LedgerError, ReplayAnswer};

/// Note of an item whose caller has its response.
const FETCHED: &str = "Delivered to its caller, which fetched it.";

/// The state of an item for its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// There is no such item, or another credential owns it.
    Nothing,
    Waiting,
    Answered(ReplayAnswer),
    /// Another request of its client got the response.
    AnsweredElsewhere,
    /// The owner closed it without a response.
    Closed,
    /// The response is no longer stored.
    Gone,
}

impl Ledger {
    /// The response of this item for a caller with this credential. An item that is fetched is delivered, which is on the
    /// disk when this returns.
    pub fn fetch_review(
        &mut self,
        id: &str,
        owner: &Digest,
        now: DateTime<Utc>,
    ) -> Result<Fetched, LedgerError> {
        let Some(item) = self.review(id)? else {
            return Ok(Fetched::Nothing);
        };
        if self.review_owner(id)?.as_ref() != Some(owner) {
            return Ok(Fetched::Nothing);
        }
        let fetched = fetched(item);
        if let (Fetched::Answered(_), true) = (&fetched.0, fetched.1) {
            let next = NextDelivery {
                state: Delivery::Delivered,
                at: now,
                note: FETCHED.to_owned(),
            };
            self.delivery_ended(id, &next)?;
        }
        Ok(fetched.0)
    }

    fn review_owner(&self, id: &str) -> Result<Option<Digest>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached("SELECT owner FROM review_items WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?)
    }
}

/// True: this settles it.
fn fetched(item: ReviewItem) -> (Fetched, bool) {
    let row = &item.row;
    let run = item.run.filter(|run| (200..300).contains(&run.status));
    let answer = run.map(|run| {
        // Deleted bodies leave the run without bytes.
        (!run.body.is_empty()).then_some(ReplayAnswer {
            status: run.status,
            content_type: run.content_type,
            body: run.body,
        })
    });
    match (row.state, answer) {
        (ReviewState::Open | ReviewState::Answered, Some(Some(answer))) => {
            (Fetched::Answered(answer), row.state == ReviewState::Open)
        }
        (ReviewState::Open, None) => (Fetched::Waiting, false),
        (ReviewState::Open | ReviewState::Answered, Some(None)) => (Fetched::Gone, false),
        (ReviewState::Answered, None) => (Fetched::AnsweredElsewhere, false),
        (ReviewState::Done | ReviewState::Dismissed, _) => (Fetched::Closed, false),
    }
}
