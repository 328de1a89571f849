//! The operating system's keychain: the Secret Service (GNOME Keyring, KWallet, KeePassXC) on Linux.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use catalog::{EndpointId, Secret};

/// Service name of all entries.
const SERVICE: &str = "understudy";
/// Timeout of keychain calls: a keychain that waits for a password dialog must not block the engine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A keychain that responded when it was opened. All calls block.
#[derive(Clone, Debug)]
pub(crate) struct Keychain {
    store: Arc<keyring_core::CredentialStore>,
}

/// Why the keychain is not usable, as text for the owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKeychain {
    #[error("this computer has no keychain ({0})")]
    Absent(String),
    #[error("the keychain is locked")]
    Locked,
    #[error("the keychain did not respond within {} s; it may be waiting for a password", PATIENCE.as_secs())]
    TimedOut,
}

impl Keychain {
    #[cfg(target_os = "linux")]
    pub(crate) fn open() -> Result<Keychain, NoKeychain> {
        patiently(|| {
            let store: Arc<keyring_core::CredentialStore> =
                zbus_secret_service_keyring_store::Store::new().map_err(no_keychain)?;
            Ok(Keychain { store })
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn open() -> Result<Keychain, NoKeychain> {
        Err(NoKeychain::Absent(
            "this platform's keychain is not supported yet".into(),
        ))
    }

    pub(crate) fn get(&self, id: &EndpointId) -> Result<Option<Secret>, NoKeychain> {
        self.entry(id, |entry| match entry.get_password() {
            Ok(key) => Ok(Some(Secret::new(key))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(no_keychain(error)),
        })
    }

    pub(crate) fn set(&self, id: &EndpointId, key: &Secret) -> Result<(), NoKeychain> {
        let key = key.clone();
        self.entry(id, move |entry| {
            entry.set_password(key.reveal()).map_err(no_keychain)
        })
    }

    /// True if a key was removed.
    pub(crate) fn remove(&self, id: &EndpointId) -> Result<bool, NoKeychain> {
        self.entry(id, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring_core::Error::NoEntry) => Ok(false),
            Err(error) => Err(no_keychain(error)),
        })
    }

    fn entry<T: Send + 'static>(
        &self,
        id: &EndpointId,
        act: impl FnOnce(keyring_core::Entry) -> Result<T, NoKeychain> + Send + 'static,
    ) -> Result<T, NoKeychain> {
        let (store, id) = (Arc::clone(&self.store), id.clone());
        patiently(move || {
            let entry = store
                .build(SERVICE, id.as_str(), None)
                .map_err(no_keychain)?;
            act(entry)
        })
    }
}

/// Keychain calls block without a timeout. After ours, the call continues on its thread until the keychain returns.
fn patiently<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, NoKeychain> + Send + 'static,
) -> Result<T, NoKeychain> {
    let (sender, sender_done) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(act());
    });
    sender_done
        .recv_timeout(PATIENCE)
        .unwrap_or(Err(NoKeychain::TimedOut))
}

fn no_keychain(error: keyring_core::Error) -> NoKeychain {
    tracing::debug!(%error, "the keychain cannot be used");
    if let keyring_core::Error::NoStorageAccess(_) = error {
        NoKeychain::Locked
    } else if let keyring_core::Error::PlatformFailure(_) = error {
        NoKeychain::Absent("no secret service responds in this session".into())
    } else {
        NoKeychain::Absent(error.to_string())
    }
}
