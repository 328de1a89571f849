//! How long to wait, in each form that providers say it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName};

const LONGEST: Duration = Duration::from_secs(3600);

/// `retry-after-ms` (Azure, OpenAI), then `retry-after` (RFC 9110 seconds or date; some send fractions), then, for a rate
/// limit only, the resets of the limits that are used up. Clamped to 0 s … 1 h; what cannot be read is as if absent.
pub(super) fn read(
    headers: &HeaderMap,
    rate_limited: bool,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .into_iter()
        .find_map(|name| number(text(name)?))
        .map(|ms| ms / 1000.0);
    milliseconds
        .or_else(|| text("retry-after").and_then(|value| wait(value, now)))
        .or_else(|| rate_limited.then(|| reset(headers, now)).flatten())
        .map(clamp)
}

/// "Please try again in 1.5s", "… in 6m0s": where a rate limit has no header, clients read it from the message (Codex does).
pub(super) fn in_words(message: &str) -> Option<Duration> {
    const BEFORE: &str = "try again in ";
    let lower = message.to_lowercase();
    let rest = &lower[lower.find(BEFORE)? + BEFORE.len()..];
    let word = rest.split_whitespace().next()?;
    let seconds = match rest.split_whitespace().nth(1) {
        Some("s" | "second" | "seconds" | "second." | "seconds.") => number(word)?,
        _ => go_duration(word.trim_end_matches(['.', ',', ';', ')']))?,
    };
    Some(clamp(seconds))
}

/// The longest reset among the limits that say nothing remains, or among all where none says so (a request can be larger
/// than what remains).
fn reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<f64> {
    let longest = |used_up: bool| {
        headers
            .iter()
            .filter_map(|(name, value)| {
                let remaining = remaining_name(name)?;
                let left = headers.get(remaining).map(http::HeaderValue::as_bytes);
                let fits = !used_up || left == Some(b"0");
                let seconds = wait(value.to_str().ok()?, now)?;
                fits.then_some(seconds)
            })
            .max_by(f64::total_cmp)
    };
    longest(true).or_else(|| longest(false))
}

/// `x-ratelimit-reset-tokens` (OpenAI and many), `anthropic-ratelimit-tokens-reset` → the header that tells what remains.
fn remaining_name(reset: &HeaderName) -> Option<String> {
    let name = reset.as_str();
    if name == "x-ratelimit-reset" || name.starts_with("x-ratelimit-reset-") {
        Some(name.replacen("reset", "remaining", 1))
    } else {
        let limit = name
            .strip_prefix("anthropic-ratelimit-")?
            .strip_suffix("-reset")?;
        Some(format!("anthropic-ratelimit-{limit}-remaining"))
    }
}

/// Seconds from now: a number, a Go duration, an HTTP date, RFC 3339, or a Unix time (in seconds or milliseconds).
fn wait(value: &str, now: DateTime<Utc>) -> Option<f64> {
    const UNIX_SECONDS: f64 = 1e9;
    const UNIX_MILLISECONDS: f64 = 1e12;
    let value = value.trim();
    let now_s = now.timestamp_millis() as f64 / 1000.0;
    if let Some(number) = number(value) {
        return Some(match number {
            n if n >= UNIX_MILLISECONDS => n / 1000.0 - now_s,
            n if n > UNIX_SECONDS => n - now_s,
            n => n,
        });
    }
    if let Ok(date) = httpdate::parse_http_date(value) {
        return Some(DateTime::<Utc>::from(date).timestamp() as f64 - now_s);
    }
    if let Ok(date) = DateTime::parse_from_rfc3339(value) {
        return Some(date.timestamp_millis() as f64 / 1000.0 - now_s);
    }
    go_duration(value)
}

/// `6m0s`, `120ms`, `1h2m3.5s`.
fn go_duration(value: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 6] = [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("ns", 1e-9),
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
    ];
    let mut rest = value;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (amount, unit) = rest.split_at(digits);
        let (name, factor) = UNITS.iter().find(|(name, _)| unit.starts_with(name))?;
        seconds += number(amount)? * factor;
        rest = &unit[name.len()..];
    }
    (!value.is_empty()).then_some(seconds)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

fn clamp(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).map_or(LONGEST, |wait| wait.min(LONGEST))
}
