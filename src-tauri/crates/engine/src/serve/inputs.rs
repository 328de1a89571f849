//! Inputs that the engine reads before its port opens: settings, catalogue, ledger, keys. An unusable input is reported with
//! its fix.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::Version;
use catalog::Catalog;
use chrono::{DateTime, Utc};
use ledger::{Ledger, OpenError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::desk::LedgerTrouble;
use crate::event::LoopEvent;
use crate::handover::{self, NotTaken};
use crate::keys::{Keychain, Keys, webhook_entry};
use crate::named_tokens::NamedTokens;
use crate::opening::Opening;
use crate::places::{Homeless, Places};
use crate::private_file;
use crate::runtime::{Lock, NotAlone};
use crate::settings::{DEFAULT_TEXT, Settings, SettingsError};
use crate::text_file;

/// Maximum wait for the keychain before the port opens; a slower one is used when it responds.
const KEYCHAIN_WITHIN: Duration = Duration::from_millis(400);

/// Maximum wait for the ledger before the port opens. Most migrations of an older ledger take less.
const LEDGER_WITHIN: Duration = Duration::from_secs(12);

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Homeless(#[from] Homeless),
    #[error(transparent)]
    NotAlone(#[from] NotAlone),
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("the settings file {} has errors, and the engine does not start without valid settings:\n{}", .file.display(), list(.errors))]
    Settings {
        file: PathBuf,
        errors: Vec<SettingsError>,
    },
    #[error("the settings file {} cannot be read: {error}. Correct its permissions, or move it away to start with the defaults.", .file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("your catalogue files have errors:\n{0}")]
    Catalog(String),
    #[error("{address} is in use by another program. End that program, or choose another port with [listen] port in {} (clients then need the new URL).", .settings.display())]
    PortTaken {
        address: SocketAddr,
        settings: PathBuf,
    },
    #[error("cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error(transparent)]
    Ledger(OpenError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
}

fn list(errors: &[SettingsError]) -> String {
    errors
        .iter()
        .map(|error| format!("  {error}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The bundled catalogue with the owner's `providers/*.toml`.
pub(crate) fn own_catalog(dir: &Path) -> Result<Catalog, StartError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let text = text_file::read(&path).map_err(|error| {
                StartError::Catalog(format!("  {} cannot be read: {error}", path.display()))
            })?;
            files.push((name, text));
        }
    }
    files.sort();
    Catalog::with_files(&files).map_err(|wrong| {
        StartError::Catalog(
            wrong
                .iter()
                .map(|error| format!("  {error}"))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    })
}

/// True on the first start: writes a file that explains every setting.
pub(super) fn write_default_settings(file: &Path) -> bool {
    if file.exists() {
        return false;
    }
    if let Err(error) = private_file::rewrite(file, DEFAULT_TEXT.as_bytes()) {
        tracing::warn!(%error, file = %file.display(), "the settings file could not be written; the defaults are in force");
    }
    true
}

pub(super) fn read_settings(file: &Path, catalog: &Catalog) -> Result<Settings, StartError> {
    match text_file::read(file) {
        Ok(text) => Settings::parse(&text, catalog).map_err(|errors| StartError::Settings {
            file: file.to_owned(),
            errors,
        }),
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(StartError::Unreadable {
            file: file.to_owned(),
            error,
        }),
    }
}

/// The lock of this user's one engine. An older engine passes its port on, after the inputs of this one were found usable.
pub(super) async fn alone(
    places: &Places,
    (version, port): (&str, Option<u16>),
) -> Result<(Lock, Option<TcpListener>), StartError> {
    let running = match Lock::take(places).await {
        Ok(lock) => return Ok((lock, None)),
        Err(NotAlone::Running(Some(running)))
            if Version::of(&running.version) < Version::of(version) =>
        {
            running
        }
        Err(other) => return Err(other.into()),
    };
    let catalog = own_catalog(&places.providers)?;
    let settings = read_settings(&places.settings, &catalog)?;
    let wanted = SocketAddr::new(settings.address, port.unwrap_or(settings.port));
    let drain = settings.drain.to_std().unwrap_or_default();
    let taken = handover::take_over(places, running, wanted, drain).await?;
    Ok((taken.lock, taken.listener))
}

/// The named tokens; without their file, no named token is valid, and the engine still starts.
pub(super) fn read_tokens(file: &Path) -> Result<NamedTokens, String> {
    NamedTokens::read(file).map_err(|error| {
        let why = format!("{} cannot be read: {error}", file.display());
        tracing::error!("{why}; no named token is valid");
        why
    })
}

pub(super) async fn listen(
    settings: &Settings,
    port: Option<u16>,
    file: &Path,
) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(settings.address, port.unwrap_or(settings.port));
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            StartError::PortTaken {
                address,
                settings: file.to_owned(),
            }
        } else {
            StartError::Listen { address, error }
        }
    })
}

