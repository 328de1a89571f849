//! Decides the cause of a failed attempt; no other code does.

use health::FailureKind;
use wire::FailureClass;

use crate::attempt::local_cause::LocalCause;

/// Whose a failed attempt is. Only the provider's failures count against its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider's: the failure counts against its health.
    Theirs(FailureKind),
    /// Not the provider's. It proves nothing about the provider's health.
    Ours(Cause),
}

/// Why a failure is not the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// This machine or its network.
    Local(LocalCause),
    /// The client's login, or a key.
    Credential,
    /// A rate limit, a used-up limit or a quota of an account.
    Account,
    /// The settings, or the model's name.
    Settings,
    /// The request itself.
    Request,
    /// The response does not fit the request: the model wrote something invalid, or the route demands more.
    Response,
    /// A request that is forwarded unparsed: its failure is no evidence about a model.
    Unparsed,
    /// A drill made the failure; the provider got no request.
    Drill,
}

impl Fault {
    /// Of a failure of this class. `is_malformed_output`: the model wrote something invalid, and its server worked.
    pub(crate) fn of(class: FailureClass, is_malformed_output: bool, kind: FailureKind) -> Fault {
        Fault::Ours(match class {
            FailureClass::Transient | FailureClass::Timeout if !is_malformed_output => {
                return Fault::Theirs(kind);
            }
            FailureClass::Transient | FailureClass::Timeout => Cause::Response,
            FailureClass::RateLimit | FailureClass::Limit | FailureClass::Quota => Cause::Account,
            FailureClass::Credential => Cause::Credential,
            FailureClass::ModelGone => Cause::Settings,
            FailureClass::Caller | FailureClass::ContextTooLong | FailureClass::ContentPolicy => {
                Cause::Request
            }
        })
    }

    /// Of a failure without a response. Each cause on this machine is ours: certificates, the clock, own resources, the network, a
    /// connection that answers no ping.
    pub(crate) fn without_response(cause: Option<LocalCause>, kind: FailureKind) -> Fault {
        match cause {
            Some(cause) => Fault::Ours(Cause::Local(cause)),
            None => Fault::Theirs(kind),
        }
    }

    /// Set if this machine or its network is the cause.
    pub(crate) fn local(self) -> Option<LocalCause> {
        match self {
            Fault::Ours(Cause::Local(cause)) => Some(cause),
            Fault::Ours(
                Cause::Credential
                | Cause::Account
                | Cause::Settings
                | Cause::Request
                | Cause::Response
                | Cause::Unparsed
                | Cause::Drill,
            )
            | Fault::Theirs(_) => None,
        }
    }

    /// For the log. `own_login`: the request has the client's login.
    pub(crate) fn whose(self, own_login: bool) -> &'static str {
        match self {
            Fault::Theirs(_) => "the provider",
            Fault::Ours(Cause::Local(_)) => "this machine or its network",
            Fault::Ours(Cause::Account) if own_login => "the client's account",
            Fault::Ours(Cause::Account) => "the account of the key",
            Fault::Ours(Cause::Credential) if own_login => "the client's login",
            Fault::Ours(Cause::Credential) => "the key",
            Fault::Ours(Cause::Settings) => "the settings or the model's name",
            Fault::Ours(Cause::Request) => "the request",
            Fault::Ours(Cause::Response) => "the response, which does not fit the request",
            Fault::Ours(Cause::Unparsed) => "unknown",
            Fault::Ours(Cause::Drill) => "a drill, which made it",
        }
    }

    /// The kind of the provider's failure. `None`: it is not the provider's.
    pub fn kind(self) -> Option<FailureKind> {
        match self {
            Fault::Theirs(kind) => Some(kind),
            Fault::Ours(_) => None,
        }
    }

    pub fn is_theirs(self) -> bool {
        self.kind().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class, and why its failures are not the provider's.
    const ROWS: [(FailureClass, Option<Cause>); 10] = [
        (FailureClass::Transient, None),
        (FailureClass::Timeout, None),
        (FailureClass::RateLimit, Some(Cause::Account)),
        (FailureClass::Limit, Some(Cause::Account)),
        (FailureClass::Quota, Some(Cause::Account)),
        (FailureClass::Credential, Some(Cause::Credential)),
        (FailureClass::ModelGone, Some(Cause::Settings)),
        (FailureClass::Caller, Some(Cause::Request)),
        (FailureClass::ContextTooLong, Some(Cause::Request)),
        (FailureClass::ContentPolicy, Some(Cause::Request)),
    ];

    #[test]
    fn only_a_transient_failure_or_a_timeout_is_the_providers() {
        let kind = FailureKind::Status(503);
        for (class, cause) in ROWS {
            let expected = cause.map_or(Fault::Theirs(kind), Fault::Ours);
            assert_eq!(Fault::of(class, false, kind), expected, "{class:?}");
        }
    }

    #[test]
    fn no_cause_on_this_machine_is_the_providers() {
        let kind = FailureKind::Timeout;
        assert_eq!(Fault::without_response(None, kind).kind(), Some(kind));
        for cause in LocalCause::ALL {
            let fault = Fault::without_response(Some(cause), kind);
            assert_eq!((fault.kind(), fault.local()), (None, Some(cause)));
            assert_eq!(fault.whose(true), "this machine or its network");
        }
    }

    #[test]
    fn a_failure_of_the_model_is_never_the_providers() {
        for (class, cause) in ROWS {
            let fault = Fault::of(class, true, FailureKind::Malformed);
            let expected = cause.unwrap_or(Cause::Response);
            assert_eq!(fault, Fault::Ours(expected), "{class:?}");
        }
    }
}
