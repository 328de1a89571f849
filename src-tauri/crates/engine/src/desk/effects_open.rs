//! Side effects that the owner must settle, and their notification.

mod count;

use chrono::{DateTime, Utc};
use ledger::{EffectRow, EffectState, NotificationRow};

use super::Desk;
use crate::settings::Weight;
use crate::view;

pub(crate) use count::EffectsOpen;

impl Desk {
    pub(super) fn effects_counted(
        &mut self,
        now: DateTime<Utc>,
        open: u64,
        newest: Option<EffectRow>,
    ) {
        let is_open = |row: &EffectRow| match row.state {
            EffectState::Unknown | EffectState::Unsent => true,
            EffectState::Waiting
            | EffectState::Sending
            | EffectState::Done
            | EffectState::Dropped => false,
        };
        let last = newest.filter(is_open);
        if self.state.effects.counted(now, open, last) {
            self.notify_of_effects(now);
        }
    }

    pub(super) fn effects_due(&mut self, now: DateTime<Utc>) {
        if self.state.effects.notification_due(now) {
            self.notify_of_effects(now);
        }
    }

    fn notify_of_effects(&mut self, now: DateTime<Utc>) {
        let effects = &self.state.effects;
        let row = NotificationRow {
            at: now,
            kind: ledger::NotificationKind::Review,
            thread: view::thread::EFFECTS.into(),
            title: view::effect::waiting(effects.open()),
            body: view::effect::notification(effects.last()),
            urgency: ledger::Urgency::Normal,
            incident: None,
        };
        self.notify(now, Weight::Act, row, Vec::new());
    }
}
