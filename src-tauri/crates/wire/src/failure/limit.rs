//! Distinguishes a rate limit (a short wait), a limit (a used-up plan with a reset) and a quota (nothing left).
//!
//! The tests list each vendor's headers and bodies with their source.

mod headers;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;

use super::class::FailureClass;
use super::details::Details;
use super::pacific;
use super::table::{ALLOWANCE, IN_BODY, MONEY, PLAN, has_any};
use super::times::{When, in_words, wait};

/// Seconds. A longer rate limit is a limit with a reset. It is longer than any per-minute window.
const LONG: f64 = 120.0;
/// The longest wait for a rate limit.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// A reset time farther ahead is not plausible: no vendor's window is longer than a month.
pub(super) const LONGEST_LIMIT: Duration = Duration::from_secs(35 * 24 * 3600);
/// Seconds. Google's `retryDelay` for a daily quota is usually a few seconds, and sometimes the time to the reset
/// (google-gemini/gemini-cli#14831).
const TRUE_DELAY: f64 = 3600.0;

/// The parts of an error response that concern limits.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// Type, code and message in lower case.
    pub(super) search_text: &'a str,
    pub(super) details: &'a Details,
    /// None: unknown, and every date counts as in the future.
    pub(super) now: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decided {
    pub(super) class: FailureClass,
    pub(super) retry_after: Option<Duration>,
    pub(super) resets_at: Option<DateTime<Utc>>,
}

impl Decided {
    /// The same decision with another class.
    pub(super) fn of(self, class: FailureClass) -> Decided {
        let limit = class == FailureClass::Limit;
        Decided {
            class,
            retry_after: self
                .retry_after
                .map(|wait| if limit { wait } else { wait.min(LONGEST_WAIT) }),
            resets_at: self.resets_at.filter(|_| limit),
        }
    }
}

/// The window that a limit counts in, if the error names it.
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
    // Z.ai's 1304 in Chinese (docs.bigmodel.cn, "API code").
    "今日",
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
    /// `class`: the class by the table of words.
    pub(super) fn decide(&self, class: FailureClass) -> Decided {
        let plain = |class| Decided {
            class,
            retry_after: self
                .header_wait()
                .map(|seconds| wait(seconds, LONGEST_WAIT)),
            resets_at: None,
        };
        match class {
            FailureClass::RateLimit | FailureClass::Quota => {}
            FailureClass::Limit
            | FailureClass::Transient
            | FailureClass::Timeout
            | FailureClass::Credential
            | FailureClass::ModelGone
            | FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy => return plain(class),
        }
        if has_any(self.search_text, MONEY) || self.has_no_allowance() {
            return plain(FailureClass::Quota);
        }
        let plan = self.uses_up_plan() || has_any(self.search_text, PLAN);
        let times = self.stated(plan);
        let misread = !times.is_empty();
        let stated = self.latest(times);
        match (stated, self.period()) {
            // The reset is already past.
            (Some(when), _) if self.seconds(when) <= 0.0 => self.rate_limit(Some(0.0)),
            (Some(when), _) if plan => self.limit(when),
            (None, _) if plan => plain(FailureClass::Quota),
            (None, _) if misread => self.rate_limit(Some(f64::INFINITY)),
            (Some(when), Some(Period::Long)) => self.limit(when),
            (None, Some(Period::Long)) => plain(FailureClass::Quota),
            (Some(when), _) if self.seconds(when) > LONG => self.limit(when),
            (Some(when), _) => self.rate_limit(Some(self.seconds(when))),
            (None, Some(Period::Short)) => self.rate_limit(None),
            (None, None) if class == FailureClass::Quota => plain(FailureClass::Quota),
            (None, None) => self.rate_limit(None),
        }
    }

    /// The user's rule sets the class; the wait is read as usual.
    pub(super) fn ruled(&self, class: FailureClass) -> Decided {
        let read = match class {
            FailureClass::RateLimit | FailureClass::Limit => self.decide(FailureClass::RateLimit),
            FailureClass::Transient
            | FailureClass::Timeout
            | FailureClass::Quota
            | FailureClass::Credential
            | FailureClass::ModelGone
            | FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy => self.decide(class),
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
            class: FailureClass::Limit,
            retry_after: relative,
            resets_at,
        }
    }

    /// `stated`: the wait in seconds. None: use the reset headers, though they may be about another limit.
    fn rate_limit(&self, stated: Option<f64>) -> Decided {
        let uncertain = || {
            self.latest(self.header_resets(false))
                .map(|when| self.seconds(when))
        };
        let seconds = stated.or_else(uncertain);
        Decided {
            class: FailureClass::RateLimit,
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

    /// If several limits are used up, the last reset counts.
    fn latest(&self, times: Vec<When>) -> Option<When> {
        let most = LONGEST_LIMIT.as_secs_f64();
        let plausible = times
            .into_iter()
            .filter(|when| self.now.is_none() || self.seconds(*when) <= most);
        plausible.max_by(|a, b| self.seconds(*a).total_cmp(&self.seconds(*b)))
    }

    /// The reset times from the most reliable source that has any.
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
        let words = || in_words(self.search_text);
        let windows = || self.windows();
        let resets = || self.details.resets.clone();
        let used_up = || self.header_resets(true);
        let daily = || self.google_day();
        if plan {
            // Beside the reset of a used-up plan there may be a `retry-after` for something else.
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

    /// The reset of Google's daily quota. The delay in the same error is only the wait before the next request.
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
        let [long, short] =
            [LONG_PERIODS, SHORT_PERIODS].map(|words| has_any(self.search_text, words));
        match (long, short || minute) {
            (true, false) => Some(Period::Long),
            (false, true) => Some(Period::Short),
            (true, true) | (false, false) => None,
        }
    }

    /// Google's free tier has a quota of zero for some models.
    fn has_no_allowance(&self) -> bool {
        let zero = |(at, word): (usize, &str)| {
            let rest = &self.search_text[at + word.len()..];
            !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        };
        let search_text = || self.search_text.match_indices(", limit: 0").any(zero);
        has_any(self.search_text, ALLOWANCE) && (self.details.no_allowance || search_text())
    }
}

fn delta(seconds: f64) -> chrono::TimeDelta {
    let wait = wait(seconds, LONGEST_LIMIT);
    chrono::TimeDelta::from_std(wait).unwrap_or_default()
}

/// Classifies an error event in a stream.
pub(super) fn in_stream(search_text: &str, class: FailureClass) -> Decided {
    let refusal = Refusal {
        status: IN_BODY,
        headers: &HeaderMap::new(),
        search_text,
        details: &Details::default(),
        now: None,
    };
    refusal.decide(class)
}
