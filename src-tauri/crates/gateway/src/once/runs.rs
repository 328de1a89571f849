//! State of all requests that run once: those with a key, and those whose clients have disconnected.

use chrono::{DateTime, Utc};
use ledger::{ReplayAnswer, ReplayKey};
use tokio::sync::mpsc;

use super::away::{Lingering, Unattended};
use super::keyed_runs::Keyed;
use super::replays::Replays;
use super::tape::{Reader, Recorder, tape};
use crate::Limits;
use crate::held::Held;
use crate::pending::Pending;
use crate::promise::Promise;

/// State of the requests that may be repeated.
#[derive(Debug)]
pub(crate) struct Once {
    keyed: Keyed,
    lingering: Lingering,
    unattended: Unattended,
    replays: Replays,
    recorded: Held,
}

impl Once {
    pub(crate) fn new(promises: mpsc::Sender<Promise>, pending: Pending) -> Self {
        let replays = Replays::new(promises, pending);
        Self {
            keyed: Keyed::new(replays.clone()),
            lingering: Lingering::default(),
            unattended: Unattended::default(),
            replays,
            recorded: Held::default(),
        }
    }

    pub(super) fn tape(&self, limits: &Limits) -> (Recorder, Reader) {
        tape(self.recorded.share(), limits.recorded)
    }

    pub(super) fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    pub(super) fn lingering_runs(&self) -> &Lingering {
        &self.lingering
    }

    pub(super) fn unattended(&self) -> &Unattended {
        &self.unattended
    }

    pub(super) fn replays(&self) -> &Replays {
        &self.replays
    }

    /// Number of requests that wait for their clients to retrieve them.
    pub(crate) fn lingering(&self) -> usize {
        self.lingering.len() + self.unattended.len()
    }

    pub(super) async fn keep(&self, key: ReplayKey, answer: ReplayAnswer, now: DateTime<Utc>) {
        if let Err(unkept) = self.replays.complete(key, Some(answer), now).await {
            tracing::warn!(%unkept, "an unfetched response could not be stored");
        }
    }
}