/// The ledger of this start.
pub(super) struct OpenedLedger {
    pub(super) ledger: Ledger,
    pub(super) trouble: Option<LedgerTrouble>,
    /// The file's disk has not responded yet.
    pub(super) opening: Option<Opening>,
}

/// If the ledger is not usable, or its disk hangs, this run has no history, but it still starts.
pub(super) async fn open_ledger(
    file: &Path,
    now: DateTime<Utc>,
    mut opening: Opening,
) -> Result<OpenedLedger, StartError> {
    let in_memory = |trouble, opening| {
        Ok(OpenedLedger {
            ledger: Ledger::in_memory(now).map_err(StartError::Ledger)?,
            trouble: Some(trouble),
            opening,
        })
    };
    match tokio::time::timeout(LEDGER_WITHIN, &mut opening).await {
        Ok(Ok(Ok(ledger))) => Ok(OpenedLedger {
            ledger,
            trouble: None,
            opening: None,
        }),
        // After a downgrade, a newer ledger stops the start before other files are written.
        Ok(Ok(Err(newer @ OpenError::Newer { .. }))) => Err(StartError::Ledger(newer)),
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, "the ledger cannot be used");
            in_memory(LedgerTrouble::at_start(&error), None)
        }
        Ok(Err(_)) => {
            let why = format!(
                "The ledger {} cannot be opened: an error in Understudy, see its log.",
                file.display()
            );
            in_memory(LedgerTrouble::NotUsable(why), None)
        }
        Err(_) => {
            let why = format!(
                "The ledger {} does not open: its disk or network share has not responded for {} s.",
                file.display(),
                LEDGER_WITHIN.as_secs()
            );
            tracing::error!("{why}");
            in_memory(LedgerTrouble::NotOpened(why), Some(opening))
        }
    }
}

pub(super) fn open_incidents(ledger: &Ledger) -> Vec<health::OpenIncident> {
    ledger
        .open_incidents()
        .unwrap_or_default()
        .into_iter()
        .map(|(_, open)| open)
        .collect()
}

/// The keychain's keys, before the port opens where it answers quickly.
pub(super) async fn load_keychain(
    keys: &Keys,
    catalog: &Catalog,
    settings: &Settings,
    events: &mpsc::Sender<LoopEvent>,
) {
    let wanted: Vec<_> = catalog
        .endpoints()
        .filter(|e| e.key_env.is_some() || e.auth != catalog::Auth::None)
        .map(|e| e.id.clone())
        .chain(settings.webhooks().map(webhook_entry))
        .collect();
    let (keys, events) = (keys.clone(), events.clone());
    let mut loading = tokio::task::spawn_blocking(move || {
        let loaded = Keychain::open().and_then(|chain| keys.load(&chain, &wanted));
        let event = match loaded {
            Ok(()) => LoopEvent::KeysChanged,
            Err(why) => LoopEvent::KeychainFailed(why.to_string()),
        };
        let _ = events.blocking_send(event);
    });
    let _ = tokio::time::timeout(KEYCHAIN_WITHIN, &mut loading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_delays_the_start_by_seconds_and_is_reported() {
        let (_hangs, opening) = tokio::sync::oneshot::channel();
        let file = Path::new("/share/ledger.sqlite");
        let opened = open_ledger(file, DateTime::UNIX_EPOCH, opening).await;
        let opened = opened.unwrap();
        let trouble = opened.trouble.unwrap();
        assert!(matches!(trouble, LedgerTrouble::NotOpened(_)));
        assert!(
            trouble
                .what()
                .contains("/share/ledger.sqlite does not open")
        );
        assert!(trouble.what().contains("has not responded for 12 s"));
        assert!(opened.opening.is_some(), "it may respond later");
        assert_eq!(opened.ledger.file(), None);
    }
}
