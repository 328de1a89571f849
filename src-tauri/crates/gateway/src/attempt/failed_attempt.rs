//! A failed attempt, and what is known of it.

use std::time::Duration;

use bytes::Bytes;
use catalog::Secret;
use chrono::{DateTime, Utc};
use health::FailureKind;
use http::{HeaderMap, StatusCode};
use translate::CannotTell;
use wire::{Broken, Class, Rule};

use crate::Fault;
use crate::attempt::breaker::TimeoutLength;
use crate::attempt::content::UnknownCoding;
use crate::attempt::own_network::OwnNetwork;

const MASK: &str = "[masked]";

/// Why an attempt brought no answer, before anything of it was passed on or in the middle.
#[derive(Debug)]
pub(crate) struct FailedAttempt {
    pub(crate) class: Class,
    /// It never left our own network.
    pub(crate) own: Option<OwnNetwork>,
    pub(crate) fault: Fault,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// Of [`Class::Limit`]: the stated reset time.
    pub(crate) resets_at: Option<DateTime<Utc>>,
    /// Of [`Class::ContextTooLong`]: the model's window in tokens, where the provider named it.
    pub(crate) window: Option<u64>,
    /// The provider's response, where it can be returned unchanged.
    pub(crate) answer: Option<(StatusCode, HeaderMap, Bytes)>,
    pub(crate) report: wire::Report,
    /// The response was complete and had nothing to act on.
    pub(crate) empty: bool,
    /// The timeout of a stream's provider.
    pub(crate) timeout_length: Option<TimeoutLength>,
    /// A retry at the same place would end the same way.
    pub(crate) hopeless: bool,
}

impl FailedAttempt {
    pub(crate) fn new(class: Class, fault: Fault, message: impl Into<String>) -> Self {
        Self {
            class,
            own: None,
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

    /// The same candidate is not reached at once, and another one perhaps is: a local server, or one that is not intercepted.
    pub(crate) fn of_our_network(own: OwnNetwork, message: String) -> Self {
        Self {
            own: Some(own),
            hopeless: true,
            ..Self::new(Class::Transient, Fault::Ours, message)
        }
    }

    pub(crate) fn timed_out(message: String, timeout_length: Option<TimeoutLength>) -> Self {
        Self {
            timeout_length,
            ..Self::new(Class::Silent, Fault::Theirs(FailureKind::Silent), message)
        }
    }

    /// A timeout in the middle of its response. As after every timeout, there is no retry at once.
    pub(crate) fn stalled(idle: Duration, report: &wire::Report) -> Self {
        let seconds = idle.as_secs();
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(
                Class::Transient,
                Fault::Theirs(FailureKind::Stalled),
                format!("nothing came for {seconds} s in the middle of the answer"),
            )
        }
    }

    /// A broken response. An error within it has its own class: quota, a key, a context too long.
    pub(crate) fn broken(rules: &[Rule], broken: &Broken, report: &wire::Report) -> Self {
        let (failure, rule) = wire::read_broken(rules, broken);
        let (stated, message) = (failure.class, failure.message);
        // There is no provider response that could be returned unchanged, so another candidate is used.
        let unreturnable = matches!(stated, Class::Caller | Class::ContentPolicy);
        let class = if unreturnable {
            Class::Transient
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
                Fault::of(stated, failure.model_failed, kind_of(broken)),
                rule.map_or(message.clone(), |rule| rule.named(&message)),
            )
        }
    }

    /// Unsupported content encoding; a retry would return the same.
    pub(crate) fn unreadable(coding: &UnknownCoding) -> Self {
        let why = Broken::NotAnAnswer(coding.to_string());
        Self {
            hopeless: true,
            ..Self::broken(&[], &why, &wire::Report::default())
        }
    }

    /// A response that cannot continue a truncated one: no fault of its provider.
    pub(crate) fn unfit(why: String, report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(Class::Transient, Fault::Ours, why)
        }
    }

    /// The provider answered otherwise, or may: it is this model that fails, not the connection and not an account.
    pub(crate) fn is_of_the_model(&self) -> bool {
        matches!(self.class, Class::Transient | Class::Silent)
            && self
                .fault
                .kind()
                .is_some_and(|kind| kind != FailureKind::Connect)
    }

    /// The server does not know what was called, as opposed to a model that its vendor does not know.
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

    /// It holds what only its own dialect has words for.
    pub(crate) fn unsayable(what: &str, report: &wire::Report) -> Self {
        let why = CannotTell::Unsayable(what.to_owned());
        Self::unfit(why.to_string(), report)
    }

    /// Turns the wait of a limit into a reset time.
    pub(crate) fn date(&mut self, now: DateTime<Utc>) {
        if self.class == Class::Limit && self.resets_at.is_none() {
            self.resets_at = self.retry_after.map(|wait| now + wait);
        }
    }

    /// Some providers quote the refused key. No other reader may see it.
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

    /// The provider answered properly; another attempt may bring what the route requires.
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

    /// The provider answered, and as it meant to; the route wants more.
    pub(crate) fn incomplete(report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(
                Class::Transient,
                Fault::Ours,
                "the response was cut by a token limit, and this route accepts complete responses only",
            )
        }
    }
}

/// How a broken answer bears on the provider's health.
fn kind_of(broken: &Broken) -> FailureKind {
    match broken {
        Broken::NoStopReason | Broken::Cut | Broken::OpenBlock => FailureKind::Cut,
        Broken::ErrorEvent { .. } => FailureKind::ErrorEvent,
        Broken::Malformed(_)
        | Broken::InvalidToolInput(_)
        | Broken::Empty
        | Broken::UnknownStopReason(_)
        | Broken::NotAnAnswer(_)
        | Broken::Oversize(_) => FailureKind::Malformed,
    }
}
