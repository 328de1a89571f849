//! The review queue: what nobody could answer is kept for a person, once, and settled by a later success.

use api::{Closing, ControlError, ReviewClose, ReviewPage};
use chrono::{DateTime, Utc};
use gateway::{Exchange, ParkedRequest, Review};
use ledger::{FailedRequest, LedgerError, NoticeRow, Parked, ReviewRun, Which};

use super::MainLoop;
use crate::view;

/// Notices about the queue replace each other.
const THREAD: &str = "review";

impl MainLoop {
    /// `why`: how the exchange went, in one sentence.
    pub(super) fn review(&mut self, now: DateTime<Utc>, exchange: &Exchange, why: String) {
        match &exchange.review {
            None => {}
            Some(Review::Answered(id)) => self.kept("settle a parked request", |ledger| {
                ledger.answered_review(id, now).map(|_| ())
            }),
            Some(Review::Parked(request)) => self.park(now, exchange, request, why),
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

    pub(super) fn review_ran(&mut self, id: &str, run: &ReviewRun) -> Result<(), LedgerError> {
        self.ledger.review_ran(id, run)?;
        self.count_reviews();
        Ok(())
    }
}
