//! The body of a status page, before its dialect is parsed.

use catalog::{StatusPage, Surface};
use chrono::{DateTime, Utc};
use health::Unreadable;

/// What a genuine page must contain, and the surfaces to find on it.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub page: &'a StatusPage,
    pub surfaces: &'a [Surface],
    /// The address that responded, for [`Page::read_from`](health::Page::read_from).
    pub url: &'a str,
    /// The present time: planned work has a start, and an incident may end in the future.
    pub at: DateTime<Utc>,
}

/// Parses the payload as JSON, or reports what it is instead.
pub(super) fn json(bytes: &[u8]) -> Result<serde_json::Value, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes)
        .map_err(|e| Unreadable::NotThePage(format!("the response is not the page's JSON: {e}")))
}

pub(super) fn not_the_page(why: impl Into<String>) -> Unreadable {
    Unreadable::NotThePage(why.into())
}

/// `status.example.com` of `https://status.example.com/history`.
pub(super) fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.split('/').next().unwrap_or_default()
}
