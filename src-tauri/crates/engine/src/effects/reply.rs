//! What a client gets: the receiver's response, or why there is none.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use ledger::{EffectState, KeptEffect};
use serde_json::json;

use super::send;

const EFFECT: HeaderName = HeaderName::from_static("x-understudy-effect");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The receiver's response was too large to keep.
const BODY: HeaderName = HeaderName::from_static("x-understudy-body");

/// `e17`, as in the window, in errors and on the command line.
pub(crate) fn shown_id(id: i64) -> String {
    format!("e{id}")
}

/// Why there is no response of the receiver.
pub(crate) struct Refused {
    pub status: StatusCode,
    /// For programs.
    pub kind: &'static str,
    pub why: String,
    pub retry_after_s: Option<u32>,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, kind: &'static str, why: impl Into<String>) -> Refused {
        Refused {
            status,
            kind,
            why: why.into(),
            retry_after_s: None,
        }
    }

    pub(crate) fn retry_after(self, seconds: u32) -> Refused {
        Refused {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    pub(crate) fn response(self) -> Response<Bytes> {
        let body = json!({ "error": { "type": self.kind, "message": self.why } });
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Names the effect and its key.
pub(crate) fn named(mut response: Response<Bytes>, id: i64, key: &str) -> Response<Bytes> {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(shown_id(id)) {
        headers.insert(EFFECT, id);
    }
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(KEY, key);
    }
    response
}

/// `replayed`: this request did not begin the effect.
pub(crate) fn of(kept: &KeptEffect, replayed: bool) -> Response<Bytes> {
    if let (EffectState::Done, Some(result)) = (kept.row.state, &kept.response) {
        let mut response = send::client_response(result);
        if result.body.is_none() {
            let value = HeaderValue::from_static("not kept: larger than 1 MiB");
            response.headers_mut().insert(BODY, value);
        }
        if replayed {
            let value = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED, value);
        }
        return response;
    }
    let id = shown_id(kept.row.id);
    let name = &kept.row.name;
    let why = kept.row.why.as_deref().unwrap_or_default();
    let refused = match kept.row.state {
        EffectState::Unknown => Refused::new(
            StatusCode::BAD_GATEWAY,
            "outcome_unknown",
            format!(
                "It is unknown whether the receiver of \"{name}\" acted: the request was sent, and no complete response arrived. {why} It is not sent again without the owner's word: check at the receiver, then `understudyd effects settle {id} --arrived` or `--send-again`. The same key gets the result afterwards."
            ),
        ),
        EffectState::Unsent => Refused::new(
            StatusCode::BAD_GATEWAY,
            "not_sent",
            format!(
                "The effect \"{name}\" was not sent, and nothing retries it: {why} Correct the cause, then `understudyd effects settle {id} --send-again`."
            ),
        ),
        EffectState::Waiting | EffectState::Sending => Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "in_progress",
            format!(
                "The effect \"{name}\" is accepted as {id} and has no result yet. {why} It continues: repeat the request with the same key for its result."
            ),
        )
        .retry_after(30),
        EffectState::Dropped | EffectState::Done => Refused::new(
            StatusCode::GONE,
            "no_result",
            format!("The effect {id} has no result any more. Use a new key to request it again."),
        ),
    };
    refused.response()
}
