//! The login keychain. An item belongs to the signature of the program that wrote it: macOS wants consent again after an update of an
//! unsigned build.

use std::sync::Arc;

use keyring_core::CredentialStore;

use super::system::System;

pub(super) const SYSTEM: System = System::LoginKeychain;

pub(super) fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    let store = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}
