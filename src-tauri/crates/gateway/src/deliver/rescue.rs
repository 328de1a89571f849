//! The only place that creates a response: always in the client's own dialect, with a status that its client handles.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use wire::{FailureClass, GatewayError};

use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::local_cause::LocalCause;
use crate::deliver::client_response::{ClientResponse, with_sentence};
use crate::{Body, Candidate, Credential, Dropped, ExchangeId, TurnedAway};

/// Claude Code does not retry after longer waits (measured with 2.1.197).
const RETRY_AFTER_MOST: u64 = 60;
/// Codex does not retry after a 429 without one (measured with 0.169.0).
const RETRY_AFTER_DEFAULT: u64 = 15;

/// Seconds. Requests that end free what is missing.
const RETRY_WHEN_FREE: &str = "1";

/// As a response to a request that began no exchange.
pub(crate) fn plain(reply: ClientResponse, id: Option<ExchangeId>) -> Response<Body> {
    let reply = match id {
        Some(id) => reply.cite(id),
        None => reply,
    };
    let mut response = Response::new(Body::plain(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Rejected by the gateway.
pub(crate) fn turned_away(dialect: Dialect, why: &TurnedAway) -> ClientResponse {
    let status = match why {
        TurnedAway::Token
        | TurnedAway::OwnToken
        | TurnedAway::Host(_)
        | TurnedAway::Origin(_)
        | TurnedAway::Login(_)
        | TurnedAway::NoKey(_)
        | TurnedAway::NeedsLogin { .. }
        | TurnedAway::CapReached(_)
        | TurnedAway::NoCandidate(_) => StatusCode::FORBIDDEN,
        TurnedAway::Path(_) | TurnedAway::NoRoute { .. } => StatusCode::NOT_FOUND,
        TurnedAway::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
        TurnedAway::WebSocket => StatusCode::UPGRADE_REQUIRED,
        TurnedAway::ContentType | TurnedAway::Coding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        TurnedAway::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        TurnedAway::Busy(_) | TurnedAway::Full(_) | TurnedAway::Unkept(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        TurnedAway::OtherRequest => StatusCode::UNPROCESSABLE_ENTITY,
        TurnedAway::AnswerGone | TurnedAway::NotDrained(_) => StatusCode::CONFLICT,
        // The only status after which no measured client retries.
        TurnedAway::Storm(_)
        | TurnedAway::Loop(_)
        | TurnedAway::Unreadable(_)
        | TurnedAway::BadRequest(_)
        | TurnedAway::Name(_)
        | TurnedAway::Unsupported(_)
        | TurnedAway::AmbiguousVendor(_)
        | TurnedAway::IdempotencyKey(_) => StatusCode::BAD_REQUEST,
    };
    let message = why.to_string();
    let mut reply = ClientResponse::new(dialect, &GatewayError { status, message });
    if let TurnedAway::Method { wanted, .. } = why {
        reply
            .headers
            .insert(ALLOW, HeaderValue::from_static(wanted));
    }
    if let TurnedAway::Busy(_) | TurnedAway::Full(_) = why {
        let is_busy = matches!(why, TurnedAway::Busy(_));
        let seconds = HeaderValue::from_static(if is_busy { RETRY_WHEN_FREE } else { "5" });
        reply.headers.insert(RETRY_AFTER, seconds);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        reply.body = not_overloaded(without_unheard_code(reply.body));
    }
    reply
}

/// A panic in Understudy ended this exchange.
pub(crate) fn our_fault(dialect: Dialect) -> ClientResponse {
    let problem = GatewayError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message:
            "Understudy: an internal error ended this request. The provider is not the cause; \
                  the log has the details"
                .to_owned(),
    };
    ClientResponse::new(dialect, &problem)
}

/// No provider answered, not even with a status: a status after which clients retry.
fn unanswered(dialect: Dialect) -> StatusCode {
    let status = match dialect {
        Dialect::Anthropic => StatusCode::from_u16(529),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => StatusCode::from_u16(503),
    };
    status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// The context is too long for every candidate, and the first of them reported it in a stream: a retry does not help, which
/// agents detect only by the status.
pub(crate) fn too_long(dialect: Dialect, message: &str) -> ClientResponse {
    let problem = GatewayError {
        status: StatusCode::BAD_REQUEST,
        message: message.to_owned(),
    };
    // The provider's message, from which clients parse numbers.
    ClientResponse {
        ours: false,
        ..ClientResponse::new(dialect, &problem)
    }
}

/// Why a configured fallback was not used for this request.
pub(crate) fn skip_reason(passed_over: &Dropped) -> String {
    let Dropped { endpoint, why, .. } = passed_over;
    format!("Understudy: {endpoint} was not used: {why}")
}

/// Every candidate failed: the error of the primary, which is that of the first attempt. `known`: sentences for its end.
pub(crate) fn exhausted(
    dialect: Dialect,
    primary: &Candidate,
    product: &str,
    failed_attempt: FailedAttempt,
    known: &[String],
) -> ClientResponse {
    let ours = failed_attempt.class == FailureClass::Credential
        && primary.credential != Credential::ClientLogin;
    let mut reply = match failed_attempt.answer {
        // A wrong key of the owner is not the client's login: after a 401, agents retry for minutes.
        Some((_, _, body)) if ours => ClientResponse {
            ours: true,
            body: with_sentence(
                &body,
                &format!(
                    "Understudy: {product} does not accept the key that is set up for it. \
                     Replace it with `understudyd key add {}`, or in Settings → Keys",
                    primary.provider
                ),
            ),
            ..ClientResponse::new(
                dialect,
                &GatewayError {
                    status: StatusCode::FORBIDDEN,
                    message: String::new(),
                },
            )
        },
        Some(answer) => ClientResponse::from(answer),
        None => match failed_attempt.fault.local() {
            Some(cause) => local(dialect, cause, product, &failed_attempt.message),
            None => did_not_answer(dialect, product, &failed_attempt.message),
        },
    };
    for sentence in known {
        reply.add(sentence);
    }
    if dialect == Dialect::OpenaiResponses && !known.is_empty() {
        reply.body = without_unheard_code(reply.body);
    }
    // The vendor's own clients show the reset of a used-up plan and wait for it: its headers are forwarded.
    if failed_attempt.class != FailureClass::Limit {
        bound_retry_after(dialect, &mut reply, failed_attempt.retry_after);
    }
    reply
}

/// This machine or its network is the cause: a status that does not blame the provider, and after which clients retry.
pub(crate) fn local(
    dialect: Dialect,
    cause: LocalCause,
    product: &str,
    why: &str,
) -> ClientResponse {
    let problem = GatewayError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: cause.sentence(product, why),
    };
    let mut reply = ClientResponse::new(dialect, &problem);
    if cause == LocalCause::Resources {
        reply
            .headers
            .insert(RETRY_AFTER, HeaderValue::from_static(RETRY_WHEN_FREE));
    }
    ClientResponse {
        body: not_overloaded(without_unheard_code(reply.body)),
        ..reply
    }
}

/// The engine stops before a response arrived.
pub(crate) fn stopping(dialect: Dialect) -> ClientResponse {
    let problem = GatewayError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: "Understudy: the engine is stopping, and this request had no response yet. \
                  The provider is not the cause; send the request again"
            .to_owned(),
    };
    let reply = ClientResponse::new(dialect, &problem);
    ClientResponse {
        body: not_overloaded(without_unheard_code(reply.body)),
        ..reply
    }
}

/// Anthropic's error type for a 503 would report an overload of the provider, which is not the cause.
fn not_overloaded(body: Bytes) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return body;
    };
    match tree.pointer_mut("/error/type") {
        Some(kind) if kind == "overloaded_error" => *kind = "api_error".into(),
        Some(_) | None => return body,
    }
    serde_json::to_vec(&tree).map_or(body, Bytes::from)
}

