//! The operating system's keychain: the Secret Service on Linux, the login keychain on macOS, the Credential Manager on Windows.

#[cfg(target_os = "linux")]
#[path = "keychain/linux.rs"]
mod here;
#[cfg(target_os = "macos")]
#[path = "keychain/macos.rs"]
mod here;
#[cfg(windows)]
#[path = "keychain/windows.rs"]
mod here;
mod system;
mod unusable;

use std::sync::{Arc, mpsc};

use catalog::{EndpointId, Secret};

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
use here::SYSTEM;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
use system::System;
pub(crate) use unusable::NoKeychain;
use unusable::PATIENCE;

/// No keychain is opened there.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const SYSTEM: System = System::SecretService;

/// Service name of all entries.
const SERVICE: &str = "understudy";

/// A keychain that responded when it was opened. All calls block.
#[derive(Clone, Debug)]
pub(crate) struct Keychain {
    store: Arc<keyring_core::CredentialStore>,
}

impl Keychain {
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    pub(crate) fn open() -> Result<Keychain, NoKeychain> {
        patiently(|| {
            let store = here::store().map_err(|error| no_keychain(&error))?;
            Ok(Keychain { store })
        })
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    pub(crate) fn open() -> Result<Keychain, NoKeychain> {
        Err(NoKeychain::Absent(
            "this system's keychain is not supported".into(),
        ))
    }

    pub(crate) fn get(&self, id: &EndpointId) -> Result<Option<Secret>, NoKeychain> {
        self.entry(id, |entry| match entry.get_password() {
            Ok(key) => Ok(Some(Secret::new(key))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(no_keychain(&error)),
        })
    }

    pub(crate) fn set(&self, id: &EndpointId, key: &Secret) -> Result<(), NoKeychain> {
        let key = key.clone();
        self.entry(id, move |entry| {
            entry
                .set_password(key.reveal())
                .map_err(|error| no_keychain(&error))
        })
    }

    /// True if a key was removed.
    pub(crate) fn remove(&self, id: &EndpointId) -> Result<bool, NoKeychain> {
        self.entry(id, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring_core::Error::NoEntry) => Ok(false),
            Err(error) => Err(no_keychain(&error)),
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
                .map_err(|error| no_keychain(&error))?;
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

fn no_keychain(error: &keyring_core::Error) -> NoKeychain {
    tracing::debug!(%error, "the keychain cannot be used");
    SYSTEM.meaning(error)
}
