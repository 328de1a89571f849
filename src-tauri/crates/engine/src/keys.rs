//! Provider keys: entered once, kept in the operating system's keychain, or read from the environment.
//!
//! Keys are stored in the keychain only. Without a keychain, a new key stays in the engine's memory until it ends, and the UI
//! shows that.

mod keychain;

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use api::KeyState;
use catalog::{Endpoint, EndpointId, Secret};

pub(crate) use keychain::{Keychain, NoKeychain};

/// The keys in use, shared by all request senders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    held: Arc<Mutex<BTreeMap<EndpointId, (Secret, Kept)>>>,
}

/// The keychain's entry for the secret of a webhook.
pub(crate) fn webhook_entry(url: &str) -> EndpointId {
    EndpointId::new(format!("webhook {url}"))
}

/// Source of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Environment,
    Keychain,
    Memory,
}

impl Keys {
    /// The keys from environment variables, which are available at once.
    pub(crate) fn from_environment<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> Keys {
        let keys = Keys::default();
        for endpoint in endpoints {
            let held = endpoint
                .key_env
                .as_ref()
                .and_then(|name| env::var(name).ok())
                .filter(|key| !key.trim().is_empty());
            if let Some(key) = held {
                keys.hold(&endpoint.id, Secret::new(key.trim()), Kept::Environment);
            }
        }
        keys
    }

    /// Adds the keychain's keys of these endpoints; a key from the environment has priority. Blocks on the keychain.
    pub(crate) fn load(
        &self,
        chain: &Keychain,
        endpoints: &[EndpointId],
    ) -> Result<(), NoKeychain> {
        for id in endpoints {
            if self.state(id).is_some() {
                continue;
            }
            if let Some(key) = chain.get(id)? {
                self.hold(id, key, Kept::Keychain);
            }
        }
        Ok(())
    }

    pub(crate) fn hold(&self, id: &EndpointId, key: Secret, kept: Kept) {
        self.lock().insert(id.clone(), (key, kept));
    }

    /// The secret of the webhook with this URL; empty: there is none.
    pub(crate) fn webhook_secret(&self, url: &str) -> Secret {
        let secret = self.get(&webhook_entry(url));
        secret.unwrap_or_else(|| Secret::new(String::new()))
    }

    pub(crate) fn drop_key(&self, id: &EndpointId) -> Option<Kept> {
        self.lock().remove(id).map(|(_, kept)| kept)
    }

    pub(crate) fn get(&self, id: &EndpointId) -> Option<Secret> {
        self.lock().get(id).map(|(key, _)| key.clone())
    }

    fn state(&self, id: &EndpointId) -> Option<Kept> {
        self.lock().get(id).map(|(_, kept)| *kept)
    }

    /// The key's state for the UIs. `seen_login`: clients' own logins were sent to this endpoint.
    pub(crate) fn shown(&self, endpoint: &Endpoint, seen_login: bool) -> KeyState {
        match self.state(&endpoint.id) {
            Some(Kept::Environment) => KeyState::Environment,
            Some(Kept::Keychain) => KeyState::Keychain,
            Some(Kept::Memory) => KeyState::Memory,
            None if endpoint.auth == catalog::Auth::None => KeyState::NotNeeded,
            None if seen_login => KeyState::ClientLogin,
            None => KeyState::Missing,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<EndpointId, (Secret, Kept)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
