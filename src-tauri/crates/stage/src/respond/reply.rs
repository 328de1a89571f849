//! Responses that do not depend on a vendor.

use catalog::Dialect;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::connection::Carrier;
use crate::fault::ErrorBody;
use crate::perform::{Body, JSON, Performance, body};
use crate::received::Entry;
use crate::refusal;

pub(super) fn response(
    performance: Performance,
    headers: &[(String, String)],
    carrier: Carrier,
    entry: Entry,
) -> Response<Body> {
    let status = StatusCode::from_u16(performance.status).unwrap_or(StatusCode::OK);
    entry.status(status);
    let mut response = Response::new(body(performance.beats, carrier, entry));
    *response.status_mut() = status;
    let own = response.headers_mut();
    own.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(performance.content_type),
    );
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(length) = performance.length {
        own.insert(header::CONTENT_LENGTH, length.into());
    }
    for (name, value) in headers {
        let name = http::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.as_str())) {
            own.insert(name, value);
        }
    }
    response
}

pub(super) fn document(status: u16, value: Value) -> Performance {
    Performance::document(status, JSON, value.to_string().into_bytes())
}

pub(super) fn refuse(dialect: Dialect, status: u16, message: &str) -> Performance {
    let body = refusal::envelope(dialect, status, ErrorBody::Usual, Some(message));
    Performance::document(status, JSON, body)
}
