//! Requests with an idempotency key that are under way, and the claims of identical requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use ledger::{Begun, Digest, ReplayAnswer, ReplayKey};
use tokio::sync::watch;
use tokio::time::timeout;

use super::replays::{PATIENCE, Replays, Unkept};
use crate::TurnedAway;
use crate::deliver::client_response::ClientResponse;

/// The requests with a key that are under way.
#[derive(Debug)]
pub(crate) struct Keyed {
    replays: Replays,
    flights: Arc<Mutex<HashMap<Digest, Flight>>>,
    /// One claim at a time: between the check of the running requests and the query of the ledger nothing may change.
    claiming: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Flight {
    request: Digest,
    landed: watch::Receiver<Option<Landed>>,
}

/// How a request ended, for the requests that waited for it.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    /// The client received this, a response or an error.
    Released(ClientResponse),
    /// The client received a part.
    Broken(String),
    TooLarge,
    Unkept(Unkept),
}

/// What a request with a key finds.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is the first, or the first after a failure: run it.
    Run(Ticket),
    /// One is under way.
    Wait(Waiting),
    Replay(ReplayAnswer),
    Refused(TurnedAway),
}

/// The right to run a request. Dropped without an end, the request has failed.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(super) key: ReplayKey,
    pub(super) replays: Replays,
    flights: Arc<Mutex<HashMap<Digest, Flight>>>,
    land: watch::Sender<Option<Landed>>,
}

/// A twin of a request that is under way.
#[derive(Debug)]
pub(crate) struct Waiting(pub(super) watch::Receiver<Option<Landed>>);

impl Keyed {
    pub(crate) fn new(replays: Replays) -> Self {
        Self {
            replays,
            flights: Arc::default(),
            claiming: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) async fn claim(&self, key: ReplayKey, now: DateTime<Utc>) -> Claim {
        let Ok(_one_at_a_time) = timeout(PATIENCE, self.claiming.lock()).await else {
            return Claim::Refused(TurnedAway::Unkept(Unkept::disconnected().to_string()));
        };
        if let Some(flight) = lock(&self.flights).get(&key.scope) {
            return if flight.request == key.request {
                Claim::Wait(Waiting(flight.landed.clone()))
            } else {
                Claim::Refused(TurnedAway::OtherRequest)
            };
        }
        match self.replays.begin(key, now).await {
            Ok(Begun::First) => Claim::Run(self.take_off(key)),
            Ok(Begun::Answered(answer)) => Claim::Replay(answer),
            Ok(Begun::Gone) => Claim::Refused(TurnedAway::AnswerGone),
            Ok(Begun::OtherRequest) => Claim::Refused(TurnedAway::OtherRequest),
            Err(unkept) => Claim::Refused(TurnedAway::Unkept(unkept.to_string())),
        }
    }

    fn take_off(&self, key: ReplayKey) -> Ticket {
        let (land, landed) = watch::channel(None);
        let flight = Flight {
            request: key.request,
            landed,
        };
        lock(&self.flights).insert(key.scope, flight);
        Ticket {
            key,
            replays: self.replays.clone(),
            flights: Arc::clone(&self.flights),
            land,
        }
    }
}

fn lock(flights: &Mutex<HashMap<Digest, Flight>>) -> MutexGuard<'_, HashMap<Digest, Flight>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ticket {
    /// It failed, and the key is free again.
    pub(super) async fn fail(self, why: String) {
        tracing::warn!(%why, "a request with an idempotency key failed");
        self.replays.fail(self.key).await;
        self.land(Landed::Broken(why));
    }

    pub(super) fn land(self, landed: Landed) {
        self.land.send_replace(Some(landed));
    }
}

impl Drop for Ticket {
    /// Later requests query the ledger.
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.key.scope);
    }
}
