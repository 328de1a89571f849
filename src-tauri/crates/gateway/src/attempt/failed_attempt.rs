//! A failed attempt, with its known details.

use std::time::Duration;

use bytes::Bytes;
use catalog::Secret;
use chrono::{DateTime, Utc};
use health::FailureKind;
use http::{HeaderMap, StatusCode};
use translate::UntranslatableResponse;
use wire::{Broken, FailureClass, Rule};

use crate::attempt::breaker::TimeoutLength;
use crate::attempt::content::UnknownCoding;
use crate::attempt::local_cause::LocalCause;
use crate::{Cause, Fault};

const MASK: &str = "[masked]";

/// Why an attempt has no response to release, or broke during the response.
#[derive(Debug)]
pub(crate) struct FailedAttempt {
    pub(crate) class: FailureClass,
    pub(crate) fault: Fault,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// The stated reset time of a [`FailureClass::Limit`].
    pub(crate) resets_at: Option<DateTime<Utc>>,
    /// The model's window in tokens, if a [`FailureClass::ContextTooLong`] error names it.
    pub(crate) window: Option<u64>,
    /// The provider's response, if it can be returned unchanged.
    pub(crate) answer: Option<(StatusCode, HeaderMap, Bytes)>,
    pub(crate) report: wire::Report,
    /// The response was complete but empty.
    pub(crate) empty: bool,
    /// The timeout of a stream's provider.
    pub(crate) timeout_length: Option<TimeoutLength>,
    /// A retry at the same candidate would have the same result.
    pub(crate) hopeless: bool,
}

impl FailedAttempt {
    pub(crate) fn new(class: FailureClass, fault: Fault, message: impl Into<String>) -> Self {
        Self {
            class,
            fault,
            message: message.into(),
            retry_after: None,
            resets_at: None,
            window: None,
            answer: None,
            report: wire::Report::default(),
            empty: false,
            timeout_length: None,
            hopeless: false,
        }
    }

    /// The same candidate cannot be reached now, but another one may be: a local server, or one that is not intercepted.
    pub(crate) fn local(cause: LocalCause, message: String) -> Self {
        Self {
            hopeless: true,
            ..Self::new(
                FailureClass::Transient,
                Fault::without_response(Some(cause), FailureKind::Connect),
                message,
            )
        }
    }

    /// The same failure, if its connection was dead. A retry gets a new connection.
    pub(crate) fn on_dead_connection(self) -> Self {
        Self {
            report: self.report,
            hopeless: false,
            ..Self::local(LocalCause::DeadConnection, self.message)
        }
    }

    pub(crate) fn timed_out(message: String, timeout_length: Option<TimeoutLength>) -> Self {
        Self {
            timeout_length,
            ..Self::new(
                FailureClass::Timeout,
                Fault::Theirs(FailureKind::Timeout),
                message,
            )
        }
    }

