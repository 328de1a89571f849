//! Estimates the billed tokens of an attempt. Pure.
//!
//! Providers bill all input and output tokens, even if the response was truncated or discarded. Usage arrives at the end of a
//! response, so it is missing from a truncated one.

use catalog::{NotBilled, Tokens};
use gateway::{Attempt, ExchangeKind, Outcome};
use health::FailureKind;
use wire::{FailureClass, Report};

/// A token of English or of code has about four bytes. JSON and images have more bytes per token, so input is overestimated:
/// the cap then stops too early, not too late.
const BYTES_A_TOKEN: u64 = 4;

/// Prompt tokens that a provider adds to a request: its instructions for tools, search results, a gateway's own text.
const ADDED_TOKENS: u64 = 100_000;

/// No provider produces more output tokens in a second, hidden thinking included.
const TOKENS_A_SECOND: u64 = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// Not reached, refused, or a free token count.
    Nothing,
    /// Passed through with the client's own login, and not parsed.
    Unknown,
    /// All counts come from the provider's usage report.
    ReportedUsage(Tokens),
    /// Counts that the provider did not report are estimated from bytes.
    Estimated(Tokens),
}

impl Charge {
    pub(super) fn tokens(self) -> Option<Tokens> {
        match self {
            Charge::Nothing | Charge::Unknown => None,
            Charge::ReportedUsage(tokens) | Charge::Estimated(tokens) => Some(tokens),
        }
    }
}

/// The model's limits and its provider's billing rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms<'c> {
    /// The model's context window in tokens. An accepted prompt is not longer.
    pub(super) window: Option<u64>,
    /// The model's maximum output in tokens.
    pub(super) longest: Option<u64>,
    pub(super) not_billed: &'c [NotBilled],
}

pub(super) fn charge(attempt: &Attempt, kind: ExchangeKind, terms: Terms<'_>) -> Charge {
    let counted = kind == ExchangeKind::CountTokens;
    if counted || attempt.request_bytes == 0 || refused(attempt) {
        return Charge::Nothing;
    }
    let report = &attempt.report;
    if kind == ExchangeKind::Passed && !report.usage_reported {
        return Charge::Unknown;
    }
    let ended = ended_there(&attempt.outcome);
    if ended && terms.not_billed.iter().any(|rule| applies(*rule, report)) {
        return Charge::Nothing;
    }
    let to_its_end =
        matches!(attempt.outcome, Outcome::Answered(_)) || report.stop_reason.is_some();
    let reported = report.tokens;
    let written = written(report).div_ceil(BYTES_A_TOKEN);
    let possible = Possible::of(attempt, kind);
    // A count of zero means "not reported". A wrong count must neither use up the daily cap nor keep it open.
    let prompt_reported = reported.prompt() > 0
        && reported.has_plausible_prompt(terms.window)
        && reported.prompt() <= possible.prompt;
    let output_reported = (reported.output > 0 || written == 0)
        && reported.has_plausible_output(terms.longest)
        && reported.output <= possible.output;
    if report.usage_reported && to_its_end && prompt_reported && output_reported {
        return Charge::ReportedUsage(reported);
    }
    let prompt = match prompt_reported {
        true => reported,
        false => {
            let sent = attempt.request_bytes.div_ceil(BYTES_A_TOKEN);
            Tokens {
                input: terms.window.map_or(sent, |most| sent.min(most)),
                ..Tokens::default()
            }
        }
    };
    let output = match output_reported {
        true if to_its_end => reported.output,
        true => reported.output.max(written),
        false => terms.longest.map_or(written, |most| written.min(most)),
    };
    Charge::Estimated(Tokens { output, ..prompt })
}

/// The most tokens that this request and this response can have, whatever the model. A token has at least one byte.
struct Possible {
    prompt: u64,
    output: u64,
}

impl Possible {
    fn of(attempt: &Attempt, kind: ExchangeKind) -> Possible {
        match kind {
            ExchangeKind::Generate | ExchangeKind::CountTokens => Possible {
                prompt: match attempt.prompt_is_text {
                    true => attempt.request_bytes.saturating_add(ADDED_TOKENS),
                    false => u64::MAX,
                },
                // The thinking may be hidden, so the bytes alone give no limit.
                output: (attempt.total.as_secs() + 1)
                    .saturating_mul(TOKENS_A_SECOND)
                    .max(written(&attempt.report)),
            },
            // It may report the usage of something older: a batch, a stored response.
            ExchangeKind::Passed => Possible {
                prompt: u64::MAX,
                output: u64::MAX,
            },
        }
    }
}

/// All received bytes of text, thinking and tool arguments.
fn written(report: &Report) -> u64 {
    report
        .text_bytes
        .saturating_add(report.thinking_bytes)
        .saturating_add(report.argument_bytes)
}

/// The provider ended the response. After a timeout or a disconnect of the client, the remaining output is unknown.
fn ended_there(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Answered(_) => true,
        Outcome::Local { cause, .. } => cause.is_unsent(),
        Outcome::ClientLeft => false,
        Outcome::Failed { fault, .. } => !matches!(
            fault.kind(),
            Some(FailureKind::Timeout | FailureKind::Stalled)
        ),
    }
}

fn applies(rule: NotBilled, report: &Report) -> bool {
    let reason = report.stop_reason.as_deref();
    match rule {
        NotBilled::NoOutputAndNoStopReason => {
            reason.is_none() && report.tokens.output == 0 && written(report) == 0
        }
        NotBilled::ErrorAsStopReason => reason == Some("error"),
    }
}

/// True if the attempt ended with an error status, or with an error event in a stream without output.
fn refused(attempt: &Attempt) -> bool {
    if attempt.status.is_some_and(|status| !status.is_success()) {
        return true;
    }
    match &attempt.outcome {
        Outcome::Answered(_) | Outcome::Local { .. } | Outcome::ClientLeft => false,
        Outcome::Failed { class, fault, .. } => {
            reported_instead(*class, fault.kind()) && is_blank(&attempt.report)
        }
    }
}

fn reported_instead(class: FailureClass, kind: Option<FailureKind>) -> bool {
    match class {
        FailureClass::Transient | FailureClass::Timeout => kind == Some(FailureKind::ErrorEvent),
        FailureClass::RateLimit
        | FailureClass::Limit
        | FailureClass::Quota
        | FailureClass::Credential
        | FailureClass::ModelGone
        | FailureClass::Caller
        | FailureClass::ContextTooLong
        | FailureClass::ContentPolicy => true,
    }
}

fn is_blank(report: &Report) -> bool {
    !report.usage_reported
        && report.text_bytes == 0
        && report.thinking_bytes == 0
        && report.tool_calls.is_empty()
}

#[cfg(test)]
mod tests;
