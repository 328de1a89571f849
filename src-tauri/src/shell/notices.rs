//! Shows each of the engine's notices once, and tells the engine what became of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::{Notice, NoticeOutcome};
use tokio::sync::mpsc;

use crate::connection::Connection;
use crate::notify::{Note, Notifier};

/// Ids grow, also over restarts of the engine; the oldest are forgotten.
const REMEMBERED: usize = 256;

/// What became of each notice; None: it is being shown or reported now.
type Outcomes = Arc<Mutex<BTreeMap<u64, Option<NoticeOutcome>>>>;

pub(super) struct Notices {
    outcomes: Outcomes,
    queue: mpsc::UnboundedSender<(Notice, Connection)>,
}

impl Notices {
    /// One task shows them one after the other, so that they come in their order.
    pub(super) fn new(notifier: Notifier) -> Self {
        let outcomes = Outcomes::default();
        let (queue, waiting) = mpsc::unbounded_channel();
        tauri::async_runtime::spawn(show_each(waiting, notifier, Arc::clone(&outcomes)));
        Self { outcomes, queue }
    }

    /// A snapshot lists what the engine does not know to be shown. A notice whose report was lost is reported again, and
    /// not shown again.
    pub(super) fn see(&self, notices: Vec<Notice>, connection: &Connection) {
        for notice in notices {
            let earlier = {
                let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                let earlier = outcomes.insert(notice.id, None);
                while outcomes.len() > REMEMBERED {
                    outcomes.pop_first();
                }
                earlier
            };
            match earlier {
                // It ends with the application.
                None => drop(self.queue.send((notice, connection.clone()))),
                Some(None) => {}
                Some(Some(outcome)) => {
                    let (outcomes, connection) = (Arc::clone(&self.outcomes), connection.clone());
                    tokio::spawn(report(notice.id, outcome, connection, outcomes));
                }
            }
        }
    }
}

async fn show_each(
    mut waiting: mpsc::UnboundedReceiver<(Notice, Connection)>,
    notifier: Notifier,
    outcomes: Outcomes,
) {
    while let Some((notice, connection)) = waiting.recv().await {
        let outcome = notifier.show(&Note::from(&notice)).await;
        report(notice.id, outcome, connection, Arc::clone(&outcomes)).await;
    }
}

async fn report(id: u64, outcome: NoticeOutcome, connection: Connection, outcomes: Outcomes) {
    if let Err(why) = connection.report(id, &outcome).await {
        tracing::warn!("the engine was not informed about notification {id}: {why}");
    }
    let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    outcomes.insert(id, Some(outcome));
}
