//! Why a request got no response.

use std::io;
use std::time::Duration;

use http_body_util::LengthLimitError;
use hyper_util::client::legacy::Error;

use crate::attempt::local_cause::{LocalCause, UntrustedCertificate};

/// Why no response came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("{0}")]
    ConnectTimedOut(ConnectTimedOut),
    #[error("no connection: {0}")]
    NotConnected(String),
    /// No connection either, because of this machine or its network.
    #[error("{why}")]
    Local { cause: LocalCause, why: String },
    /// The provider may have started to process it.
    #[error("the connection broke before a response: {0}")]
    Broken(String),
    /// The client's body, which is forwarded as it arrives, is longer than the limit.
    #[error("the body is too long")]
    TooLong,
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no connection within {} s", .0.as_secs_f32())]
pub(crate) struct ConnectTimedOut(pub(super) Duration);

impl Unsent {
    pub(super) fn of(error: &Error) -> Unsent {
        let mut cause: &(dyn std::error::Error + 'static) = error;
        loop {
            if let Some(timed_out) = cause.downcast_ref::<ConnectTimedOut>() {
                return Unsent::ConnectTimedOut(*timed_out);
            }
            if let Some(UntrustedCertificate { why, by_clock }) = cause.downcast_ref() {
                return Unsent::Local {
                    cause: match by_clock {
                        true => LocalCause::Clock,
                        false => LocalCause::Untrusted,
                    },
                    why: why.clone(),
                };
            }
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && error.is_connect()
                && let Some(cause) = LocalCause::of_system(io)
            {
                return Unsent::Local {
                    cause,
                    why: io.to_string(),
                };
            }
            if cause.is::<LengthLimitError>() {
                return Unsent::TooLong;
            }
            match cause.source() {
                Some(source) => cause = source,
                None if error.is_connect() => return Unsent::NotConnected(cause.to_string()),
                None => return Unsent::Broken(cause.to_string()),
            }
        }
    }

    /// True if the provider may have received the request.
    pub(crate) fn reached(&self) -> bool {
        match self {
            Unsent::Broken(_) | Unsent::TooLong => true,
            Unsent::ConnectTimedOut(_) | Unsent::NotConnected(_) | Unsent::Local { .. } => false,
        }
    }

    /// Set if this machine or its network is at fault.
    pub(crate) fn cause(&self) -> Option<LocalCause> {
        match self {
            Unsent::Local { cause, .. } => Some(*cause),
            Unsent::ConnectTimedOut(_)
            | Unsent::NotConnected(_)
            | Unsent::Broken(_)
            | Unsent::TooLong => None,
        }
    }
}

/// A pooled connection had been closed by the other side, and no byte was sent on it.
pub(super) fn was_not_written(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<hyper::Error>() {
            return error.is_canceled();
        }
        cause = source.source();
    }
    false
}
