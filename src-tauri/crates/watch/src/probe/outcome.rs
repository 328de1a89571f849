//! Derives from the response to a probe what it shows about the provider. Pure.

use health::{CallOutcome, FailureKind, OurFault};
use http::StatusCode;
use wire::{Broken, Completion, Failure, FailureClass};

/// A complete response proves that the provider works, even if the probe's token limit cut it or the model refused.
pub(super) fn of_completion(
    completion: &Completion,
    ttft_ms: Option<u64>,
    total_ms: u64,
) -> CallOutcome {
    match completion {
        Completion::Complete
        | Completion::Continues
        | Completion::Truncated
        | Completion::Unknown
        | Completion::Refused => CallOutcome::Ok { ttft_ms, total_ms },
        Completion::Broken(broken) => of_broken(broken),
    }
}

fn of_broken(broken: &Broken) -> CallOutcome {
    let kind = match broken {
        Broken::ErrorEvent { kind, .. } => {
            if let Some(fault) = our_fault(kind) {
                return CallOutcome::Ours(fault);
            }
            FailureKind::ErrorEvent
        }
        Broken::NoStopReason | Broken::Cut | Broken::OpenBlock => FailureKind::Cut,
        Broken::Malformed(_)
        | Broken::InvalidToolInput(_)
        | Broken::Empty
        | Broken::UnknownStopReason(_)
        | Broken::NotAResponse(_)
        | Broken::Oversize(_) => FailureKind::Malformed,
    };
    failed(kind, broken.to_string())
}

/// Error types of the three dialects that name a fault of the account or the request, although they arrive in the
/// stream.
fn our_fault(kind: &str) -> Option<OurFault> {
    match kind {
        "rate_limit_error" | "rate_limit_exceeded" => Some(OurFault::RateLimit),
        "insufficient_quota" | "billing_error" => Some(OurFault::Quota),
        "authentication_error" | "permission_error" | "invalid_api_key" => {
            Some(OurFault::Credential)
        }
        "invalid_request_error" => Some(OurFault::Request),
        _ => None,
    }
}

/// An error status. A redirect is a fault of the settings: the service has moved, and a key is never sent to another
/// address.
pub(super) fn of_failure(status: StatusCode, failure: &Failure) -> CallOutcome {
    if status.is_redirection() {
        return CallOutcome::Ours(OurFault::Request);
    }
    match failure.class {
        FailureClass::Transient => failed(
            FailureKind::Status(status.as_u16()),
            if failure.message.is_empty() {
                status.to_string()
            } else {
                failure.message.clone()
            },
        ),
        FailureClass::Timeout => failed(FailureKind::Timeout, failure.message.clone()),
        FailureClass::RateLimit => CallOutcome::Ours(OurFault::RateLimit),
        FailureClass::Limit => CallOutcome::Ours(OurFault::Limit {
            until: failure.resets_at,
        }),
        FailureClass::Quota => CallOutcome::Ours(OurFault::Quota),
        FailureClass::Credential => CallOutcome::Ours(OurFault::Credential),
        FailureClass::ModelGone => CallOutcome::Ours(OurFault::ModelGone),
        FailureClass::Caller | FailureClass::ContextTooLong | FailureClass::ContentPolicy => {
            CallOutcome::Ours(OurFault::Request)
        }
    }
}

pub(super) fn failed(kind: FailureKind, detail: impl Into<String>) -> CallOutcome {
    CallOutcome::Failed {
        kind,
        detail: detail.into(),
    }
}
