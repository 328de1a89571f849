//! Waits and reset times in the headers of an error.

use http::{HeaderName, HeaderValue};

use super::Refusal;
use crate::failure::times::{When, number};

impl Refusal<'_> {
    /// `retry-after-ms` (Azure, OpenAI), then `retry-after` (RFC 9110 seconds or date; some send fractions).
    pub(super) fn header_wait(&self) -> Option<f64> {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
            .into_iter()
            .find_map(|name| number(text(name)?));
        let seconds = || {
            let value = text("retry-after")?;
            let date = || {
                httpdate::parse_http_date(value)
                    .ok()
                    .map(|date| When::At(date.into()))
            };
            let when = date().or_else(|| When::of_field(value))?;
            self.now.map(|now| when.seconds(now))
        };
        milliseconds.map(|ms| ms / 1000.0).or_else(seconds)
    }

    /// The reset times of used-up limits, or of all limits if `used_up` is false.
    pub(super) fn header_resets(&self, used_up: bool) -> Vec<When> {
        let named = self.headers.iter().filter_map(|(name, value)| {
            let remaining = remaining_name(name)?;
            let left = self
                .headers
                .get(remaining)
                .and_then(|left| number(left.to_str().ok()?));
            let fits = !used_up || left.is_none_or(|left| left <= 0.0);
            let when = When::of_field(value.to_str().ok()?)?;
            fits.then_some(when)
        });
        named.collect()
    }

    /// Anthropic marks a used-up plan with these headers. The same error without them is a throttle, although every
    /// response has the plan's reset times (Claude Code 2.1.332, measured).
    pub(super) fn uses_up_plan(&self) -> bool {
        const MARKS: [&str; 2] = [
            "anthropic-ratelimit-unified-representative-claim",
            "anthropic-ratelimit-unified-overage-status",
        ];
        self.status == 429 && MARKS.iter().any(|mark| self.headers.contains_key(*mark))
            || !self.windows().is_empty()
    }

    /// The reset times of a subscription's used-up windows.
    pub(super) fn windows(&self) -> Vec<When> {
        if self.status != 429 {
            return Vec::new();
        }
        self.headers
            .iter()
            .filter_map(|(name, value)| self.window(name.as_str(), value))
            .collect()
    }

    fn window(&self, name: &str, value: &HeaderValue) -> Option<When> {
        let value = value.to_str().ok()?;
        let field = |name: &str| When::of_field(self.headers.get(name)?.to_str().ok()?);
        const CLAUDE: &str = "anthropic-ratelimit-unified-";
        if let Some(rest) = name.strip_prefix(CLAUDE) {
            let claimed = self
                .headers
                .contains_key(format!("{CLAUDE}representative-claim"));
            return match rest.strip_suffix("-status") {
                // This is the reset of usage credits, not of the plan.
                Some("overage") => None,
                Some(window) if value == "rejected" => field(&format!("{CLAUDE}{window}-reset")),
                _ if rest == "reset"
                    && (claimed
                        || self.headers.contains_key(format!("{CLAUDE}overage-status"))) =>
                {
                    When::of_field(value)
                }
                _ => None,
            };
        }
        // Codex: any family of limits (`x-codex-…`, `x-codex-bengalfox-…`).
        let window = name.strip_prefix("x-")?.strip_suffix("-used-percent")?;
        let used_up = number(value)? >= 100.0
            && ["-primary", "-secondary"]
                .iter()
                .any(|end| window.ends_with(end));
        let reset = || {
            field(&format!("x-{window}-reset-at"))
                .or_else(|| field(&format!("x-{window}-reset-after-seconds")))
        };
        used_up.then(reset).flatten()
    }
}

/// `x-ratelimit-reset-tokens` (OpenAI and many), `anthropic-ratelimit-tokens-reset` → the header with the remaining
/// amount. The `unified` headers are about a plan and are on every response.
fn remaining_name(reset: &HeaderName) -> Option<String> {
    let name = reset.as_str();
    if name == "x-ratelimit-reset" || name.starts_with("x-ratelimit-reset-") {
        return Some(name.replacen("reset", "remaining", 1));
    }
    let limit = name
        .strip_prefix("anthropic-ratelimit-")?
        .strip_suffix("-reset")?;
    (!limit.starts_with("unified")).then(|| format!("anthropic-ratelimit-{limit}-remaining"))
}
