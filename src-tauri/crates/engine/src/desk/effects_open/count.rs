//! Number of side effects that the owner must settle, and when a notification about them is due.

use chrono::{DateTime, Utc};
use ledger::EffectRow;

use crate::desk::grouping::Grouping;

#[derive(Debug, Default)]
pub(crate) struct EffectsOpen {
    open: u64,
    /// For the sentence: the last one that was parked.
    last: Option<EffectRow>,
    notifications: Grouping,
}

impl EffectsOpen {
    pub(crate) fn open(&self) -> u64 {
        self.open
    }

    pub(crate) fn last(&self) -> Option<&EffectRow> {
        self.last.as_ref()
    }

    /// Known from an earlier run: the owner was notified of them.
    pub(crate) fn restored(&mut self, open: u64) {
        self.open = open;
    }

    /// True: more need the owner than before, and a notification is due now.
    pub(super) fn counted(
        &mut self,
        now: DateTime<Utc>,
        open: u64,
        last: Option<EffectRow>,
    ) -> bool {
        let parked = open > self.open;
        self.open = open;
        if open == 0 {
            self.last = None;
        } else if last.is_some() {
            self.last = last;
        }
        parked && self.notifications.happened(now)
    }

    /// True: send a notification now for those that were parked since the last one.
    pub(super) fn notification_due(&mut self, now: DateTime<Utc>) -> bool {
        self.notifications.due(now) && self.open > 0
    }

    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.notifications.next_due()
    }
}
