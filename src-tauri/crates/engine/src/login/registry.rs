//! The Run key of the current user. It needs no administrator, and the engine runs in the user's session, with the user's keychain.

use std::env;
use std::io;
use std::path::Path;

use winreg::RegKey;
use winreg::enums::{HKEY_CURRENT_USER, KEY_SET_VALUE};

use super::error::LoginError;
use super::text;

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
const NAME: &str = "Understudy";

pub(super) fn is_on() -> bool {
    let user = RegKey::predef(HKEY_CURRENT_USER);
    let value = user
        .open_subkey(RUN)
        .and_then(|run| run.get_raw_value(NAME));
    let approved = user
        .open_subkey(APPROVED)
        .and_then(|key| key.get_raw_value(NAME));
    let approved = approved.ok();
    value.is_ok() && text::is_approved(approved.as_ref().map(|value| &*value.bytes))
}

pub(super) fn turn_on(engine: &Path) -> Result<(), LoginError> {
    let tray = engine.with_file_name(format!("understudy{}", env::consts::EXE_SUFFIX));
    let value =
        text::run_value(engine, tray.is_file().then_some(&*tray)).ok_or(LoginError::TooLong)?;
    let user = RegKey::predef(HKEY_CURRENT_USER);
    let written = user
        .create_subkey(RUN)
        .and_then(|(run, _)| run.set_value(NAME, &value));
    written.map_err(LoginError::at(Path::new(RUN)))?;
    remove(APPROVED)
}

pub(super) fn turn_off() -> Result<(), LoginError> {
    remove(RUN)?;
    remove(APPROVED)
}

fn remove(key: &str) -> Result<(), LoginError> {
    let user = RegKey::predef(HKEY_CURRENT_USER);
    let removed = user
        .open_subkey_with_flags(key, KEY_SET_VALUE)
        .and_then(|key| key.delete_value(NAME));
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LoginError::at(Path::new(key))(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
