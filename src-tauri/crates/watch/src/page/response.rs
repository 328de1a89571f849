//! Decides if a response can be parsed. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};
use health::Unreadable;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// Why a source returned no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) why: Unreadable,
    /// The wait that the page requested.
    pub(crate) retry_after: Option<Duration>,
    /// No response arrived: the local network may be the cause.
    pub(crate) transport: bool,
}

impl From<Unreadable> for Miss {
    fn from(why: Unreadable) -> Self {
        Self {
            why,
            retry_after: None,
            transport: false,
        }
    }
}

/// Headers that bot challenges set: AWS WAF (with 202 and 405 too), Cloudflare.
const CHALLENGE_HEADERS: [&str; 2] = ["x-amzn-waf-action", "cf-mitigated"];

/// Phrases of challenge pages that have status 200.
const CHALLENGE_WORDS: [&str; 7] = [
    "just a moment",
    "captcha",
    "challenge-platform",
    "cf-chl",
    "awswaf",
    "attention required",
    "verify you are human",
];

/// Any status except 200, 304 and redirects means that there is no page.
pub(super) fn judge_head(
    status: StatusCode,
    headers: &HeaderMap,
    at: DateTime<Utc>,
) -> Result<(), Miss> {
    let miss = |why| {
        Err(Miss {
            why,
            retry_after: retry_after(headers, at),
            transport: false,
        })
    };
    if let Some(name) = CHALLENGE_HEADERS
        .iter()
        .find(|name| headers.contains_key(**name))
    {
        return miss(Unreadable::Blocked(format!(
            "it requires a browser ({} with {name})",
            status.as_u16()
        )));
    }
    match status.as_u16() {
        200 | 304 => Ok(()),
        202 | 401 | 403 | 405 | 429 | 451 => {
            miss(Unreadable::Blocked(format!("it responded with {status}")))
        }
        _ => miss(Unreadable::Unreachable(format!(
            "it responded with {status}"
        ))),
    }
}

/// HTML instead of data: a challenge, or another page.
pub(super) fn judge_body(headers: &HeaderMap, body: &[u8]) -> Result<(), Miss> {
    let start = String::from_utf8_lossy(&body[..body.len().min(16 << 10)]).to_lowercase();
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains("html"));
    let text = start.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !declared && !text.starts_with("<!doctype html") && !text.starts_with("<html") {
        return Ok(());
    }
    let why = match CHALLENGE_WORDS.iter().find(|words| start.contains(**words)) {
        Some(words) => Unreadable::Blocked(format!("it responded with a challenge ({words:?})")),
        None => Unreadable::NotThePage("it responded with a web page instead of data".to_owned()),
    };
    Err(why.into())
}

/// Integer or decimal seconds, or an HTTP date.
fn retry_after(headers: &HeaderMap, at: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        let seconds = if seconds < 0.0 { 0.0 } else { seconds };
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let when = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((when - at).to_std().unwrap_or_default())
}
