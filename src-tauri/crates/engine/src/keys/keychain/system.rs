//! What an error of each system's keychain means. Pure.

use keyring_core::Error;

use super::unusable::NoKeychain;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "one of them is the system of this build")
)]
pub(super) enum System {
    SecretService,
    LoginKeychain,
    CredentialManager,
}

impl System {
    pub(super) fn meaning(self, error: &Error) -> NoKeychain {
        if let Error::NoStorageAccess(why) = error {
            return match self {
                System::SecretService => NoKeychain::Locked,
                System::LoginKeychain => NoKeychain::Refused(format!(
                    "macOS does not let this program use the login keychain ({why}). Unlock it in Keychain Access, and allow understudyd there"
                )),
                System::CredentialManager => NoKeychain::Absent(
                    "Windows keeps no credentials for this logon session; start the engine in a session of the desktop".into(),
                ),
            };
        }
        if let Error::PlatformFailure(why) = error {
            return match self {
                System::SecretService => {
                    NoKeychain::Absent("no secret service responds in this session".into())
                }
                System::LoginKeychain | System::CredentialManager => {
                    NoKeychain::Refused(why.to_string())
                }
            };
        }
        if let Error::TooLong(_, most) = error {
            return NoKeychain::TooLong(*most);
        }
        NoKeychain::Absent(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(error: impl Fn() -> Error) -> [String; 3] {
        [
            System::SecretService,
            System::LoginKeychain,
            System::CredentialManager,
        ]
        .map(|system| system.meaning(&error()).to_string())
    }

    #[test]
    fn a_keychain_without_access_is_locked_refused_or_not_there() {
        let [secret_service, macos, windows] =
            texts(|| Error::NoStorageAccess("errSecReadOnly".into()));
        assert_eq!(secret_service, "the keychain is locked");
        assert!(
            macos.contains("errSecReadOnly") && macos.contains("Keychain Access"),
            "{macos}"
        );
        assert!(windows.contains("logon session"), "{windows}");
    }

    #[test]
    fn a_failure_is_reported_with_the_systems_reason() {
        let [secret_service, macos, windows] =
            texts(|| Error::PlatformFailure("Windows error code 8".into()));
        assert!(
            secret_service.contains("no secret service"),
            "{secret_service}"
        );
        for text in [macos, windows] {
            assert_eq!(text, "the keychain failed: Windows error code 8");
        }
    }

    #[test]
    fn a_key_that_is_too_long_is_refused_with_the_limit() {
        for text in texts(|| Error::TooLong("password".into(), 2_560)) {
            assert!(text.contains("at most 2560 bytes"), "{text}");
        }
    }

    /// The bytes of an entry that another program wrote stay out of the text.
    #[test]
    fn no_secret_is_in_an_error() {
        for text in texts(|| Error::BadEncoding(b"sk-secret".to_vec())) {
            assert!(
                text.contains("not valid UTF-8") && !text.contains("sk-"),
                "{text}"
            );
        }
    }
}
