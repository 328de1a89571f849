//! The user's computer as a client finds it: folders, variables, programs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Linux,
    Macos,
    Windows,
}

impl System {
    pub fn this() -> System {
        if cfg!(windows) {
            System::Windows
        } else if cfg!(target_os = "macos") {
            System::Macos
        } else {
            System::Linux
        }
    }
}

/// Everything that decides which files a client reads. No `Debug`: variables hold keys.
#[derive(Clone)]
pub struct Surroundings {
    pub system: System,
    pub home: PathBuf,
    pub variables: BTreeMap<String, String>,
    /// Folders of programs.
    pub programs: Vec<PathBuf>,
    /// The folder of a project whose files may override the user's; `None` for the engine.
    pub project: Option<PathBuf>,
}

impl Surroundings {
    /// The paths of a data file for this system.
    pub(crate) fn choose<'a>(
        &self,
        paths: &'a [String],
        macos: &'a [String],
        windows: &'a [String],
    ) -> &'a [String] {
        match self.system {
            System::Macos if !macos.is_empty() => macos,
            System::Windows if !windows.is_empty() => windows,
            System::Linux | System::Macos | System::Windows => paths,
        }
    }

    /// `~/a`, `${NAME}/a`, `${NAME:-~/a}/b`. `None`: a variable without a default is not set, or the home folder is unknown.
    pub(crate) fn expand(&self, text: &str) -> Option<PathBuf> {
        let mut rest = text;
        let mut full = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, behind) = after.split_once('}')?;
            let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
            let set = self.variables.get(name).filter(|value| !value.is_empty());
            full += before;
            full += match set {
                Some(value) => value,
                None if default.is_empty() => return None,
                None => default,
            };
            rest = behind;
        }
        full += rest;
        match full.strip_prefix('~') {
            // A relative path would be in the current folder.
            Some(_) if !self.home.is_absolute() => None,
            Some("") => Some(self.home.clone()),
            Some(below) => Some(self.home.join(below.trim_start_matches(['/', '\\']))),
            None => Some(PathBuf::from(full)),
        }
    }

    /// The existing files of a path with one `*` in its last part, by name, each with what `*` stands for. A path without one
    /// is its own only file, whether it exists or not.
    pub(crate) fn matching(&self, path: &Path) -> Vec<(PathBuf, String)> {
        let name = path.file_name().and_then(OsStr::to_str);
        let Some((before, after)) = name.and_then(|name| name.split_once('*')) else {
            return vec![(path.to_owned(), String::new())];
        };
        let entries = path.parent().and_then(|folder| fs::read_dir(folder).ok());
        let entries = entries.into_iter().flatten().flatten();
        let mut found: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let star = name.strip_prefix(before)?.strip_suffix(after)?.to_owned();
                Some((entry.path(), star))
            })
            .collect();
        found.sort();
        found
    }

    /// The first of these programs that is installed.
    pub fn program(&self, names: &[String]) -> Option<PathBuf> {
        let endings: &[&str] = match self.system {
            System::Windows => &[".exe", ".cmd", ".bat"],
            System::Linux | System::Macos => &[""],
        };
        let files = names.iter().flat_map(|name| {
            let named = move |ending: &&str| format!("{name}{ending}");
            endings.iter().map(named)
        });
        let mut paths = files.flat_map(|file| {
            let below = move |folder: &PathBuf| folder.join(&file);
            self.programs.iter().map(below)
        });
        paths.find(|path| is_program(path))
    }

    /// `~/.folder/file` for a file below the home folder.
    pub fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Ok(below) => format!("~/{}", below.display()),
            Err(_) => path.display().to_string(),
        }
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
