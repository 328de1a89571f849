//! The drill's own session: short requests through the gateway, as a coding agent sends them.

use std::time::Duration;

use bytes::Bytes;
use catalog::{Dialect, Secret};
use gateway::{DrillRequest, Exchange, Gateway, Login, MadeFailure, Report};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::fallback_test::turn::MOST_OUTPUT;

/// The session ends within this time.
pub(crate) const WITHIN: Duration = Duration::from_secs(15);
/// A request that timed out reports its end at once.
const REPORTS_WITHIN: Duration = Duration::from_secs(1);
const PROMPT: &str =
    "This is a drill: a short test of a connection. Answer with one short sentence.";

/// The requests that a session sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// Of the drill.
    pub(crate) id: u64,
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) login: Login,
    pub(crate) first: MadeFailure,
}

/// Sends one request whose primary fails so. None: no end was reported.
pub(crate) async fn ask(
    gateway: &Gateway,
    token: &Secret,
    session: &Session,
    failure: MadeFailure,
    deadline: Instant,
) -> Option<Exchange> {
    let (reports, mut reported) = mpsc::channel(8);
    let request = Request::post(session.dialect.default_path())
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "understudy-drill")
        .header("x-understudy-token", token.reveal())
        .extension(DrillRequest::new(failure, session.login, reports))
        .body(Full::new(Bytes::from(
            body(session.dialect, &session.model).to_string(),
        )))
        .ok()?;
    let answered = async {
        // The bytes do not count; the exchange shows what the client got.
        let _ = gateway.handle(request).await.into_body().collect().await;
    };
    let _ = timeout_at(deadline, answered).await;
    let end = async {
        while let Some(report) = reported.recv().await {
            if let Report::Ended(exchange) = report {
                return Some(*exchange);
            }
        }
        None
    };
    timeout(REPORTS_WITHIN, end).await.ok().flatten()
}

/// A streamed request without tools.
pub(super) fn body(dialect: Dialect, model: &str) -> Value {
    let turn = json!([{ "role": "user", "content": PROMPT }]);
    match dialect {
        Dialect::Anthropic => json!({
            "model": model, "max_tokens": MOST_OUTPUT, "stream": true, "messages": turn,
        }),
        Dialect::OpenaiChat => json!({
            "model": model, "max_completion_tokens": MOST_OUTPUT, "stream": true, "messages": turn,
            "stream_options": { "include_usage": true },
        }),
        Dialect::OpenaiResponses => json!({
            "model": model, "max_output_tokens": MOST_OUTPUT, "stream": true, "input": turn, "store": false,
        }),
    }
}
