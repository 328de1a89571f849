//! What a provider is likely to bill of an attempt, in tokens. Pure.
//!
//! Providers bill what they have read and written, whether anybody got it or not: an answer that was cut or thrown away
//! costs its input and what had been written of it. Its usage is told at the end of the answer, which never came.

use catalog::Tokens;
use gateway::{Attempt, ExchangeKind, Outcome};
use health::FailureKind;
use wire::{Class, Report};

/// A token of English or of code has about four bytes. JSON and pictures have more of them, so that input is rather
/// overestimated: a cap that holds too early is better than one that holds too late.
const BYTES_A_TOKEN: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// It was never reached, it refused, or it only counted tokens, which is free.
    Nothing,
    /// It passed with the client's own login, and nothing of it was read.
    Unknown,
    /// All of it as the provider told it.
    Told(Tokens),
    /// What the provider did not tell is reckoned from bytes.
    Estimated(Tokens),
}

impl Charge {
    pub(super) fn tokens(self) -> Option<Tokens> {
        match self {
            Charge::Nothing | Charge::Unknown => None,
            Charge::Told(tokens) | Charge::Estimated(tokens) => Some(tokens),
        }
    }
}

/// `window`: the model's context in tokens, where it is known; what was accepted is no longer.
pub(super) fn charge(attempt: &Attempt, kind: ExchangeKind, window: Option<u64>) -> Charge {
    let counted = kind == ExchangeKind::CountTokens;
    if counted || attempt.request_bytes == 0 || refused(attempt) {
        return Charge::Nothing;
    }
    let report = &attempt.report;
    if kind == ExchangeKind::Passed && !report.usage_told {
        return Charge::Unknown;
    }
    let to_its_end =
        matches!(attempt.outcome, Outcome::Answered(_)) || report.stop_reason.is_some();
    if report.usage_told && to_its_end {
        return Charge::Told(report.tokens);
    }
    let told = report.tokens;
    let input = if told.input + told.cache_read + told.cache_write > 0 {
        told.input
    } else {
        let sent = attempt.request_bytes.div_ceil(BYTES_A_TOKEN);
        window.map_or(sent, |most| sent.min(most))
    };
    let written = report.text_bytes + report.thinking_bytes + report.argument_bytes;
    let written = written.div_ceil(BYTES_A_TOKEN);
    Charge::Estimated(Tokens {
        input,
        output: told.output.max(written),
        ..told
    })
}

/// An error instead of an answer: as its status, or told in a stream that had brought nothing.
fn refused(attempt: &Attempt) -> bool {
    if attempt.status.is_some_and(|status| !status.is_success()) {
        return true;
    }
    match &attempt.outcome {
        Outcome::Answered(_) | Outcome::ClientLeft => false,
        Outcome::Failed { class, kind, .. } => {
            told_instead(*class, *kind) && is_blank(&attempt.report)
        }
    }
}

fn told_instead(class: Class, kind: Option<FailureKind>) -> bool {
    match class {
        Class::Transient | Class::Silent => kind == Some(FailureKind::ErrorEvent),
        Class::RateLimit
        | Class::Quota
        | Class::Credential
        | Class::ModelGone
        | Class::Caller
        | Class::ContextTooLong
        | Class::ContentPolicy => true,
    }
}

fn is_blank(report: &Report) -> bool {
    !report.usage_told
        && report.text_bytes == 0
        && report.thinking_bytes == 0
        && report.tool_calls.is_empty()
}
