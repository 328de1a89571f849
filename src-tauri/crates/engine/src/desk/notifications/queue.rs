//! The queue of notifications for the UIs, and which of them pops up.

use std::collections::{BTreeMap, VecDeque};

use api::Notification;
use chrono::{DateTime, TimeDelta, Utc};
use ledger::NotificationRow;

use crate::settings::Weight;

/// Maximum number of pop-ups of all kinds within [`HOUR`].
const POP_UPS: usize = 2;
const HOUR: TimeDelta = TimeDelta::hours(1);
/// An event without news for this long has ended.
const EVENT_ENDS: TimeDelta = TimeDelta::hours(6);

/// How a notification reaches the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    PopUp,
    /// Updates a notification that is on the screen.
    Update,
    /// Only in the window and in the log.
    Nowhere,
}

/// State of an event in its last notification.
#[derive(Clone, Debug)]
struct EventState {
    weight: Weight,
    popped_up: bool,
    text: (String, String),
    at: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub(crate) struct Notifications {
    /// At most one for each event, not yet fetched by a UI.
    queue: Vec<Notification>,
    /// Title of the last notification that the desktop did not show, and the reason.
    unshown: Option<(String, String)>,
    /// By thread.
    events: BTreeMap<String, EventState>,
    pop_ups: VecDeque<DateTime<Utc>>,
}

impl Notifications {
    pub(crate) fn restored(queue: Vec<Notification>) -> Notifications {
        Notifications {
            queue,
            ..Notifications::default()
        }
    }

    pub(crate) fn waiting(&self) -> &[Notification] {
        &self.queue
    }

    pub(crate) fn unshown(&self) -> Option<&(String, String)> {
        self.unshown.as_ref()
    }

    /// `worth`: lowest weight that opens a pop-up. `counts`: includes the pop-up in the hourly limit.
    pub(super) fn place(
        &mut self,
        now: DateTime<Utc>,
        row: &NotificationRow,
        weight: Weight,
        worth: Weight,
        counts: bool,
    ) -> Place {
        self.events.retain(|_, event| now - event.at < EVENT_ENDS);
        self.pop_ups.retain(|at| now - *at < HOUR);
        let text = (row.title.clone(), row.body.clone());
        let known = self.events.get(&row.thread);
        let news = known.is_none_or(|event| event.text != text);
        let heavier = known.is_none_or(|event| weight > event.weight || !event.popped_up);
        let room = !counts || self.pop_ups.len() < POP_UPS;
        let place = match known {
            _ if weight >= worth && heavier && room && news => Place::PopUp,
            Some(event) if event.popped_up && news => Place::Update,
            Some(_) | None => Place::Nowhere,
        };
        if place == Place::PopUp && counts {
            self.pop_ups.push_back(now);
        }
        let before = known.map_or((weight, false), |event| (event.weight, event.popped_up));
        let event = EventState {
            weight: weight.max(before.0),
            popped_up: before.1 || place == Place::PopUp,
            text,
            at: now,
        };
        self.events.insert(row.thread.clone(), event);
        place
    }

    /// Ends the event: the next notification in its thread opens a new one.
    pub(super) fn end(&mut self, thread: &str) {
        self.events.remove(thread);
    }

    /// Resumes an open event that an earlier run reported.
    pub(in crate::desk) fn resume(&mut self, now: DateTime<Utc>, thread: String, weight: Weight) {
        let event = EventState {
            weight,
            popped_up: true,
            text: Default::default(),
            at: now,
        };
        self.events.insert(thread, event);
    }

    /// Replaces the notification of the same thread.
    pub(super) fn push(&mut self, notification: Notification) {
        let thread = &notification.thread;
        // A notification that no UI has fetched was not seen, so its replacement pops up instead.
        let unfetched = self.queue.iter().find(|queued| queued.thread == *thread);
        let in_place = unfetched.is_none_or(|queued| queued.in_place) && notification.in_place;
        self.queue.retain(|queued| queued.thread != *thread);
        self.queue.push(Notification {
            in_place,
            ..notification
        });
    }

    pub(super) fn delivered(&mut self, id: u64, outcome: &api::NotificationOutcome) {
        let is_it = |notification: &&Notification| notification.id == id;
        let title = self.queue.iter().find(is_it).map(|n| n.title.clone());
        self.queue.retain(|notification| notification.id != id);
        self.unshown = match outcome {
            api::NotificationOutcome::Shown => None,
            api::NotificationOutcome::NotShown { why } => title.map(|title| (title, why.clone())),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Weight::{Act, Note, Outage};

    fn row(thread: &str, title: &str) -> NotificationRow {
        NotificationRow {
            at: DateTime::UNIX_EPOCH,
            kind: ledger::NotificationKind::Outage,
            thread: thread.into(),
            title: title.into(),
            body: String::new(),
            urgency: ledger::Urgency::Normal,
            incident: None,
        }
    }

    /// minute, thread, title, weight → pops up (!), updates (+) or neither (-)
    fn plays(worth: Weight, rows: &[(i64, &str, &str, Weight, char)]) {
        let mut notifications = Notifications::default();
        for (minute, thread, title, weight, wanted) in rows {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(*minute);
            let place = notifications.place(now, &row(thread, title), *weight, worth, true);
            let got = match place {
                Place::PopUp => '!',
                Place::Update => '+',
                Place::Nowhere => '-',
            };
            assert_eq!(got, *wanted, "minute {minute}: {title}");
        }
    }

    #[test]
    fn an_event_pops_up_once_and_again_only_when_an_action_is_needed() {
        plays(
            Outage,
            &[
                (0, "claude", "degraded", Note, '-'),
                (1, "claude", "down, carried", Outage, '!'),
                (1, "claude", "down, carried", Outage, '-'),
                (2, "claude", "down, carried; 3 wait", Outage, '+'),
                (9, "claude", "down, not carried", Act, '!'),
                (10, "claude", "down, carried", Outage, '+'),
                (11, "claude", "down, not carried again", Act, '+'),
                (20, "claude", "back", Note, '+'),
            ],
        );
    }

    #[test]
    fn at_most_two_pop_ups_an_hour() {
        plays(
            Outage,
            &[
                (0, "claude", "down", Act, '!'),
                (1, "openai", "down", Act, '!'),
                (2, "review", "3 wait", Act, '-'),
                (3, "openai", "down too", Act, '+'),
                (60, "review", "4 wait", Act, '!'),
                (61, "own", "cap", Act, '!'),
            ],
        );
    }

    #[test]
    fn the_settings_decide_which_weight_pops_up() {
        plays(
            Act,
            &[
                (0, "claude", "down, carried", Outage, '-'),
                (1, "claude", "down", Act, '!'),
            ],
        );
        plays(
            Note,
            &[
                (0, "claude", "degraded", Note, '!'),
                (1, "claude", "down, carried", Outage, '!'),
            ],
        );
    }
}
