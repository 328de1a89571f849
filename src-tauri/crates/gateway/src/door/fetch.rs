//! `GET /reviews/<id>`: the caller of a parked request fetches its response.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use ledger::{Fetched, ReplayAnswer};
use serde_json::json;

use super::Gateway;
use crate::exchange_id::LazyId;
use crate::{Body, Config, once};

/// Seconds after which a caller sends it again.
const AGAIN: HeaderValue = HeaderValue::from_static("30");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Gateway {
    pub(super) async fn fetch(
        &self,
        id: &LazyId,
        config: &Config,
        head: &Parts,
        review: &str,
    ) -> Response<Body> {
        let owner = once::credential_of(&config.token, head);
        let queries = self.0.review_queries();
        let fetched = queries.fetch(review.to_owned(), owner, self.0.now()).await;
        let mut response = match fetched {
            Ok(Fetched::Answered(answer)) => kept(answer),
            Ok(Fetched::Waiting) => waiting(review),
            Ok(Fetched::Nothing) => failed(
                StatusCode::NOT_FOUND,
                review,
                "There is no parked request with this id for this credential. Use the id in `x-understudy-review-id`, and the token and the API key of the request.",
            ),
            Ok(Fetched::AnsweredElsewhere) => failed(
                StatusCode::GONE,
                review,
                "A later request of the same item got the response.",
            ),
            Ok(Fetched::Closed) => failed(
                StatusCode::GONE,
                review,
                "The owner closed this item without a response.",
            ),
            Ok(Fetched::Gone) => failed(
                StatusCode::GONE,
                review,
                "The response is deleted: the item was closed over 14 days ago.",
            ),
            Err(unkept) => {
                let mut busy = failed(
                    StatusCode::SERVICE_UNAVAILABLE,
                    review,
                    &format!("The review queue cannot be read: {unkept} Try again later."),
                );
                busy.headers_mut().insert(RETRY_AFTER, AGAIN);
                busy
            }
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        id.get().name_in(headers);
        response
    }
}

fn kept(answer: ReplayAnswer) -> Response<Body> {
    let content_type = answer.content_type;
    let content_type = content_type.and_then(|text| HeaderValue::try_from(text).ok());
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    document(status, content_type.unwrap_or(JSON), answer.body)
}

fn waiting(review: &str) -> Response<Body> {
    let body = json!({ "id": review, "state": "waiting" }).to_string();
    let mut response = document(StatusCode::ACCEPTED, JSON, body);
    response.headers_mut().insert(RETRY_AFTER, AGAIN);
    response
}

fn failed(status: StatusCode, review: &str, why: &str) -> Response<Body> {
    let body = json!({ "error": { "type": "review", "message": why }, "id": review });
    document(status, JSON, body.to_string())
}

fn document(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Body::plain(body));
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
    response
}
