//! The shell's files and folders. The engine computes the same paths.

use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Places {
    /// Written by the engine when it listens, removed by it at a clean stop. The default path.
    runtime_file: PathBuf,
    /// Contains the path of the runtime file: an engine that was started by ssh or cron has another environment.
    lock: PathBuf,
    pub(crate) log: PathBuf,
    /// The window's last size.
    pub(crate) window: PathBuf,
    /// The engine's program, if it is set.
    pub(crate) engine: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no home folder: set HOME, or UNDERSTUDY_HOME to a separate folder")]
pub(crate) struct NoHome;

impl Places {
    /// `UNDERSTUDY_HOME` contains everything if it is set; else the platform's default folders.
    pub(crate) fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, NoHome> {
        let folder = |name: &str| {
            variable(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let engine = folder("UNDERSTUDYD");
        let (data, run) = match folder("UNDERSTUDY_HOME") {
            Some(home) => (home.clone(), home.join("run")),
            None => {
                let data = data_folder(&folder).ok_or(NoHome)?;
                let run = match folder("XDG_RUNTIME_DIR") {
                    Some(run) => run.join("understudy"),
                    None => data.join("run"),
                };
                (data, run)
            }
        };
        Ok(Self {
            runtime_file: run.join("engine.json"),
            lock: data.join("lock"),
            log: data.join("log"),
            window: data.join("window.json"),
            engine,
        })
    }
}

impl Places {
    pub(crate) fn runtime_file(&self) -> PathBuf {
        let stated = std::fs::read_to_string(&self.lock).unwrap_or_default();
        let stated = PathBuf::from(stated);
        match stated.is_absolute() {
            true => stated,
            false => self.runtime_file.clone(),
        }
    }
}

fn data_folder(folder: &impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        Some(folder("HOME")?.join("Library/Application Support/Understudy"))
    } else if cfg!(windows) {
        Some(folder("LOCALAPPDATA")?.join("Understudy"))
    } else {
        let data =
            folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
        Some(data.join("understudy"))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use super::Places;

    fn with(variables: &[(&str, &str)]) -> Option<Places> {
        let find = |name: &str| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(value))
        };
        Places::from_environment(find).ok()
    }

    #[test]
    fn understudy_home_contains_all_paths() {
        let places = with(&[
            ("HOME", "/home/ann"),
            ("XDG_RUNTIME_DIR", "/run/user/1000"),
            ("UNDERSTUDY_HOME", "/tmp/drill"),
            ("UNDERSTUDYD", "/opt/understudyd"),
        ])
        .unwrap();
        assert_eq!(places.runtime_file, Path::new("/tmp/drill/run/engine.json"));
        assert_eq!(places.log, Path::new("/tmp/drill/log"));
        assert_eq!(places.engine, Some(PathBuf::from("/opt/understudyd")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_platforms_folders_are_the_default() {
        let places = with(&[("HOME", "/home/ann"), ("XDG_RUNTIME_DIR", "/run/user/1000")]).unwrap();
        assert_eq!(
            places.runtime_file,
            Path::new("/run/user/1000/understudy/engine.json")
        );
        assert_eq!(
            places.log,
            Path::new("/home/ann/.local/share/understudy/log")
        );

        let places = with(&[("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data")]).unwrap();
        assert_eq!(
            places.runtime_file,
            Path::new("/data/understudy/run/engine.json")
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_missing_home_is_an_error() {
        assert_eq!(with(&[("XDG_RUNTIME_DIR", "/run/user/1000")]), None);
        assert_eq!(with(&[("HOME", ""), ("XDG_DATA_HOME", "")]), None);
    }
}
