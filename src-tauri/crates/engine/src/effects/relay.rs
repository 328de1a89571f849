//! The effects that run now: one run for each, which its clients join.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::{EffectSettled, OwnersWord};
use tokio::sync::{Notify, watch};

use super::book::NotKept;
use super::run::{self, Progress};
use super::services::Services;

const RESUME_EVERY: Duration = Duration::from_secs(2);
/// A run whose ledger failed begins again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Relay(Arc<Shared>);

struct Shared {
    services: Services,
    runs: Mutex<HashMap<i64, Run>>,
}

impl Deref for Relay {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0.services
    }
}

#[derive(Clone)]
pub(super) struct Run {
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) again: Arc<Notify>,
}

impl Relay {
    pub(crate) fn new(services: Services) -> Relay {
        Relay(Arc::new(Shared {
            services,
            runs: Mutex::default(),
        }))
    }

    /// Continues what a stop or a crash has interrupted, as soon as the ledger's file is open.
    pub(crate) async fn resume(&self) {
        loop {
            let found = self.book().with(|ledger, _| ledger.unfinished_effects());
            match found.await {
                Ok(ids) => {
                    if !ids.is_empty() {
                        tracing::info!(effects = ids.len(), "unfinished effects continue");
                    }
                    for id in ids {
                        self.join(id);
                    }
                    return;
                }
                Err(NotKept::Stopping) => return,
                Err(NotKept::InMemory | NotKept::Failed(_)) => {
                    tokio::time::sleep(RESUME_EVERY).await;
                }
            }
        }
    }

    /// The owner's decision.
    pub(crate) async fn settle(&self, id: i64, word: OwnersWord) -> Result<EffectSettled, NotKept> {
        let settled = self
            .book()
            .with(move |ledger, now| ledger.settle_effect(id, &word, now))
            .await?;
        if settled == EffectSettled::Yes {
            let relay = self.clone();
            tokio::spawn(async move { relay.continue_after_settlement(id).await });
        }
        Ok(settled)
    }

    /// A run that has read the earlier state ends first.
    async fn continue_after_settlement(&self, id: i64) {
        let earlier = self.runs().get(&id).cloned();
        if let Some(mut earlier) = earlier {
            earlier.again.notify_one();
            // An error means that it has ended.
            while earlier.progress.changed().await.is_ok() {}
        }
        self.join(id);
    }

    /// The run of this effect, which begins if there is none.
    pub(super) fn join(&self, id: i64) -> Run {
        let mut runs = self.runs();
        if let Some(run) = runs.get(&id) {
            return run.clone();
        }
        let (sender, progress) = watch::channel(Progress::Begins);
        let again = Arc::new(Notify::new());
        let run = Run {
            progress,
            again: Arc::clone(&again),
        };
        runs.insert(id, run.clone());
        let relay = self.clone();
        tokio::spawn(async move {
            let end = run::run(&relay, id, &sender, &again).await;
            relay.runs().remove(&id);
            sender.send_replace(end.clone());
            match end {
                // It is accepted, so it continues when the ledger works again.
                Progress::NotKept(NotKept::Failed(_) | NotKept::InMemory) => {
                    tokio::time::sleep(AGAIN_AFTER).await;
                    relay.join(id);
                }
                Progress::NotKept(NotKept::Stopping)
                | Progress::Begins
                | Progress::Waits
                | Progress::Sends
                | Progress::Ended
                | Progress::Stopping => {}
            }
        });
        run
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<i64, Run>> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
