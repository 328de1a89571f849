//! Start at login, and restart after a crash where the system does that.

mod error;
mod file;
#[cfg(windows)]
mod registry;
mod systemd;
mod text;

use std::env;
use std::path::{Path, PathBuf};

use crate::places::Places;
pub(crate) use error::LoginError;
use file::StartFile;
use systemd::Systemd;

/// How this system starts the engine.
enum Way {
    /// It also restarts the engine.
    Systemd(Systemd),
    /// A desktop without systemd.
    DesktopEntry(StartFile),
    LaunchAgent(StartFile),
    #[cfg(windows)]
    RunKey,
}

/// None: the folder of this user is not known.
fn way() -> Option<Way> {
    #[cfg(windows)]
    if cfg!(windows) {
        return Some(Way::RunKey);
    }
    let named = |name: &str| {
        let value = env::var_os(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    if cfg!(target_os = "macos") {
        let file = format!("{}.plist", text::LABEL);
        let agent = named("HOME")?.join("Library/LaunchAgents").join(file);
        return Some(Way::LaunchAgent(StartFile(agent)));
    }
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
    Some(match has_systemd() {
        true => Way::Systemd(Systemd::of(&config)),
        false => Way::DesktopEntry(StartFile(
            config.join("autostart/understudy-engine.desktop"),
        )),
    })
}

fn has_systemd() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join("systemctl").is_file())
}

/// `None`: this system has no start at login that Understudy knows.
pub(crate) fn is_on() -> Option<bool> {
    Some(match way()? {
        Way::Systemd(systemd) => systemd.is_on(),
        Way::DesktopEntry(file) | Way::LaunchAgent(file) => file.is_on(),
        #[cfg(windows)]
        Way::RunKey => registry::is_on(),
    })
}

/// The engine is a service of systemd, whose log is in the journal.
pub(crate) fn is_a_service() -> bool {
    match way() {
        Some(Way::Systemd(systemd)) => systemd.is_on(),
        #[cfg(windows)]
        Some(Way::RunKey) => false,
        Some(Way::DesktopEntry(_) | Way::LaunchAgent(_)) | None => false,
    }
}

/// Enables or disables the start at login, and returns a sentence about the effect.
pub(crate) fn set(on: bool) -> Result<String, LoginError> {
    let way = way().ok_or(LoginError::Homeless)?;
    if !on {
        match way {
            Way::Systemd(systemd) => systemd.turn_off()?,
            Way::DesktopEntry(file) | Way::LaunchAgent(file) => file.turn_off()?,
            #[cfg(windows)]
            Way::RunKey => registry::turn_off()?,
        }
        return Ok("The engine no longer starts at login.".into());
    }
    let path = env::current_exe().map_err(LoginError::at(Path::new("understudyd")))?;
    let engine = path.display().to_string();
    let restarts = match way {
        Way::Systemd(systemd) => systemd.turn_on(&engine).map(|()| true),
        Way::LaunchAgent(file) => {
            let log = Places::find().map_err(|_| LoginError::Homeless)?.logs;
            let log = log.join("understudyd.log").display().to_string();
            file.turn_on(&text::launch_agent(&engine, &log))
                .map(|()| true)
        }
        Way::DesktopEntry(file) => file.turn_on(&text::desktop_entry(&engine)).map(|()| false),
        #[cfg(windows)]
        Way::RunKey => registry::turn_on(&path).map(|()| false),
    }?;
    Ok(match restarts {
        true => "The engine starts at your next login, and restarts when it fails. The current one runs until then.",
        false => "The engine starts at your next login to the desktop. The current one runs until then; the tray application restarts it when it fails.",
    }
    .into())
}

/// Brings what an earlier version wrote up to date.
pub(crate) fn refresh() {
    let Some(Way::Systemd(systemd)) = way() else {
        return;
    };
    let Ok(engine) = env::current_exe() else {
        return;
    };
    match systemd.refresh(&engine.display().to_string()) {
        Ok(true) => tracing::info!(
            "the unit for the start at login was written by an earlier version, and is up to date now"
        ),
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, "the unit for the start at login is of an earlier version")
        }
    }
}
