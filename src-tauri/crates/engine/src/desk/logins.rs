//! Keys and logins that are rejected, without quota or at a limit. These are states of the login, not outages of a provider.

mod problem;

use chrono::{DateTime, Utc};
use ledger::{NotificationKind, NotificationRow, Urgency};

use super::Desk;
use crate::settings::Weight;
use crate::view;

pub(crate) use problem::{LoginProblem, Logins};

impl Desk {
    /// A rejected key or an exhausted quota is notified at once, even if a fallback works. A rate limit ends without action.
    pub(super) fn see_logins(&mut self, now: DateTime<Utc>) {
        let new = self.state.logins.update(now, &self.state.breakers);
        for (endpoint, kind) in new {
            if let LoginProblem::Limit { .. } = kind {
                continue;
            }
            let Some(problem) = view::login::problem(&self.state, &endpoint) else {
                continue;
            };
            let row = NotificationRow {
                at: now,
                kind: NotificationKind::Own,
                thread: view::thread::of_login(&endpoint),
                title: problem.what.trim_end_matches('.').to_owned(),
                body: problem.fix,
                urgency: Urgency::Normal,
                incident: None,
            };
            self.notify(now, Weight::Act, row, Vec::new());
        }
    }
}
