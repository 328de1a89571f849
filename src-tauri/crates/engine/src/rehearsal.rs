//! The rehearsed outage: while it lasts, the engine sends requests through the gateway to the rehearsal models, like an agent.

use std::time::Duration;

use bytes::Bytes;
use catalog::{REHEARSAL_PREFIX, Secret};
use chrono::{DateTime, Utc};
use gateway::Gateway;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::event::LoopEvent;

const EVERY: Duration = Duration::from_millis(1500);
/// Number of successful requests afterwards that show the recovery.
const AFTERWARDS: u32 = 3;

/// Runs until the sender of `until` is gone.
pub(crate) async fn run(
    gateway: Gateway,
    token: Secret,
    mut until: watch::Receiver<Option<DateTime<Utc>>>,
    clock: Clock,
    events: mpsc::Sender<LoopEvent>,
) {
    while until.wait_for(Option::is_some).await.is_ok() {
        loop {
            let end = *until.borrow_and_update();
            match end {
                Some(end) if clock() < end => {}
                Some(_) => {
                    if events.send(LoopEvent::RehearsalOver).await.is_err()
                        || until.wait_for(Option::is_none).await.is_err()
                    {
                        return;
                    }
                    break;
                }
                None => break,
            }
            ask(&gateway, &token).await;
            tokio::time::sleep(EVERY).await;
        }
        for _ in 0..AFTERWARDS {
            ask(&gateway, &token).await;
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// The response is discarded; only the gateway's report counts.
async fn ask(gateway: &Gateway, token: &Secret) {
    let body = format!(
        r#"{{"model":"{REHEARSAL_PREFIX}steady","max_tokens":64,"stream":true,"messages":[{{"role":"user","content":"Are you there?"}}]}}"#
    );
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/messages")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "understudy-rehearsal")
        .header("x-understudy-token", token.reveal())
        .body(Full::new(Bytes::from(body)));
    if let Ok(request) = request {
        let _ = gateway.handle(request).await.into_body().collect().await;
    }
}
