//! Review queue decisions: which exchanges are parked, and when a notification is due.

mod count;
mod drain;
mod waits;

use catalog::MicroDollars;
use chrono::{DateTime, Utc};
use gateway::{Exchange, ParkedRequest, Review, Unfetched};
use ledger::{FailedRequest, NotificationRow, ReviewRun, Unattended};

use super::effect::ReviewWork;
use super::{Desk, Effect, Record};
use crate::settings::Weight;
use crate::view;

pub(crate) use count::Reviews;
pub(super) use drain::READ_EVERY;
pub(crate) use drain::{Draining, Open, RunResult};
pub(crate) use waits::{Answerer, Facts, Waits, receiver, waits};

/// `why`: one sentence about the exchange.
pub(super) fn work(now: DateTime<Utc>, exchange: &Exchange, why: String) -> Option<ReviewWork> {
    match exchange.review.as_ref()? {
        Review::Answered { id, replay } => Some(ReviewWork::Settle {
            id: id.clone(),
            pipeline: exchange.pipeline.clone(),
            item: exchange.item.clone(),
            replay: *replay,
        }),
        Review::Drained(id) => Some(ReviewWork::Drained {
            id: id.clone(),
            cost: MicroDollars::ZERO,
        }),
        Review::Parked(request) => Some(park(now, exchange, request, why)),
        Review::Unfetched(request) => {
            let waited = exchange.total.as_secs();
            let why = format!(
                "Its client had left when the response came, {waited} s after the request. \
                 The response is kept here, and sent when the client repeats the request within 24 hours."
            );
            Some(park(now, exchange, request, why))
        }
    }
}

fn park(
    now: DateTime<Utc>,
    exchange: &Exchange,
    request: &ParkedRequest,
    why: String,
) -> ReviewWork {
    ReviewWork::Park(Box::new(FailedRequest {
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
        unattended: Unattended {
            subscription: exchange.attempts.iter().any(|one| one.by_subscription),
            ..request.unattended.clone()
        },
    }))
}

impl Desk {
    pub(super) fn booked(&mut self, now: DateTime<Utc>, newly_parked: bool, waiting: u64) {
        self.waiting(waiting);
        if newly_parked && self.state.reviews.parked(now) {
            self.notify_of_reviews(now);
        }
    }

    /// Number of parked requests after a change.
    pub(super) fn waiting(&mut self, waiting: u64) {
        self.state.reviews.counted(waiting);
        self.impact_refresh.changed();
        self.drain_changed();
    }

    /// Sends one notification for all requests that were parked since the last one.
    pub(super) fn reviews_due(&mut self, now: DateTime<Utc>) {
        if self.state.reviews.notification_due(now) {
            self.notify_of_reviews(now);
        }
    }

    /// The notification of an open incident includes its parked requests.
    fn notify_of_reviews(&mut self, now: DateTime<Utc>) {
        if self.has_notified_incident() {
            return;
        }
        let incident = self.state.open.values().map(|incident| incident.id).max();
        let row = NotificationRow {
            at: now,
            kind: ledger::NotificationKind::Review,
            thread: view::thread::REVIEW.into(),
            title: view::review::parked(self.state.reviews.waiting()),
            body: view::notification::parked_body(&self.state, now),
            urgency: ledger::Urgency::Normal,
            incident: incident.filter(|id| *id > 0),
        };
        self.notify(now, Weight::Act, row, Vec::new());
    }

    pub(super) fn unfetched(&mut self, now: DateTime<Utc>, unfetched: &Unfetched) {
        let run = ReviewRun {
            at: now,
            status: unfetched.status.as_u16(),
            content_type: unfetched.content_type.clone(),
            body: unfetched.body.to_vec(),
        };
        let id = unfetched.id.clone();
        self.effect(Effect::Record(Record::Unfetched { id, run }));
        self.drain_changed();
    }
}
