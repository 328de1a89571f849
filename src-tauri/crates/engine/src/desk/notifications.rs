//! Notifications: one for each event, updated in place. A new pop-up appears only for a new event or for one that now needs an
//! action, and only a few per hour.

mod queue;

use api::NotificationAction;
use catalog::ProviderId;
use chrono::{DateTime, Utc};
use ledger::NotificationRow;

use super::{Desk, Effect, Record};
use crate::settings::Weight;
use crate::view;

pub(crate) use queue::Notifications;
use queue::Place;

impl Desk {
    /// In quiet hours, or if the owner disabled pop-ups, it goes only to the window and the log. Buttons work in this run only:
    /// after a restart, a fresh notification has none.
    pub(super) fn notify(
        &mut self,
        now: DateTime<Utc>,
        weight: Weight,
        row: NotificationRow,
        actions: Vec<NotificationAction>,
    ) {
        if !self.state.settings.notify || self.state.in_quiet_hours(now) {
            return;
        }
        let worth = self.state.settings.notify_from;
        let counts = !row.title.starts_with(view::notification::REHEARSAL);
        let notifications = &mut self.state.notifications;
        let in_place = match notifications.place(now, &row, weight, worth, counts) {
            Place::PopUp => false,
            Place::Update => true,
            Place::Nowhere => return,
        };
        self.effect(Effect::Record(Record::Notification {
            row,
            actions,
            in_place,
        }));
    }

    /// Opens a question about this provider's failure. If its incident has a notification, the question becomes a line of it.
    pub(super) fn ask(
        &mut self,
        now: DateTime<Utc>,
        failing: &ProviderId,
        row: NotificationRow,
        actions: Vec<NotificationAction>,
    ) {
        if !self.has_notified(failing) || !self.notify_outage(now, failing, Weight::Act) {
            self.notify(now, Weight::Act, row, actions);
        }
    }

    /// Ends the event with the last notification of this thread.
    pub(super) fn event_over(&mut self, thread: &str) {
        self.state.notifications.end(thread);
    }

    pub(super) fn queued(
        &mut self,
        id: i64,
        row: &NotificationRow,
        actions: Vec<NotificationAction>,
        in_place: bool,
    ) {
        let notification = api::Notification {
            actions,
            in_place,
            ..view::notification::shown(id, row)
        };
        self.state.notifications.push(notification);
    }

    pub(super) fn notification_delivered(&mut self, id: u64, outcome: &api::NotificationOutcome) {
        self.state.notifications.delivered(id, outcome);
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        let outcome = match outcome {
            api::NotificationOutcome::Shown => ledger::Outcome::Shown,
            api::NotificationOutcome::NotShown { why } => {
                ledger::Outcome::NotShown { why: why.clone() }
            }
        };
        self.effect(Effect::Record(Record::NotificationDelivered(id, outcome)));
    }
}
