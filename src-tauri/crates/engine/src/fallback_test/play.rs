//! Run of a test: two requests through the gateway, pinned to one candidate.

use bytes::Bytes;
use catalog::{EndpointId, ModelId, Secret};
use gateway::{Exchange, Gateway, Pin, Report};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tokio::sync::mpsc;
use wire::BodyEnd;

use super::judge::{Failure, Place, Step, judge};
use super::reply::{self, Reply};
use super::turn::Turn;

/// No test response is longer; the rest is discarded and the test fails.
const LARGEST: usize = 4 << 20;

/// Result of a test.
#[derive(Debug)]
pub(crate) struct Played {
    /// One for each step that was sent.
    pub(crate) exchanges: Vec<Exchange>,
    /// None: both steps are complete.
    pub(crate) failure: Option<Failure>,
}

/// Sends step 1, and step 2 if the first passed. No other candidate is tried, and no notification is sent.
pub(crate) async fn play(
    gateway: &Gateway,
    token: &Secret,
    turn: &Turn,
    (endpoint, model): (&EndpointId, &ModelId),
    place: &Place,
) -> Played {
    let mut exchanges = Vec::new();
    let mut body = turn.first();
    for step in Step::ALL {
        let pin = |reports| Pin::new(endpoint.clone(), model.clone(), reports);
        let Some((exchange, reply)) = ask(gateway, token, turn, &body, pin).await else {
            let failure = Some(Failure::unplayed(step));
            return Played { exchanges, failure };
        };
        let judged = judge(step, &exchange, &reply, place);
        exchanges.push(exchange);
        if let Err(failure) = judged {
            let failure = Some(failure);
            return Played { exchanges, failure };
        }
        body = turn.second(&reply);
    }
    Played {
        exchanges,
        failure: None,
    }
}

/// None: the gateway ended the request without a report, which must not happen.
pub(super) async fn ask(
    gateway: &Gateway,
    token: &Secret,
    turn: &Turn,
    body: &Value,
    pin: impl FnOnce(mpsc::Sender<Report>) -> Pin,
) -> Option<(Exchange, Reply)> {
    let (reports, mut reported) = mpsc::channel(8);
    let request = Request::post(turn.dialect.default_path())
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "understudy-test")
        .header("x-understudy-token", token.reveal())
        .extension(pin(reports))
        .body(Full::new(Bytes::from(body.to_string())))
        .ok()?;
    let mut answer = gateway.handle(request).await.into_body();
    let (mut bytes, mut end) = (Vec::new(), BodyEnd::Clean);
    while let Some(frame) = answer.frame().await {
        let Ok(frame) = frame else {
            end = BodyEnd::Cut;
            break;
        };
        bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
        if bytes.len() > LARGEST {
            end = BodyEnd::Cut;
            break;
        }
    }
    drop(answer);
    let reply = reply::read(turn.dialect, turn.streamed, &bytes, end);
    while let Some(report) = reported.recv().await {
        if let Report::Ended(exchange) = report {
            return Some((*exchange, reply));
        }
    }
    None
}
