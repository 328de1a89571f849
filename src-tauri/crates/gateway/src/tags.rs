//! Headers by which a client names the pipeline and the item of its request.

use http::HeaderMap;

/// Names the business flow that a request belongs to.
const PIPELINE: &str = "x-understudy-pipeline";
/// Names the piece of work in that flow: a sales contact, an invoice. Requests about the same one count once.
const ITEM: &str = "x-understudy-item";
/// In characters.
pub(crate) const LONGEST_TAG: usize = 200;

/// The pipeline that a request's header names.
pub(crate) fn pipeline(headers: &HeaderMap) -> Option<String> {
    tag(headers, PIPELINE)
}

/// The piece of work that a request's header names.
pub(crate) fn item(headers: &HeaderMap) -> Option<String> {
    tag(headers, ITEM)
}

fn tag(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(LONGEST_TAG).collect())
}
