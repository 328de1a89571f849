//! Decides the cause of a failed attempt; no other code does.

use health::FailureKind;
use wire::FailureClass;

use crate::attempt::local_cause::LocalCause;

/// The cause of a failed attempt. Only the provider's failures count against its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider's: the failure counts against its health.
    Theirs(FailureKind),
    /// Not the provider's: a key, a quota, the request, the translation, or a [`LocalCause`](crate::LocalCause). It proves
    /// nothing about the provider's health.
    Ours,
}

impl Fault {
    /// The cause of a failure of this class. `is_malformed_output`: the model wrote something invalid, and its server worked.
    pub(crate) fn of(class: FailureClass, is_malformed_output: bool, kind: FailureKind) -> Fault {
        match class {
            FailureClass::Transient | FailureClass::Timeout if !is_malformed_output => {
                Fault::Theirs(kind)
            }
            FailureClass::Transient
            | FailureClass::Timeout
            | FailureClass::RateLimit
            | FailureClass::Limit
            | FailureClass::Quota
            | FailureClass::Credential
            | FailureClass::ModelGone
            | FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy => Fault::Ours,
        }
    }

    /// The cause of a failure without a response. Each cause on this machine is ours: certificates, the clock, own resources,
    /// the network, a connection that answers no ping.
    pub(crate) fn without_response(cause: Option<LocalCause>, kind: FailureKind) -> Fault {
        match cause {
            Some(
                LocalCause::Offline
                | LocalCause::Untrusted
                | LocalCause::Clock
                | LocalCause::Resources
                | LocalCause::DeadConnection,
            ) => Fault::Ours,
            None => Fault::Theirs(kind),
        }
    }

    /// The kind of the provider's failure. `None`: it is not the provider's.
    pub fn kind(self) -> Option<FailureKind> {
        match self {
            Fault::Theirs(kind) => Some(kind),
            Fault::Ours => None,
        }
    }

    pub fn is_theirs(self) -> bool {
        self.kind().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class, and whether its failures are the provider's.
    const ROWS: [(FailureClass, bool); 10] = [
        (FailureClass::Transient, true),
        (FailureClass::Timeout, true),
        (FailureClass::RateLimit, false),
        (FailureClass::Limit, false),
        (FailureClass::Quota, false),
        (FailureClass::Credential, false),
        (FailureClass::ModelGone, false),
        (FailureClass::Caller, false),
        (FailureClass::ContextTooLong, false),
        (FailureClass::ContentPolicy, false),
    ];

    #[test]
    fn only_a_transient_failure_or_a_timeout_is_the_providers() {
        let kind = FailureKind::Status(503);
        for (class, theirs) in ROWS {
            let fault = Fault::of(class, false, kind);
            assert_eq!(fault.kind(), theirs.then_some(kind), "{class:?}");
        }
    }

    #[test]
    fn no_cause_on_this_machine_is_the_providers() {
        let kind = FailureKind::Timeout;
        assert_eq!(Fault::without_response(None, kind).kind(), Some(kind));
        for cause in LocalCause::ALL {
            let fault = Fault::without_response(Some(cause), kind);
            assert_eq!(fault, Fault::Ours, "{cause:?}");
        }
    }

    #[test]
    fn a_failure_of_the_model_is_never_the_providers() {
        for (class, _) in ROWS {
            let fault = Fault::of(class, true, FailureKind::Malformed);
            assert_eq!(fault, Fault::Ours, "{class:?}");
        }
    }
}
