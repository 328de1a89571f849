//! Opens the ledger without waiting for its disk.

use std::path::Path;

use chrono::{DateTime, Utc};
use ledger::{Ledger, OpenError};
use tokio::sync::oneshot;

use crate::apart::apart;
use crate::private_file;

/// A ledger that is being opened.
pub(crate) type Opening = oneshot::Receiver<Result<Ledger, OpenError>>;

pub(crate) fn begin(file: &Path, now: DateTime<Utc>) -> Opening {
    let file = file.to_owned();
    apart(move || {
        // An error shows again when the file is opened.
        let _ = private_file::create_dir(file.parent().unwrap_or(Path::new(".")));
        Ledger::open(&file, now)
    })
}

/// Waits until the file is open; `None`: it cannot be opened. Without an attempt it waits for one.
pub(crate) async fn opened(opening: &mut Option<Opening>) -> Option<Ledger> {
    let Some(attempt) = opening else {
        return std::future::pending().await;
    };
    let opened = attempt.await;
    *opening = None;
    opened.ok()?.ok()
}
