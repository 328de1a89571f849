//! The response of a primary that fails on purpose. It is read like a provider's, so that a drill shows what a real failure does.

use std::future::ready;

use bytes::Bytes;
use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use wire::{GatewayError, sse};

use super::respond;
use crate::admitted::Admitted;
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::terms::Terms;
use crate::attempt::upstream::Arriving;
use crate::held::Share;
use crate::open::OpenExchange;
use crate::{Candidate, MadeFailure};

/// The part of a response before the cut. Only a user who reads the response gets it.
const FIRST_WORDS: &str = "A drill stops this response here";
const OVERLOADED: &str = "Overloaded: a drill made this error, and no request was sent";
/// A part of a document.
const BEGINNING: &[u8] = b"{\"id\":\"drill\",\"model\"";

/// Runs an attempt of a drill: its response is made here, and nothing is sent.
pub(crate) async fn attempt(
    made: Response<Arriving>,
    terms: impl Future<Output = Terms>,
    held: Share,
    now: DateTime<Utc>,
    exchange: &mut OpenExchange,
) -> Result<AttemptResponse, FailedAttempt> {
    exchange.attempt_sent(0);
    respond(ready(Ok(made)), terms, held, now, exchange).await
}

/// In the candidate's dialect.
pub(crate) fn response(
    failure: MadeFailure,
    candidate: &Candidate,
    admitted: &Admitted,
) -> Response<Arriving> {
    let dialect = candidate.dialect;
    let (status, content_type, body) = match failure {
        MadeFailure::Overloaded => {
            let status = StatusCode::from_u16(529).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let message = OVERLOADED.to_owned();
            let body = wire::error_body(dialect, &GatewayError { status, message });
            (status, JSON, Arriving::made(body.into(), false))
        }
        MadeFailure::Cut if admitted.streamed() => {
            // An application would take made text for the model's.
            let words = admitted.agent.then_some(FIRST_WORDS);
            let events = beginning(dialect, candidate.model.as_str(), words);
            (StatusCode::OK, STREAM, Arriving::made(events.into(), true))
        }
        MadeFailure::Cut => {
            let part = Bytes::from_static(BEGINNING);
            (StatusCode::OK, JSON, Arriving::made(part, true))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

const JSON: &str = "application/json";
const STREAM: &str = "text/event-stream";

/// The first events of a stream. `words`: the text that it releases; `None`: it stops before its first text.
fn beginning(dialect: Dialect, model: &str, words: Option<&str>) -> Vec<u8> {
    let mut events = Vec::new();
    let mut event = |data: Value| {
        let name = match dialect {
            Dialect::Anthropic | Dialect::OpenaiResponses => data["type"].as_str(),
            Dialect::OpenaiChat => None,
        };
        sse::write(name.unwrap_or_default(), &data.to_string(), &mut events);
    };
    match dialect {
        Dialect::Anthropic => {
            event(json!({ "type": "message_start", "message": {
                "id": "msg_drill", "type": "message", "role": "assistant", "model": model, "content": [],
                "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 0, "output_tokens": 0 },
            }}));
            event(
                json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            );
            if let Some(words) = words {
                event(
                    json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": words } }),
                );
            }
        }
        Dialect::OpenaiChat => {
            let chunk = |delta: Value| {
                json!({
                    "id": "chatcmpl-drill", "object": "chat.completion.chunk", "created": 0, "model": model,
                    "choices": [{ "index": 0, "delta": delta, "finish_reason": null }],
                })
            };
            event(chunk(json!({ "role": "assistant", "content": "" })));
            if let Some(words) = words {
                event(chunk(json!({ "content": words })));
            }
        }
        Dialect::OpenaiResponses => {
            let response = json!({
                "id": "resp_drill", "object": "response", "created_at": 0, "status": "in_progress", "model": model,
                "output": [],
            });
            event(
                json!({ "type": "response.created", "sequence_number": 0, "response": response }),
            );
            event(
                json!({ "type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": {
                    "id": "msg_drill", "type": "message", "status": "in_progress", "role": "assistant", "content": [],
                }}),
            );
            event(
                json!({ "type": "response.content_part.added", "sequence_number": 2, "item_id": "msg_drill",
                "output_index": 0, "content_index": 0, "part": { "type": "output_text", "text": "", "annotations": [] } }),
            );
            if let Some(words) = words {
                event(
                    json!({ "type": "response.output_text.delta", "sequence_number": 3, "item_id": "msg_drill",
                    "output_index": 0, "content_index": 0, "delta": words, "logprobs": [] }),
                );
            }
        }
    }
    events
}
