//! Number of parked requests, and when a notification about them is due.

use chrono::{DateTime, Utc};

use crate::desk::grouping::Grouping;

#[derive(Debug, Default)]
pub(crate) struct Reviews {
    waiting: u64,
    notifications: Grouping,
}

impl Reviews {
    /// Number of parked requests.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting
    }

    pub(crate) fn counted(&mut self, waiting: u64) {
        self.waiting = waiting;
    }

    /// Records a newly parked request. True: send a notification now.
    pub(super) fn parked(&mut self, now: DateTime<Utc>) -> bool {
        self.notifications.happened(now)
    }

    /// True: send a notification now for the requests that were parked since the last one.
    pub(super) fn notification_due(&mut self, now: DateTime<Utc>) -> bool {
        self.notifications.due(now) && self.waiting > 0
    }

    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.notifications.next_due()
    }
}
