//! Log lines, one for each failed attempt, failover, change of a circuit breaker, restart in place and parked request: what
//! failed, why, the cause and the next step.
//!
//! A provider's messages are not logged, since they may quote the request. The ledger has them, under the exchange's id.

use std::fmt::{self, Display, Formatter, Write};
use std::time::Duration;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, SecondsFormat, Utc};
use health::FailureKind;
use tracing::{Span, error_span, field};
use wire::FailureClass;

use crate::attempt::breaker::BreakerChange;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::draft::Draft;
use crate::{Candidate, Credential, Unkept};

/// The span of an exchange. It has the highest level, so that no level filter removes the id from a line.
pub(crate) fn exchange(draft: &Draft) -> Span {
    let span = error_span!(
        "exchange",
        id = %draft.id,
        client = field::Empty,
        model = field::Empty,
        pipeline = field::Empty,
    );
    let pipeline = draft.pipeline.as_deref().unwrap_or_default();
    for (name, value) in [
        ("client", draft.client.name.as_str()),
        ("model", draft.model.as_str()),
        ("pipeline", pipeline),
    ] {
        if !value.is_empty() {
            span.record(name, field::display(OneLine(value)));
        }
    }
    span
}

/// The span of the exchange's attempt with this number, from 1.
pub(crate) fn attempt(
    exchange: &Span,
    number: usize,
    endpoint: &EndpointId,
    model: &ModelId,
) -> Span {
    error_span!(parent: exchange, "attempt", number, %endpoint, model = %OneLine(model.as_str()))
}

/// The step after a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Follows {
    Retry(Duration),
    NextCandidate,
    /// The client gets an error.
    Nothing,
    /// Its client had disconnected.
    ClientLeft,
    /// The response had begun: another candidate's response continues it if the client allows it, or it is cut.
    RestartOrCut,
}

impl Display for Follows {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Follows::Retry(wait) => write!(f, "a retry in {:.1} s", wait.as_secs_f64()),
            Follows::NextCandidate => f.write_str("the next candidate"),
            Follows::Nothing => f.write_str("no candidate is left, and the client gets an error"),
            Follows::ClientLeft => f.write_str("nothing, because the client has disconnected"),
            Follows::RestartOrCut => f.write_str("a restart in place, or the response is cut"),
        }
    }
}

pub(crate) fn attempt_failed(
    attempt: &Span,
    candidate: &Candidate,
    failed_attempt: &FailedAttempt,
    follows: Follows,
) {
    let _within = attempt.enter();
    tracing::warn!(
        class = %failed_attempt.class.as_str(),
        "{} failed: {}. Fault: {}. Next: {follows}.",
        Place(candidate),
        Why(failed_attempt),
        failed_attempt
            .fault
            .whose(candidate.credential == Credential::ClientLogin)
    );
}

/// For a request that is forwarded to its vendor unparsed, without another candidate. `why`: the failure as this machine observed it.
pub(crate) fn passing_failed(attempt: &Span, product: &str, why: &str) {
    let _within = attempt.enter();
    tracing::warn!(
        "{} failed: {}. Fault: the provider. Next: {}.",
        OneLine(product),
        OneLine(why),
        Follows::Nothing
    );
}

/// `from`: the candidate of the previous attempt; None: the exchange begins with this fallback.
pub(crate) fn failover(attempt: &Span, from: Option<&Candidate>, to: &Candidate) {
    let _within = attempt.enter();
    let (rule, to) = (OneLine(&to.reason), Place(to));
    match from {
        Some(from) => tracing::warn!("failing over from {} to {to}: {rule}", Place(from)),
        // For each request of an outage, or of a session that stays with its fallback.
        None => tracing::info!("the exchange begins with a fallback, {to}: {rule}"),
    }
}

/// No candidate answered, or none was eligible.
pub(crate) fn unanswered(exchange: &Span, status: http::StatusCode, attempts: usize) {
    let _within = exchange.enter();
    let status = status.as_u16();
    match attempts {
        0 => tracing::warn!("no candidate is eligible: the client gets status {status}"),
        n => {
            tracing::warn!("no candidate answered in {n} attempts: the client gets status {status}")
        }
    }
}

/// After the commit.
pub(crate) fn cut(exchange: &Span, bytes: u64) {
    let _within = exchange.enter();
    tracing::warn!("the response was cut after {bytes} bytes: its client must repeat the request");
}

pub(crate) fn restarted(exchange: &Span, from: &Candidate, to: &Candidate) {
    let _within = exchange.enter();
    tracing::warn!(
        "restart in place: {} continues the response that {} left incomplete",
        Place(to),
        Place(from)
    );
}

pub(crate) fn parked(exchange: &Span, review: &str) {
    let _within = exchange.enter();
    tracing::warn!(
        %review,
        "parked: the request waits in the review queue as {review}"
    );
}

/// The ledger did not store it.
pub(crate) fn unparked(exchange: &Span, why: &Unkept) {
    let _within = exchange.enter();
    tracing::error!(%why, "the request could not be stored in the review queue: its client received no id");
}

