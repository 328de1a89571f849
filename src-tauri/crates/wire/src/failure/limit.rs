//! A short wait, a used-up plan with a reset, or nothing left: what a refusal for quantity is.
//!
//! All of it is read from headers and bodies that vendors send anyway; each form stands in the tests with its source.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::details::Details;
use super::table::{ALLOWANCE, IN_BODY, MONEY, PLAN, has_any};
use super::times::{When, in_words, number, wait};
use super::{Class, pacific};

/// A rate limit that lasts longer is a limit, which rests until its reset. A window of a minute is over before.
const LONG: f64 = 120.0;
/// The longest wait for a rate limit.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Resets beyond a month and some days are misread.
pub(super) const LONGEST_LIMIT: Duration = Duration::from_secs(35 * 24 * 3600);
/// Google's `retryDelay` of a daily quota is mostly a few seconds, and sometimes the truth (google-gemini/gemini-cli#14831).
const TRUE_DELAY: f64 = 3600.0;

/// A refusal, as far as it is about quantity.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// Type, code and message in lower case.
    pub(super) said: &'a str,
    pub(super) details: &'a Details,
    /// None: not known, and a date is taken for one that is yet to come.
    pub(super) now: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decided {
    pub(super) class: Class,
    pub(super) retry_after: Option<Duration>,
    pub(super) resets_at: Option<DateTime<Utc>>,
}

impl Decided {
    /// The same as another class.
    pub(super) fn of(self, class: Class) -> Decided {
        let limit = class == Class::Limit;
        Decided {
            class,
            retry_after: self
                .retry_after
                .map(|wait| if limit { wait } else { wait.min(LONGEST_WAIT) }),
            resets_at: self.resets_at.filter(|_| limit),
        }
    }
}

/// What a limit counts by, where a vendor says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    /// A day or more.
    Long,
    /// A minute or less, or requests at the same time.
    Short,
}

const LONG_PERIODS: &[&str] = &[
    "per day",
    "per-day",
    "per_day",
    "(tpd)",
    "(rpd)",
    " tpd",
    " rpd",
    "daily",
    "weekly",
    "monthly",
    "per month",
    "per week",
];
const SHORT_PERIODS: &[&str] = &[
    "per minute",
    "per-minute",
    "per_minute",
    "per-min",
    "(tpm)",
    "(rpm)",
    " tpm",
    " rpm",
    "per second",
    "concurrency",
    "concurrent",
];

