//! `count_tokens`: a response that is a number.

use catalog::Dialect;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde::Deserialize;
use serde_json::json;
use translate::{estimate_tokens, read};
use wire::{Broken, Completion};

use crate::attempt::attempt_response::AttemptResponse;

/// Marks a count as Understudy's estimate, by [`estimate_tokens`].
const ESTIMATED: &str = "x-understudy-estimate";

/// The vendor's response: `{"input_tokens": 14}`.
pub(crate) fn judge(bytes: &[u8]) -> Completion {
    #[derive(Deserialize)]
    struct Count {
        #[expect(dead_code, reason = "that it is there is what matters")]
        input_tokens: u64,
    }
    match serde_json::from_slice::<Count>(bytes) {
        Ok(_) => Completion::Complete,
        Err(error) => {
            Completion::Broken(Broken::NotAResponse(format!("no count of tokens: {error}")))
        }
    }
}

/// Understudy's estimate, if a candidate has no such call. `None`: the request cannot be parsed.
pub(crate) fn estimate(dialect: Dialect, body: &[u8]) -> Option<AttemptResponse> {
    let tokens = estimate_tokens(&read(dialect, body).ok()?);
    let (mut head, ()) = Response::new(()).into_parts();
    let json = HeaderValue::from_static("application/json");
    head.headers.insert(CONTENT_TYPE, json);
    head.headers
        .insert(ESTIMATED, HeaderValue::from_static("tokens"));
    Some(AttemptResponse::Document {
        head,
        bytes: json!({ "input_tokens": tokens }).to_string().into(),
        completion: Completion::Complete,
        report: Box::default(),
    })
}
