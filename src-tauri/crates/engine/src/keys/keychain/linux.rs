//! The Secret Service: GNOME Keyring, KWallet, KeePassXC.

use std::sync::Arc;

use keyring_core::CredentialStore;

use super::system::System;

pub(super) const SYSTEM: System = System::SecretService;

pub(super) fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}
