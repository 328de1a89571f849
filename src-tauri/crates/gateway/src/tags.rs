//! Headers in which a client sends the pipeline and the item of its request.

use http::HeaderMap;

/// Name of the pipeline of a request.
const PIPELINE: &str = "x-understudy-pipeline";
/// Name of the item in the pipeline: a sales contact, an invoice. Requests for the same item count once.
const ITEM: &str = "x-understudy-item";
/// In characters.
pub(crate) const LONGEST_TAG: usize = 200;

/// The pipeline in a request's header.
pub(crate) fn pipeline(headers: &HeaderMap) -> Option<String> {
    tag(headers, PIPELINE)
}

/// The item in a request's header.
pub(crate) fn item(headers: &HeaderMap) -> Option<String> {
    tag(headers, ITEM)
}

fn tag(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(LONGEST_TAG).collect())
}
