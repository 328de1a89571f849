//! The review queue: what nobody could answer is kept for a person, once, and settled by a later success.

use api::{Closing, ControlError, ReviewClose, ReviewPage};
use chrono::{DateTime, Utc};
use gateway::{Exchange, ParkedRequest, Review, Unfetched};
use ledger::{FailedRequest, LedgerError, NoticeRow, Parked, ReviewRun, Settled, Which};

use super::MainLoop;
use crate::view;

/// Notices about the queue replace each other.
const THREAD: &str = "review";

impl MainLoop {
    /// `why`: how the exchange went, in one sentence. `booked`: its number in the ledger.
    pub(super) fn review(
        &mut self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        why: String,
        booked: Option<i64>,
    ) {
        match &exchange.review {
            None => {}
            Some(Review::Answered(id)) => self.kept("settle a parked request", |ledger| {
                let settled = Settled {
                    id,
                    pipeline: exchange.pipeline.as_deref(),
                    item: exchange.item.as_deref(),
                    exchange: booked,
                };
                ledger.settle_reviews(&settled, now).map(|_| ())
            }),
            Some(Review::Parked(request)) => self.park(now, exchange, request, why),
            Some(Review::Unfetched(request)) => {
                let waited = exchange.total.as_secs();
                let why = format!(
                    "Its client had left when the response came, {waited} s after the request. \
                     The response is kept here, and given when the client asks again within 24 hours."
                );
                self.park(now, exchange, request, why);
            }
        }
        if exchange.review.is_some() {
            self.count_reviews();
        }
    }

    fn park(
        &mut self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        request: &ParkedRequest,
        why: String,
    ) {
        let failed = FailedRequest {
            id: request.id.clone(),
            at: now,
            client: exchange.client.name.clone(),
            session: exchange.client.session.clone(),
            dialect: exchange.dialect,
            route: exchange.route.clone(),
            model: exchange.model.clone(),
            streamed: exchange.streamed,
            pipeline: exchange.pipeline.clone(),
            item: exchange.item.clone(),
            why,
            status: exchange.status.map(|status| status.as_u16()),
            headers: request.headers.clone(),
            body: request.body.to_vec(),
            replay: request.replay,
        };
        match self.ledger.park(&failed) {
            Ok(Parked::Newly) => {
                self.count_reviews();
                if self.state.reviews_told.happened(now) {
                    self.tell_reviews(now);
                }
            }
            Ok(Parked::Again | Parked::StaysClosed) => {}
            Err(error) => self.ledger_trouble("keep a request for review", &error),
        }
    }

    /// Time alone: those that were parked meanwhile are told together.
    pub(super) fn reviews_due(&mut self, now: DateTime<Utc>) {
        if self.state.reviews_told.due(now) && self.state.reviews_open > 0 {
            self.tell_reviews(now);
        }
    }

    fn tell_reviews(&mut self, now: DateTime<Utc>) {
        let incident = self.state.open.values().map(|story| story.id).max();
        self.tell(&NoticeRow {
            at: now,
            kind: ledger::NoticeKind::Review,
            thread: THREAD.into(),
            title: view::review::parked(self.state.reviews_open),
            body: view::notice::parked_body(&self.state),
            urgency: ledger::Urgency::Normal,
            incident: incident.filter(|id| *id > 0),
        });
    }

    pub(super) fn count_reviews(&mut self) {
        self.outages.changed();
        match self.ledger.open_reviews() {
            Ok(open) => self.state.reviews_open = open,
            Err(error) => self.ledger_trouble("count the parked requests", &error),
        }
    }

    pub(super) fn reviews(
        &self,
        which: Which,
        limit: u32,
        before: Option<i64>,
    ) -> Result<ReviewPage, LedgerError> {
        let page = self.ledger.reviews(which, limit, before)?;
        Ok(ReviewPage {
            items: page
                .rows
                .iter()
                .map(|(_, row)| view::review::summary(row))
                .collect(),
            next: page.next,
        })
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
            said: match close.closing {
                Closing::Done => format!("Item {id} is done."),
                Closing::Dismissed => format!("Item {id} is dismissed."),
            },
        })
    }

    pub(super) fn unfetched(&mut self, now: DateTime<Utc>, unfetched: &Unfetched) {
        let run = ReviewRun {
            at: now,
            status: unfetched.status.as_u16(),
            body: unfetched.body.to_vec(),
        };
        self.kept("keep a response that nobody fetched", |ledger| {
            ledger.review_ran(&unfetched.id, &run).map(|_| ())
        });
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
                said: format!("Item {id} waits again."),
            });
        }
        Err(ControlError {
            error: format!("there is no closed item {id}"),
            fix: Some("`understudyd review list --all` shows them".into()),
        })
    }

    pub(super) fn review_ran(&mut self, id: &str, run: &ReviewRun) -> Result<(), LedgerError> {
        self.ledger.review_ran(id, run)?;
        self.count_reviews();
        Ok(())
    }
}