    /// A timeout within its response. As after every timeout, there is no immediate retry.
    pub(crate) fn stalled(idle: Duration, report: &wire::Report) -> Self {
        let seconds = idle.as_secs();
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(
                FailureClass::Transient,
                Fault::Theirs(FailureKind::Stalled),
                format!("nothing arrived for {seconds} s within the response"),
            )
        }
    }

    /// A broken response. An error within it has its own class: quota, a key, a context that is too long.
    pub(crate) fn broken(rules: &[Rule], broken: &Broken, report: &wire::Report) -> Self {
        let (failure, rule) = wire::read_broken(rules, broken);
        let (stated, message) = (failure.class, failure.message);
        // There is no provider response that could be returned unchanged, so another candidate is used.
        let unreturnable = matches!(stated, FailureClass::Caller | FailureClass::ContentPolicy);
        let class = if unreturnable {
            FailureClass::Transient
        } else {
            stated
        };
        Self {
            report: report.clone(),
            empty: *broken == Broken::Empty,
            hopeless: unreturnable,
            retry_after: failure.retry_after,
            resets_at: failure.resets_at,
            window: failure.window,
            ..Self::new(
                class,
                // A malformed tool call is the model's failure: it does not count against the provider's health.
                Fault::of(stated, failure.is_malformed_output, kind_of(broken)),
                rule.map_or(message.clone(), |rule| rule.named(&message)),
            )
        }
    }

    /// Unsupported content encoding; a retry would return the same.
    pub(crate) fn unreadable(coding: &UnknownCoding) -> Self {
        let why = Broken::NotAResponse(coding.to_string());
        Self {
            hopeless: true,
            ..Self::broken(&[], &why, &wire::Report::default())
        }
    }

    /// A redirect, or another status that is not an API's response. A redirect is not followed, because it would carry the
    /// credential. The portal of a network answers so for every address, as a moved base address does: no evidence about the
    /// provider.
    pub(crate) fn misdirected(status: StatusCode) -> Self {
        let why = match status.is_redirection() {
            true => format!(
                "its address answers with a redirect ({status}), which is not followed, because it would carry the credential: sign in \
                 to this network if it has a portal, or correct the base address"
            ),
            false => format!("its address answers with status {status}, which was not requested"),
        };
        Self {
            hopeless: true,
            ..Self::new(FailureClass::Transient, Fault::Ours(Cause::Response), why)
        }
    }

    /// A response that cannot continue a truncated one: not a fault of its provider.
    pub(crate) fn unfit(why: String, report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(FailureClass::Transient, Fault::Ours(Cause::Response), why)
        }
    }

    /// The same failure, made by a drill: not a fault of the provider, which got no request.
    pub(crate) fn made_by_drill(self) -> Self {
        Self {
            fault: Fault::Ours(Cause::Drill),
            message: format!("made by a drill: {}", self.message),
            ..self
        }
    }

    /// The provider works, or may work: this model fails, not the connection or an account.
    pub(crate) fn is_of_the_model(&self) -> bool {
        matches!(self.class, FailureClass::Transient | FailureClass::Timeout)
            && match self.fault {
                Fault::Theirs(kind) => kind != FailureKind::Connect,
                Fault::Ours(cause) => cause == Cause::Drill,
            }
    }

    /// The server does not have the called endpoint, as opposed to a model that its vendor does not have.
    pub(crate) fn has_no_such_call(&self) -> bool {
        let Some((status, _, body)) = &self.answer else {
            return false;
        };
        match status.as_u16() {
            405 | 501 => true,
            404 => !String::from_utf8_lossy(body).contains("not_found_error"),
            _ => false,
        }
    }

    /// It has content that only its own dialect supports.
    pub(crate) fn unsayable(what: &str, report: &wire::Report) -> Self {
        let why = UntranslatableResponse::Unsayable(what.to_owned());
        Self::unfit(why.to_string(), report)
    }

    /// Converts the wait of a limit into a reset time.
    pub(crate) fn date(&mut self, now: DateTime<Utc>) {
        if self.class == FailureClass::Limit && self.resets_at.is_none() {
            self.resets_at = self.retry_after.map(|wait| now + wait);
        }
    }

    /// Removes the key: some providers quote a refused key, and it must not be shown.
    pub(crate) fn conceal(&mut self, key: &Secret) {
        let key = key.reveal();
        if key.is_empty() {
            return;
        }
        self.message = self.message.replace(key, MASK);
        if let Some((_, _, body)) = &mut self.answer
            && let Ok(text) = std::str::from_utf8(body)
            && text.contains(key)
        {
            *body = text.replace(key, MASK).into();
        }
    }

    /// The provider answered normally; another attempt may fulfil the route's demand.
    pub(crate) fn not_as_demanded(why: String, report: &wire::Report) -> Self {
        Self {
            hopeless: false,
            ..Self::unfit(why, report)
        }
    }

    /// The stop reason is unknown, so the response may be incomplete. A strict route does not accept it.
    pub(crate) fn unknown_stop(report: &wire::Report) -> Self {
        let reason = report.stop_reason.as_deref().unwrap_or_default();
        Self::not_as_demanded(
            format!(
                "the response ended with the unknown stop reason `{reason}`, and this route accepts complete responses only"
            ),
            report,
        )
    }

    /// The provider answered normally, but the route requires a complete response.
    pub(crate) fn incomplete(report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(
                FailureClass::Transient,
                Fault::Ours(Cause::Response),
                "the response was cut by a token limit, and this route accepts complete responses only",
            )
        }
    }
}

/// The failure kind of a broken response, for the provider's health.
fn kind_of(broken: &Broken) -> FailureKind {
    match broken {
        Broken::NoStopReason | Broken::Cut | Broken::OpenBlock => FailureKind::Cut,
        Broken::ErrorEvent { .. } => FailureKind::ErrorEvent,
        Broken::Malformed(_)
        | Broken::InvalidToolInput(_)
        | Broken::Empty
        | Broken::UnknownStopReason(_)
        | Broken::NotAResponse(_)
        | Broken::Oversize(_) => FailureKind::Malformed,
    }
}
