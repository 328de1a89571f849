//! Why the keychain cannot be used.

use std::time::Duration;

/// Timeout of keychain calls: a keychain that waits for a password dialog must not block the engine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Why the keychain is not usable, as text for the owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKeychain {
    #[error("this computer has no keychain ({0})")]
    Absent(String),
    #[error("the keychain is locked")]
    Locked,
    #[error("the keychain failed: {0}")]
    Refused(String),
    #[error("the keychain keeps at most {0} bytes for one key")]
    TooLong(u32),
    #[error("the keychain did not respond within {} s; it may be waiting for a password", PATIENCE.as_secs())]
    TimedOut,
}
