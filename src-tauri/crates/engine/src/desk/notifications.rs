//! Notifications that wait for a face to show them.

use api::{Notice, NoticeAction};
use ledger::NoticeRow;

use super::{Desk, Effect, Record};
use crate::view;

#[derive(Debug, Default)]
pub(crate) struct Notifications {
    /// One of each thread.
    queue: Vec<Notice>,
    /// The title of the last that the desktop could not show, and why.
    unshown: Option<(String, String)>,
}

impl Notifications {
    pub(crate) fn restored(queue: Vec<Notice>) -> Notifications {
        Notifications {
            queue,
            unshown: None,
        }
    }

    pub(crate) fn waiting(&self) -> &[Notice] {
        &self.queue
    }

    pub(crate) fn unshown(&self) -> Option<&(String, String)> {
        self.unshown.as_ref()
    }

    fn queued(&mut self, id: i64, row: &NoticeRow, actions: Vec<NoticeAction>) {
        self.queue.retain(|notice| notice.thread != row.thread);
        let shown = view::notice::shown(id, row);
        self.queue.push(Notice { actions, ..shown });
    }

    fn told(&mut self, id: u64, outcome: &api::NoticeOutcome) {
        let is_it = |notice: &&Notice| notice.id == id;
        let title = self.queue.iter().find(is_it).map(|n| n.title.clone());
        self.queue.retain(|notice| notice.id != id);
        self.unshown = match outcome {
            api::NoticeOutcome::Shown => None,
            api::NoticeOutcome::NotShown { why } => title.map(|title| (title, why.clone())),
        };
    }
}

impl Desk {
    /// Queues a notification for the faces. In quiet hours, and where the owner wants none, the log alone has it.
    /// The buttons are for this run: after a restart the notification, where it is still fresh, has none.
    pub(super) fn notify(&mut self, row: NoticeRow, actions: Vec<NoticeAction>) {
        if self.state.settings.notify && !self.state.in_quiet_hours(row.at) {
            self.effect(Effect::Record(Record::Notification { row, actions }));
        }
    }

    pub(super) fn queued(&mut self, id: i64, row: &NoticeRow, actions: Vec<NoticeAction>) {
        self.state.notifications.queued(id, row, actions);
    }

    pub(super) fn notice_told(&mut self, id: u64, outcome: &api::NoticeOutcome) {
        self.state.notifications.told(id, outcome);
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        let outcome = match outcome {
            api::NoticeOutcome::Shown => ledger::Outcome::Shown,
            api::NoticeOutcome::NotShown { why } => ledger::Outcome::NotShown { why: why.clone() },
        };
        self.effect(Effect::Record(Record::NoticeTold(id, outcome)));
    }
}
