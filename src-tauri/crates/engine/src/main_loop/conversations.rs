//! Kept conversations go when they are a day old, and all at once where the owner wants none.

use chrono::{DateTime, Utc};

use super::MainLoop;

impl MainLoop {
    pub(super) fn forget_conversations(&mut self, now: DateTime<Utc>) {
        let keep = self.state.settings.keep_conversations;
        self.kept("forget conversations", |ledger| match keep {
            true => ledger.expire_conversations(now),
            false => ledger.forget_conversations(),
        });
    }
}