/// The provider could not be reached, or sent no response.
pub(crate) fn did_not_answer(dialect: Dialect, product: &str, why: &str) -> ClientResponse {
    let problem = GatewayError {
        status: unanswered(dialect),
        message: format!("{product} did not answer: {why}"),
    };
    ClientResponse::new(dialect, &problem)
}

/// The request that this one waited for failed.
pub(crate) fn truncated_response(dialect: Dialect, why: &str) -> ClientResponse {
    let message = format!(
        "The running request with this `Idempotency-Key` failed: {why}. Send it again to start a new run"
    );
    ClientResponse::new(
        dialect,
        &GatewayError {
            status: unanswered(dialect),
            message,
        },
    )
}

/// The same as an event, for a client whose response has begun.
pub(crate) fn as_event(dialect: Dialect, reply: &ClientResponse) -> Bytes {
    let tree: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let released = ["/error/message", "/message"]
        .iter()
        .find_map(|place| tree.pointer(place)?.as_str());
    let problem = GatewayError {
        status: reply.status,
        message: released.unwrap_or("no provider answered").to_owned(),
    };
    wire::error_event(dialect, &problem).into()
}

/// `patience`: the wait that the provider requested, in any of its forms.
fn bound_retry_after(dialect: Dialect, reply: &mut ClientResponse, patience: Option<Duration>) {
    let stated = reply.headers.get(RETRY_AFTER);
    // Only full seconds work for every client; a date or a fraction is in `patience`.
    let seconds: Option<u64> = stated.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let in_ms = reply.headers.contains_key("retry-after-ms");
    let wait = seconds.or_else(|| patience.map(|wait| wait.as_secs_f64().ceil() as u64));
    let too_long = (stated.is_some() || in_ms) && wait.is_some_and(|wait| wait > RETRY_AFTER_MOST);
    // Codex waits only by `retry-after`, and treats a 429 without one as final.
    let bare = seconds.is_none()
        && dialect == Dialect::OpenaiResponses
        && reply.status == StatusCode::TOO_MANY_REQUESTS;
    if too_long || bare {
        let wait = wait.unwrap_or(RETRY_AFTER_DEFAULT).min(RETRY_AFTER_MOST);
        reply.headers.remove("retry-after-ms");
        reply.headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    }
}

/// At this code Codex (0.169.0) shows its own sentence instead of the message, and stops. Without the code, the same status
/// lets it retry for 30 s and then show the message.
const UNHEARD: &str = "server_is_overloaded";

fn without_unheard_code(body: Bytes) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return body;
    };
    match tree.pointer_mut("/error/code") {
        Some(code) if code == UNHEARD => *code = serde_json::Value::Null,
        Some(_) | None => return body,
    }
    serde_json::to_vec(&tree).map_or(body, Bytes::from)
}

#[cfg(test)]
mod tests;
