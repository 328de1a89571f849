//! Is this answer worth reading? Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};
use health::Unreadable;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// Why a source gave no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) why: Unreadable,
    /// How long the page asked us to stay away.
    pub(crate) retry_after: Option<Duration>,
    /// Nobody answered: perhaps our own network is to blame.
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

/// Bot walls announce themselves: AWS WAF (202 and 405 as well), Cloudflare.
const CHALLENGE_HEADERS: [&str; 2] = ["x-amzn-waf-action", "cf-mitigated"];

/// What challenge pages say while they answer 200.
const CHALLENGE_WORDS: [&str; 7] = [
    "just a moment",
    "captcha",
    "challenge-platform",
    "cf-chl",
    "awswaf",
    "attention required",
    "verify you are human",
];

/// An answer that is neither 200 nor 304 nor a redirect is no page.
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
            "it wants to see a browser first ({} with {name})",
            status.as_u16()
        )));
    }
    match status.as_u16() {
        200 | 304 => Ok(()),
        202 | 401 | 403 | 405 | 429 | 451 => {
            miss(Unreadable::Blocked(format!("it answered {status}")))
        }
        _ => miss(Unreadable::Unreachable(format!("it answered {status}"))),
    }
}

/// HTML where data was expected: a challenge, or not the page at all.
pub(super) fn judge_body(headers: &HeaderMap, body: &[u8]) -> Result<(), Miss> {
    let start = String::from_utf8_lossy(&body[..body.len().min(16 << 10)]).to_lowercase();
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains("html"));
    let looks = start.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !declared && !looks.starts_with("<!doctype html") && !looks.starts_with("<html") {
        return Ok(());
    }
    let why = match CHALLENGE_WORDS.iter().find(|words| start.contains(**words)) {
        Some(words) => Unreadable::Blocked(format!("it answered with a challenge ({words:?})")),
        None => Unreadable::NotThePage("it answered with a web page instead of data".to_owned()),
    };
    Err(why.into())
}

/// Whole or broken seconds, or an HTTP date.
fn retry_after(headers: &HeaderMap, at: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        let seconds = if seconds < 0.0 { 0.0 } else { seconds };
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let when = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((when - at).to_std().unwrap_or_default())
}
