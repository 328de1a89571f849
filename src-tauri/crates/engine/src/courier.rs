//! Runs parked requests and sends their responses beside the loop; each result is an event of the loop.

use catalog::Secret;
use gateway::Gateway;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::delivery::{Attempt, Letter, Sender, Sent};
use crate::event::LoopEvent;
use crate::parked_run::{self, Ran};

#[derive(Clone)]
pub(crate) struct Courier {
    pub gateway: Gateway,
    /// The token that clients of the gateway send.
    pub token: Secret,
    pub sender: Sender,
    pub clock: Clock,
    /// Weak: a run must not keep the loop alive.
    pub events: mpsc::WeakSender<LoopEvent>,
    pub runtime: Handle,
}

impl Courier {
    /// Sends a parked request again.
    pub(crate) fn run(&self, item: ledger::ReviewItem) {
        let courier = self.clone();
        self.runtime.spawn(async move {
            let id = item.row.id.clone();
            let ran = match parked_run::request(&courier.token, &item, true) {
                Ok(request) => parked_run::answer(&courier.gateway, request).await,
                Err(why) => Ran {
                    status: http::StatusCode::BAD_REQUEST.as_u16(),
                    content_type: None,
                    body: why.into_bytes(),
                },
            };
            courier.report(LoopEvent::Ran { id, ran }).await;
        });
    }

    pub(crate) fn deliver(&self, letter: Letter, attempt: Attempt) {
        let courier = self.clone();
        self.runtime.spawn(async move {
            let now = (courier.clock)();
            let sent: Sent = courier.sender.send(&letter, now).await;
            courier.report(LoopEvent::Sent { attempt, sent }).await;
        });
    }

    async fn report(&self, event: LoopEvent) {
        if let Some(events) = self.events.upgrade() {
            // An error means that the loop has ended; the next start reads the ledger.
            let _ = events.send(event).await;
        }
    }
}