/// `parent`: the span of the request or probe that changed it.
pub(crate) fn breaker(
    parent: &Span,
    endpoint: &EndpointId,
    model: &ModelId,
    change: BreakerChange,
) {
    let _within = parent.enter();
    let model = OneLine(model.as_str());
    match change {
        BreakerChange::Opened {
            until,
            failures,
            class,
        } => tracing::warn!(
            "circuit breaker opened: {endpoint} with {model} gets no request until {} ({}, {failures} in a row)",
            Instant(until),
            words(class)
        ),
        BreakerChange::BecameHalfOpen => tracing::info!(
            "circuit breaker half-open: the next request is sent to {endpoint} with {model}"
        ),
        BreakerChange::Probed => {
            tracing::info!(
                "circuit breaker half-open: this request is sent to {endpoint} with {model}"
            );
        }
        BreakerChange::Closed => {
            tracing::info!("circuit breaker closed: {endpoint} with {model} answers again")
        }
    }
}

/// Endpoint and model.
struct Place<'a>(&'a Candidate);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Candidate {
            endpoint, model, ..
        } = self.0;
        write!(f, "{endpoint} with {}", OneLine(model.as_str()))
    }
}

/// Text of a client or a file, which must not start a new line or a command of a terminal.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

/// Characters.
const LONGEST: usize = 200;

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut signs = self.0.chars();
        for sign in signs.by_ref().take(LONGEST) {
            if words::must_escape(sign) {
                write!(f, "{}", sign.escape_default())?;
            } else {
                f.write_char(sign)?;
            }
        }
        if signs.next().is_some() {
            f.write_str("…")?;
        }
        Ok(())
    }
}

struct Instant(DateTime<Utc>);

impl Display for Instant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// From measurements, never with the provider's text.
struct Why<'a>(&'a FailedAttempt);

impl Display for Why<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(cause) = self.0.fault.local() {
            return f.write_str(cause.what());
        }
        let status = self.0.answer.as_ref().map(|(status, ..)| status.as_u16());
        match (self.0.fault.kind(), status) {
            (Some(FailureKind::Status(status)), _) => write!(f, "status {status}"),
            (Some(FailureKind::Connect), _) => f.write_str("no connection"),
            (Some(FailureKind::Timeout), _) => f.write_str("no response in time"),
            (Some(FailureKind::Cut), _) => f.write_str("the response was cut"),
            (Some(FailureKind::Stalled), _) => f.write_str("the response stalled"),
            (Some(FailureKind::ErrorEvent), _) => f.write_str("an error within the response"),
            (Some(FailureKind::Malformed), _) => f.write_str("a malformed response"),
            (None, Some(status)) => write!(f, "{}, status {status}", words(self.0.class)),
            (None, None) => f.write_str(words(self.0.class)),
        }
    }
}

fn words(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Transient => "failure",
        FailureClass::RateLimit => "rate limit",
        FailureClass::Limit => "used-up limit",
        FailureClass::Timeout => "no response in time",
        FailureClass::Quota => "used-up quota",
        FailureClass::Credential => "refused credential",
        FailureClass::ModelGone => "unknown model or address",
        FailureClass::Caller => "refused request",
        FailureClass::ContextTooLong => "context too long",
        FailureClass::ContentPolicy => "content policy",
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::{Cause, Fault, LocalCause};

    #[test]
    fn a_clients_text_starts_no_new_log_line_and_no_command() {
        let forged = OneLine("m\n2026-11-30 ERROR all is lost\u{1b}[31m\u{202e}").to_string();
        assert_eq!(forged, r"m\n2026-11-30 ERROR all is lost\u{1b}[31m\u{202e}");
        let long = OneLine(&"é".repeat(300)).to_string();
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'), "{long}");
    }

    #[test]
    fn a_providers_text_is_not_in_the_reason() {
        let quoting = |class, kind| FailedAttempt {
            answer: Some((StatusCode::BAD_REQUEST, HeaderMap::new(), "a prompt".into())),
            ..FailedAttempt::new(class, kind, "a prompt")
        };
        let status = Fault::Theirs(FailureKind::Status(503));
        for (failed_attempt, why) in [
            (
                quoting(FailureClass::Caller, Fault::Ours(Cause::Request)),
                "refused request, status 400",
            ),
            (quoting(FailureClass::Transient, status), "status 503"),
            (
                FailedAttempt::new(
                    FailureClass::ContextTooLong,
                    Fault::Ours(Cause::Request),
                    "a prompt",
                ),
                "context too long",
            ),
            (
                FailedAttempt::new(
                    FailureClass::Transient,
                    Fault::Theirs(FailureKind::Malformed),
                    "a prompt",
                ),
                "a malformed response",
            ),
            (
                FailedAttempt::local(LocalCause::DeadConnection, "a prompt".to_owned()),
                "the connection of this machine is dead",
            ),
        ] {
            assert_eq!(Why(&failed_attempt).to_string(), why);
        }
    }
}
