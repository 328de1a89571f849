//! Review queue commands: close, reopen, and the result of a new run.

use api::{Closing, ControlError, ReviewClose};
use chrono::{DateTime, Utc};
use ledger::{DrainedAnswer, LedgerError, ReviewRun};

use super::MainLoop;
use crate::desk;
use crate::view;

impl MainLoop {
    /// Updates the count after a manual change.
    pub(super) fn count_reviews(&mut self) {
        match self.ledger.open_reviews() {
            Ok(waiting) => self.decide(desk::Event::Waiting(waiting)),
            Err(error) => self.ledger_trouble("count the parked requests", &error),
        }
    }

    pub(super) fn close_review(
        &mut self,
        now: DateTime<Utc>,
        id: &str,
        close: &ReviewClose,
    ) -> Result<api::Accepted, ControlError> {
        let unwritten = |error: LedgerError| ControlError {
            error: format!("the item could not be closed: {error}"),
            fix: None,
        };
        let note = close
            .note
            .as_deref()
            .map(str::trim)
            .filter(|n| !n.is_empty());
        let closing = view::review::closing(close.closing);
        let closed = self
            .ledger
            .close_review(id, closing, note, now)
            .map_err(unwritten)?;
        self.count_reviews();
        if !closed {
            let known = self.ledger.review(id).map_err(unwritten)?.is_some();
            return Err(ControlError {
                error: if known {
                    format!("item {id} is closed already")
                } else {
                    format!("there is no review item {id}")
                },
                fix: Some("`understudyd review list` shows what is open".into()),
            });
        }
        Ok(api::Accepted {
            message: match close.closing {
                Closing::Done => format!("Item {id} is done."),
                Closing::Dismissed => format!("Item {id} is dismissed."),
            },
        })
    }

    pub(super) fn reopen_review(&mut self, id: &str) -> Result<api::Accepted, ControlError> {
        let reopened = self
            .ledger
            .reopen_review(id)
            .map_err(|error| ControlError {
                error: format!("the item could not be opened again: {error}"),
                fix: None,
            })?;
        self.count_reviews();
        if reopened {
            return Ok(api::Accepted {
                message: format!("Item {id} waits again."),
            });
        }
        Err(ControlError {
            error: format!("there is no closed item {id}"),
            fix: Some("`understudyd review list --all` shows them".into()),
        })
    }

    /// `delivers`: the response goes to a receiver.
    pub(super) fn review_ran(
        &mut self,
        id: &str,
        run: ReviewRun,
        delivers: bool,
    ) -> Result<(), LedgerError> {
        if delivers && (200..300).contains(&run.status) {
            let deliver = self.is_sent(id)?;
            self.ledger.drained(id, &DrainedAnswer { run, deliver })?;
        } else {
            self.ledger.review_ran(id, &run)?;
        }
        self.count_reviews();
        Ok(())
    }
}
