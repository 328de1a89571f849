//! Shows each of the engine's notifications once, and reports its result to the engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::{Notification, NotificationOutcome};
use tokio::sync::mpsc;

use crate::connection::Connection;
use crate::notify::{Note, Notifier};

/// Ids increase, also across restarts of the engine; the oldest are dropped.
const REMEMBERED: usize = 256;

/// Result of each notification; `None`: it is being shown or reported now.
type Outcomes = Arc<Mutex<BTreeMap<u64, Option<NotificationOutcome>>>>;

pub(super) struct Notifications {
    outcomes: Outcomes,
    queue: mpsc::UnboundedSender<(Notification, Connection)>,
}

impl Notifications {
    /// One task shows them in sequence, so that they keep their order.
    pub(super) fn new(notifier: Notifier) -> Self {
        let outcomes = Outcomes::default();
        let (queue, waiting) = mpsc::unbounded_channel();
        tauri::async_runtime::spawn(show_each(waiting, notifier, Arc::clone(&outcomes)));
        Self { outcomes, queue }
    }

    /// A snapshot lists notifications without a result. One whose report was lost is reported again, and not shown
    /// again.
    pub(super) fn receive(&self, notifications: Vec<Notification>, connection: &Connection) {
        for notification in notifications {
            let earlier = {
                let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                let earlier = outcomes.insert(notification.id, None);
                while outcomes.len() > REMEMBERED {
                    outcomes.pop_first();
                }
                earlier
            };
            match earlier {
                // The task ends with the application.
                None => drop(self.queue.send((notification, connection.clone()))),
                Some(None) => {}
                Some(Some(outcome)) => {
                    let (outcomes, connection) = (Arc::clone(&self.outcomes), connection.clone());
                    tokio::spawn(report(notification.id, outcome, connection, outcomes));
                }
            }
        }
    }
}

async fn show_each(
    mut waiting: mpsc::UnboundedReceiver<(Notification, Connection)>,
    notifier: Notifier,
    outcomes: Outcomes,
) {
    while let Some((notification, connection)) = waiting.recv().await {
        let note = Note::from(&notification).on_computer(connection.computer.as_deref());
        let outcome = notifier.show(&note).await;
        report(notification.id, outcome, connection, Arc::clone(&outcomes)).await;
    }
}

async fn report(id: u64, outcome: NotificationOutcome, connection: Connection, outcomes: Outcomes) {
    if let Err(why) = connection.report(id, &outcome).await {
        tracing::warn!(
            "the result of notification {id} could not be reported to the engine: {why}"
        );
    }
    let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    outcomes.insert(id, Some(outcome));
}