impl Refusal<'_> {
    /// `class`: by the table.
    pub(super) fn decide(&self, class: Class) -> Decided {
        let plain = |class| Decided {
            class,
            retry_after: self
                .header_wait()
                .map(|seconds| wait(seconds, LONGEST_WAIT)),
            resets_at: None,
        };
        match class {
            Class::RateLimit | Class::Quota => {}
            Class::Limit
            | Class::Transient
            | Class::Silent
            | Class::Credential
            | Class::ModelGone
            | Class::Caller
            | Class::ContextTooLong
            | Class::ContentPolicy => return plain(class),
        }
        if has_any(self.said, MONEY) || self.has_no_allowance() {
            return plain(Class::Quota);
        }
        let plan = self.uses_up_plan() || has_any(self.said, PLAN);
        let times = self.stated(plan);
        let misread = !times.is_empty();
        let stated = self.latest(times);
        match (stated, self.period()) {
            // It says that it is over.
            (Some(when), _) if self.seconds(when) <= 0.0 => self.rate_limit(Some(0.0)),
            (Some(when), _) if plan => self.limit(when),
            (None, _) if plan => plain(Class::Quota),
            (None, _) if misread => self.rate_limit(Some(f64::INFINITY)),
            (Some(when), Some(Period::Long)) => self.limit(when),
            (None, Some(Period::Long)) => plain(Class::Quota),
            (Some(when), _) if self.seconds(when) > LONG => self.limit(when),
            (Some(when), _) => self.rate_limit(Some(self.seconds(when))),
            (None, Some(Period::Short)) => self.rate_limit(None),
            (None, None) if class == Class::Quota => plain(Class::Quota),
            (None, None) => self.rate_limit(None),
        }
    }

    /// The owner says what it is; how long it lasts is read as ever.
    pub(super) fn ruled(&self, class: Class) -> Decided {
        let read = match class {
            Class::RateLimit | Class::Limit => self.decide(Class::RateLimit),
            other => self.decide(other),
        };
        read.of(class)
    }

    fn limit(&self, when: When) -> Decided {
        let resets_at = match (when, self.now) {
            (When::At(at), _) => Some(at),
            (When::In(seconds), Some(now)) => now.checked_add_signed(delta(seconds)),
            (When::In(_), None) => None,
        };
        let relative = match (when, self.now) {
            (When::At(_), None) => None,
            (when, _) => Some(wait(self.seconds(when), LONGEST_LIMIT)),
        };
        Decided {
            class: Class::Limit,
            retry_after: relative,
            resets_at,
        }
    }

    /// `stated`: in seconds; None: nothing but a limit that may be another's.
    fn rate_limit(&self, stated: Option<f64>) -> Decided {
        let uncertain = || {
            self.latest(self.header_resets(false))
                .map(|when| self.seconds(when))
        };
        let seconds = stated.or_else(uncertain);
        Decided {
            class: Class::RateLimit,
            retry_after: seconds.map(|seconds| wait(seconds, LONGEST_WAIT)),
            resets_at: None,
        }
    }

    fn seconds(&self, when: When) -> f64 {
        match (when, self.now) {
            (When::In(seconds), _) => seconds,
            (When::At(_), None) => f64::INFINITY,
            (when, Some(now)) => when.seconds(now),
        }
    }

    /// Where several limits are used up, all of them must be over.
    fn latest(&self, times: Vec<When>) -> Option<When> {
        let most = LONGEST_LIMIT.as_secs_f64();
        let believed = times
            .into_iter()
            .filter(|when| self.now.is_none() || self.seconds(*when) <= most);
        believed.max_by(|a, b| self.seconds(*a).total_cmp(&self.seconds(*b)))
    }

    /// When it is over, by the most telling source there is.
    fn stated(&self, plan: bool) -> Vec<When> {
        let first = |sources: [&dyn Fn() -> Vec<When>; 7]| {
            sources
                .iter()
                .map(|source| source())
                .find(|times| !times.is_empty())
                .unwrap_or_default()
        };
        let header = || self.header_wait().map(When::In).into_iter().collect();
        let delays = || {
            self.details
                .delays
                .iter()
                .map(|delay| When::In(*delay))
                .collect()
        };
        let words = || in_words(self.said);
        let windows = || self.windows();
        let resets = || self.details.resets.clone();
        let used_up = || self.header_resets(true);
        let daily = || self.google_day();
        if plan {
            // The reset of a used-up plan may stand beside the wait of something else.
            let exact = [windows(), resets()].concat();
            return first([
                &|| exact.clone(),
                &words,
                &header,
                &delays,
                &used_up,
                &Vec::new,
                &Vec::new,
            ]);
        }
        first([
            &daily, &windows, &header, &delays, &resets, &words, &used_up,
        ])
    }

    /// `retry-after-ms` (Azure, OpenAI), then `retry-after` (RFC 9110 seconds or date; some send fractions).
    fn header_wait(&self) -> Option<f64> {
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

    /// The resets of limits that are used up, or (`used_up` false) of all.
    fn header_resets(&self, used_up: bool) -> Vec<When> {
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

    /// Anthropic marks a used-up plan by these; the same refusal without them is a throttle, though the resets of the plan
    /// stand beside it as on every answer (Claude Code 2.1.332, measured).
    fn uses_up_plan(&self) -> bool {
        const MARKS: [&str; 2] = [
            "anthropic-ratelimit-unified-representative-claim",
            "anthropic-ratelimit-unified-overage-status",
        ];
        self.status == 429 && MARKS.iter().any(|mark| self.headers.contains_key(*mark))
            || !self.windows().is_empty()
    }

    /// The used-up windows of a subscription.
    fn windows(&self) -> Vec<When> {
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
                // Credits have a reset of their own, which gives the plan nothing back.
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

    /// Google names the quota; the delay beside it tells when another request may be tried.
    fn google_day(&self) -> Vec<When> {
        let daily = self
            .details
            .quotas
            .iter()
            .any(|quota| quota.contains("perday"));
        if !daily || !self.details.resets.is_empty() {
            return Vec::new();
        }
        let delay = self
            .details
            .delays
            .iter()
            .copied()
            .find(|delay| *delay >= TRUE_DELAY);
        let midnight = || self.now.and_then(pacific::midnight).map(When::At);
        delay.map(When::In).or_else(midnight).into_iter().collect()
    }

    fn period(&self) -> Option<Period> {
        let quotas = &self.details.quotas;
        if quotas.iter().any(|quota| quota.contains("perday")) {
            return Some(Period::Long);
        }
        let minute = quotas.iter().any(|quota| quota.contains("perminute"));
        let [long, short] = [LONG_PERIODS, SHORT_PERIODS].map(|words| has_any(self.said, words));
        match (long, short || minute) {
            (true, false) => Some(Period::Long),
            (false, true) => Some(Period::Short),
            (true, true) | (false, false) => None,
        }
    }

    /// Google's free tier has no allowance at all for some models.
    fn has_no_allowance(&self) -> bool {
        let zero = |(at, word): (usize, &str)| {
            let rest = &self.said[at + word.len()..];
            !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        };
        let said = || self.said.match_indices(", limit: 0").any(zero);
        has_any(self.said, ALLOWANCE) && (self.details.no_allowance || said())
    }
}

/// `x-ratelimit-reset-tokens` (OpenAI and many), `anthropic-ratelimit-tokens-reset` → the header that tells what remains. The
/// unified ones are a plan's, and stand on every answer.
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

fn delta(seconds: f64) -> chrono::TimeDelta {
    let wait = wait(seconds, LONGEST_LIMIT);
    chrono::TimeDelta::from_std(wait).unwrap_or_default()
}

/// A refusal that was told in a stream.
pub(super) fn in_stream(said: &str, class: Class) -> Decided {
    let refusal = Refusal {
        status: IN_BODY,
        headers: &HeaderMap::new(),
        said,
        details: &Details::default(),
        now: None,
    };
    refusal.decide(class)
}
