//! Failed calls, and problems of the engine.

use chrono::{DateTime, Utc};
use health::{FailedCalls, FailureKind, OurFault};

use crate::sentence::Sentence;

/// "All 23 calls to Claude have failed with "overloaded" (529) since 17:57." `to`: " to Claude", or nothing.
pub(crate) fn calls(calls: &FailedCalls, to: &str) -> Sentence {
    let all = calls.all();
    let noun = match (calls.probes.total, calls.requests.total) {
        (0, _) => "request",
        (_, 0) => "probe",
        _ => "call",
    };
    let plural = if all.total == 1 { "" } else { "s" };
    let verb = if all.total == 1 { "has" } else { "have" };
    let count = match all.failed == all.total {
        true if all.total == 1 => format!("The only {noun}"),
        true => format!("All {} {noun}{plural}", all.total),
        false => format!("{} of {} {noun}{plural}", all.failed, all.total),
    };
    let how = all.kind.map_or_else(|| "failed".to_owned(), how);
    Sentence::of(format!("{count}{to} {verb} {how} since "))
        .at(calls.since)
        .text(".")
}

/// The text after "have".
fn how(kind: FailureKind) -> String {
    match kind {
        FailureKind::Connect => "failed to connect".to_owned(),
        FailureKind::Timeout => "got no response in time".to_owned(),
        FailureKind::Status(code) => match status(code) {
            Some(name) => format!("failed with \"{name}\" ({code})"),
            None => format!("failed with status {code}"),
        },
        FailureKind::Cut => "been cut off mid-response".to_owned(),
        FailureKind::Stalled => "stalled mid-response".to_owned(),
        FailureKind::ErrorEvent => "ended in an error".to_owned(),
        FailureKind::Malformed => "got an invalid response".to_owned(),
    }
}

fn status(code: u16) -> Option<&'static str> {
    Some(match code {
        408 => "request timeout",
        409 => "conflict",
        500 => "internal error",
        502 => "bad gateway",
        503 => "unavailable",
        504 => "gateway timeout",
        529 => "overloaded",
        _ => return None,
    })
}

/// "Your limit at Anthropic is used up; it resets 13:40." `models`: " for claude-opus-5-5", or empty.
pub(crate) fn used_up(vendor: &str, models: &str, until: Option<DateTime<Utc>>) -> Sentence {
    let used_up = Sentence::of(format!("Your limit{models} at {vendor} is used up"));
    match until {
        Some(until) => used_up.text("; it resets ").at(until).text("."),
        None => used_up.text("; its reset time is not known."),
    }
}

/// "Anthropic refuses your key." `vendor`: source of the error.
pub(crate) fn ours(vendor: &str, fault: OurFault) -> Sentence {
    match fault {
        OurFault::Credential => Sentence::of(format!("{vendor} refuses your key.")),
        OurFault::Quota => Sentence::of(format!("Your quota at {vendor} is used up.")),
        OurFault::RateLimit => Sentence::of(format!("{vendor} limits your rate of requests.")),
        OurFault::Limit { until } => used_up(vendor, "", until),
        OurFault::Request => Sentence::of(format!("{vendor} refuses the request as invalid.")),
        OurFault::ModelGone => {
            Sentence::of(format!("{vendor} does not offer the model to your key."))
        }
    }
}
