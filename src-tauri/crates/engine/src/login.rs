//! Start at login and restart after a crash: a systemd user unit.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const UNIT: &str = "understudy.service";

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("this system has no user services that Understudy supports (systemd was not found)")]
    NoServices,
    #[error("{path} cannot be written: {error}")]
    Unwritable { path: PathBuf, error: io::Error },
}

impl LoginError {
    pub(crate) fn fix(&self) -> &'static str {
        match self {
            LoginError::NoServices => "start `understudyd` with your desktop's autostart",
            LoginError::Unwritable { .. } => "check the folder's permissions",
        }
    }
}

/// `None`: this system has no user services.
pub(crate) fn is_on() -> Option<bool> {
    if !cfg!(target_os = "linux") || !has_systemd() {
        return None;
    }
    let unit = unit_dir()?.join(UNIT);
    Some(
        unit.exists()
            && unit_dir()?
                .join("default.target.wants")
                .join(UNIT)
                .symlink_metadata()
                .is_ok(),
    )
}

/// Enables or disables the start at login, and returns a sentence about the effect.
pub(crate) fn set(on: bool) -> Result<String, LoginError> {
    if is_on().is_none() {
        return Err(LoginError::NoServices);
    }
    let dir = unit_dir().ok_or(LoginError::NoServices)?;
    let path = dir.join(UNIT);
    let wanted = dir.join("default.target.wants").join(UNIT);
    let unwritable = |path: &PathBuf| {
        let path = path.clone();
        move |error| LoginError::Unwritable { path, error }
    };
    if on {
        let engine = env::current_exe().map_err(unwritable(&path))?;
        fs::create_dir_all(dir.join("default.target.wants")).map_err(unwritable(&wanted))?;
        fs::write(&path, unit(&engine.display().to_string())).map_err(unwritable(&path))?;
        remove(&wanted).map_err(unwritable(&wanted))?;
        link(&path, &wanted).map_err(unwritable(&wanted))?;
        reload();
        Ok("The engine starts at your next login, and restarts when it fails. The current one runs until then.".into())
    } else {
        remove(&wanted).map_err(unwritable(&wanted))?;
        remove(&path).map_err(unwritable(&path))?;
        reload();
        Ok("The engine no longer starts at login.".into())
    }
}

fn remove(path: &PathBuf) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn link(unit: &PathBuf, wanted: &PathBuf) -> io::Result<()> {
    std::os::unix::fs::symlink(unit, wanted)
}

#[cfg(not(unix))]
fn link(_: &PathBuf, _: &PathBuf) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The unit is enabled by a link, which the next login finds. A reload lets `systemctl` show it now.
fn reload() {
    let reported = Command::new("systemctl")
        .args(["--user", "daemon-reload"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !reported.is_ok_and(|status| status.success()) {
        tracing::info!("no user manager runs now; the unit counts from the next login");
    }
}

/// A stop may last `drain_s`, which is 60 s by default, and its last writes. A clean end is deliberate and causes no restart; nor
/// does exit code 3, a second engine. A crash always causes one, however many there were.
fn unit(engine: &str) -> String {
    let engine = quoted(engine);
    format!(
        "[Unit]\nDescription=Understudy engine\nAfter=network.target\nStartLimitIntervalSec=0\n\n[Service]\nExecStart={engine} serve\nRestart=on-failure\nRestartSec=2\nRestartPreventExitStatus=3\nKillMode=mixed\nTimeoutStopSec=90\n\n[Install]\nWantedBy=default.target\n"
    )
}

/// A path for a unit file: quoted, without specifiers. systemd rejects quotes and backslashes in a path.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('%', "%%"))
}

fn unit_dir() -> Option<PathBuf> {
    let config = env::var_os("XDG_CONFIG_HOME")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from);
    let config =
        config.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("systemd/user"))
}

fn has_systemd() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join("systemctl").is_file())
}

#[cfg(test)]
mod tests {
    use super::unit;

    #[test]
    fn an_unusual_path_is_quoted() {
        let unit = unit("/home/a b/100% $HOME/understudyd");
        assert!(
            unit.contains("ExecStart=\"/home/a b/100%% $HOME/understudyd\" serve\n"),
            "{unit}"
        );
    }
}
