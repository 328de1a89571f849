//! The Credential Manager of the user's logon session.

use std::sync::Arc;

use keyring_core::CredentialStore;

use super::system::System;

pub(super) const SYSTEM: System = System::CredentialManager;

pub(super) fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = windows_native_keyring_store::Store::new()?;
    Ok(store)
}
