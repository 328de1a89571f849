//! File locations on this machine.

use std::env;
use std::path::{Path, PathBuf};

/// All file paths of the engine. `UNDERSTUDY_HOME` places them below one folder, for tests and drills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// The owner's commented TOML file.
    pub settings: PathBuf,
    /// The owner's own catalogue entries, `*.toml`.
    pub providers: PathBuf,
    pub ledger: PathBuf,
    /// The per-install token that clients carry, mode 0600.
    pub token: PathBuf,
    /// Digests of the named tokens, mode 0600.
    pub tokens: PathBuf,
    /// Lock file of this user's engine.
    pub lock: PathBuf,
    /// Address and tokens for the shell and the CLI, mode 0600.
    pub runtime: PathBuf,
    pub logs: PathBuf,
    /// What was written into the settings of clients.
    pub clients: PathBuf,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "cannot tell where your files belong: neither HOME nor UNDERSTUDY_HOME is set. Set one of them."
)]
pub(crate) struct Homeless;

/// After `su`, the variable may still name the folder of the other user.
#[cfg(target_os = "linux")]
fn is_own(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = |path: &Path| std::fs::metadata(path).map(|found| found.uid());
    match (user(folder), user(Path::new("/proc/self"))) {
        (Ok(owner), Ok(own)) => owner == own,
        // A missing folder may be created.
        (Err(error), _) => error.kind() == std::io::ErrorKind::NotFound,
        (Ok(_), Err(_)) => true,
    }
}

#[cfg(not(target_os = "linux"))]
fn is_own(_: &Path) -> bool {
    true
}

impl Places {
    /// All in one folder.
    pub(crate) fn under(home: &Path) -> Places {
        Places {
            settings: home.join("settings.toml"),
            providers: home.join("providers"),
            ledger: home.join("ledger.sqlite"),
            token: home.join("token"),
            tokens: home.join("tokens.json"),
            lock: home.join("lock"),
            runtime: home.join("run/engine.json"),
            logs: home.join("log"),
            clients: home.join("clients"),
        }
    }

    pub(crate) fn find() -> Result<Places, Homeless> {
        let var = |name: &str| {
            env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        if let Some(home) = var("UNDERSTUDY_HOME") {
            return Ok(Places::under(&home));
        }
        let (config, data) = if cfg!(windows) {
            (
                var("APPDATA").ok_or(Homeless)?.join("Understudy"),
                var("LOCALAPPDATA").ok_or(Homeless)?.join("Understudy"),
            )
        } else {
            let home = var("HOME").ok_or(Homeless)?;
            if cfg!(target_os = "macos") {
                let support = home.join("Library/Application Support/Understudy");
                (support.clone(), support)
            } else {
                (
                    var("XDG_CONFIG_HOME")
                        .unwrap_or_else(|| home.join(".config"))
                        .join("understudy"),
                    var("XDG_DATA_HOME")
                        .unwrap_or_else(|| home.join(".local/share"))
                        .join("understudy"),
                )
            }
        };
        let run = var("XDG_RUNTIME_DIR").filter(|dir| is_own(dir));
        let run = run.map_or_else(|| data.join("run"), |dir| dir.join("understudy"));
        Ok(Places {
            settings: config.join("settings.toml"),
            providers: config.join("providers"),
            ledger: data.join("ledger.sqlite"),
            token: data.join("token"),
            tokens: data.join("tokens.json"),
            lock: data.join("lock"),
            runtime: run.join("engine.json"),
            logs: data.join("log"),
            clients: data.join("clients"),
        })
    }
}
