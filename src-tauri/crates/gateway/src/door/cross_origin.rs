//! The headers that a browser requires for web pages that may use the port. Pure.
//!
//! WHATWG Fetch, "CORS protocol"; the header for private networks is Chromium's.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HeaderName, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::admit::{self, Origin};
use crate::{Body, Config};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE, OPTIONS");
/// In seconds: how long a browser may cache the preflight response.
const KEPT: HeaderValue = HeaderValue::from_static("600");
const REQUESTS_PRIVATE: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The response to `OPTIONS`, which has no token: a browser sends it before a page's request. `None`: another method, or an
/// origin that is not allowed.
pub(super) fn preflight(head: &Parts, config: &Config) -> Option<Response<Body>> {
    if head.method != Method::OPTIONS || admit::check_host(head, config).is_err() {
        return None;
    }
    let mut headers = HeaderMap::new();
    match Origin::of(head, config) {
        Origin::Foreign(_) => return None,
        Origin::None if !head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) => {}
        Origin::None => return None,
        Origin::Own => {}
        Origin::Allowed(origin) => headers = allowed(origin),
    }
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, KEPT);
    if let Some(wanted) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    if head.headers.contains_key(REQUESTS_PRIVATE) {
        headers.insert(ALLOWS_PRIVATE, HeaderValue::from_static("true"));
    }
    let mut response = Response::new(Body::plain(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = headers;
    Some(response)
}

/// The headers that let a page of this origin read a response.
pub(super) fn allowed(origin: &HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        (ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*")),
        (VARY, HeaderValue::from(ORIGIN)),
    ])
}
