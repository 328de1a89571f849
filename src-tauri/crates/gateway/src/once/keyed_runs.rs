//! Running requests with an idempotency key, and the claims of identical requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use ledger::{Begun, Digest, ReplayAnswer, ReplayKey};
use tokio::sync::watch;

use super::identity::KeyedRequest;
use super::replays::Replays;
use crate::deliver::client_response::ClientResponse;
use crate::pending::PendingWork;
use crate::reports::PATIENCE;
use crate::{TurnedAway, Unkept};

/// The running requests with a key.
#[derive(Debug)]
pub(crate) struct Keyed {
    replays: Replays,
    runs: Arc<Mutex<HashMap<Digest, KeyedRun>>>,
    /// One claim at a time: nothing may change between the check of the running requests and the query to the ledger.
    claiming: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct KeyedRun {
    request: Digest,
    result: watch::Receiver<Option<RunResult>>,
}

/// How a request ended, for the requests that waited for it.
#[derive(Clone, Debug)]
pub(super) enum RunResult {
    /// The client received this, a response or an error.
    Released(ClientResponse),
    /// The client received a part.
    Broken(String),
    TooLarge,
    Unkept(Unkept),
}

/// The state of a key for a new request.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is the first, or the first after a failure: run it.
    Run(Ticket),
    /// One is running.
    Wait(Waiting),
    Replay(ReplayAnswer),
    Refused(TurnedAway),
}

/// The right to run a request. If it is dropped without an end, the request has failed.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(super) key: ReplayKey,
    pub(super) replays: Replays,
    runs: Arc<Mutex<HashMap<Digest, KeyedRun>>>,
    publish: watch::Sender<Option<RunResult>>,
    _pending: PendingWork,
}

/// An identical request to a running one.
#[derive(Debug)]
pub(crate) struct Waiting(pub(super) watch::Receiver<Option<RunResult>>);

impl Keyed {
    pub(crate) fn new(replays: Replays) -> Self {
        Self {
            replays,
            runs: Arc::default(),
            claiming: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) async fn claim(&self, key: KeyedRequest, now: DateTime<Utc>) -> Claim {
        let Ok(_one_at_a_time) = crate::late::within(PATIENCE, self.claiming.lock()).await else {
            return Claim::Refused(TurnedAway::Unkept(Unkept::disconnected().to_string()));
        };
        for key in [Some(key.key), key.former].into_iter().flatten() {
            if let Some(run) = lock(&self.runs).get(&key.scope) {
                return if run.request == key.request {
                    Claim::Wait(Waiting(run.result.clone()))
                } else {
                    Claim::Refused(TurnedAway::OtherRequest)
                };
            }
        }
        match self.replays.begin(key, now).await {
            Ok((key, Begun::First)) => Claim::Run(self.take_off(key)),
            Ok((_, Begun::Answered(answer))) => Claim::Replay(answer),
            Ok((_, Begun::Gone)) => Claim::Refused(TurnedAway::AnswerGone),
            Ok((_, Begun::OtherRequest)) => Claim::Refused(TurnedAway::OtherRequest),
            Err(unkept) => Claim::Refused(TurnedAway::Unkept(unkept.to_string())),
        }
    }

    fn take_off(&self, key: ReplayKey) -> Ticket {
        let (publish, result) = watch::channel(None);
        let run = KeyedRun {
            request: key.request,
            result,
        };
        lock(&self.runs).insert(key.scope, run);
        Ticket {
            key,
            replays: self.replays.clone(),
            runs: Arc::clone(&self.runs),
            publish,
            _pending: self.replays.pending(),
        }
    }
}

fn lock(runs: &Mutex<HashMap<Digest, KeyedRun>>) -> MutexGuard<'_, HashMap<Digest, KeyedRun>> {
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ticket {
    /// It failed, and the key is free again.
    pub(super) async fn fail(self, why: String) {
        tracing::warn!(%why, "a request with an idempotency key failed");
        self.replays.fail(self.key).await;
        self.publish(RunResult::Broken(why));
    }

    pub(super) fn publish(self, result: RunResult) {
        self.publish.send_replace(Some(result));
    }
}

impl Drop for Ticket {
    /// Later requests query the ledger.
    fn drop(&mut self) {
        lock(&self.runs).remove(&self.key.scope);
    }
}
