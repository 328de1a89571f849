//! `understudyd ledger compact`: writes the ledger anew, without free space, while no engine runs.

use std::path::Path;
use std::process::ExitCode;

use super::print_line::{failed, print_line};
use crate::places::Places;
use crate::runtime::{Lock, NotAlone};
use crate::view::retention::file_size;

/// Exit code 1: it failed, and the ledger is unchanged. 3: an engine is running.
pub(super) async fn compact() -> ExitCode {
    match compacted().await {
        Ok(message) => {
            print_line!("{message}");
            ExitCode::SUCCESS
        }
        Err((why, code)) => failed(&why, code),
    }
}

async fn compacted() -> Result<String, (String, u8)> {
    let places = Places::find().map_err(|error| (error.to_string(), 1))?;
    // Held until the end, so that no engine starts meanwhile.
    let lock = Lock::take(&places).await.map_err(|error| match error {
        NotAlone::Running(_) => (
            "the ledger is in use by a running engine. Stop it with `understudyd stop`, then try again".to_owned(),
            3,
        ),
        NotAlone::Io { .. } => (error.to_string(), 1),
    })?;
    let file = &places.ledger;
    let bytes = match std::fs::metadata(file) {
        Ok(found) => found.len(),
        Err(error) => {
            return Err((
                format!("there is no ledger at {}: {error}", file.display()),
                1,
            ));
        }
    };
    if let Some(free) = free_on_disk(file)
        && free < bytes
    {
        return Err((
            format!(
                "the disk of {} has {} free, and the new file may need {}. Free some space, then try again",
                file.display(),
                file_size(free),
                file_size(bytes)
            ),
            1,
        ));
    }
    let now = crate::clock::wall()();
    let done = ledger::compact(file, now).map_err(|error| (error.to_string(), 1))?;
    drop(lock);
    Ok(format!(
        "{} had {} and has {} now. It shrinks after each deletion from now on.",
        file.display(),
        file_size(done.before),
        file_size(done.after)
    ))
}

/// `None`: not known on this system. A full disk then ends the work, and the ledger stays unchanged.
#[cfg(unix)]
fn free_on_disk(file: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(file).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_on_disk(_file: &Path) -> Option<u64> {
    None
}
