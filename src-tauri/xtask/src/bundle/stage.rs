//! What goes into the packages, collected below one folder that Tauri's bundler takes for cargo's build folder. So the bundler
//! finds stripped copies there, and the real build folder stays as it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::glibc;
use super::kind::Kind;
use super::libraries;
use crate::run::{Profile, binary};
use crate::step::{Done, Failed, Outcome, ask, call, step};
use crate::tree::{root, target};

pub(super) struct Stage {
    pub(super) folder: PathBuf,
    pub(super) profile: Profile,
    /// "x86_64-unknown-linux-gnu"
    pub(super) triple: String,
    pub(super) version: String,
    /// Minor version of the C library that the programs need, on Linux.
    pub(super) glibc: Option<u32>,
}

impl Stage {
    pub(super) fn new(profile: Profile) -> Outcome<Stage> {
        let folder = target().join("xtask/packages").join(profile.folder());
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let rustc = ask(Command::new("rustc").arg("-vV"))?;
        let triple = rustc
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| Failed::new("rustc names no host"))?;
        Ok(Stage {
            folder,
            profile,
            triple: triple.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            glibc: None,
        })
    }

    /// The base name of the sidecar: Tauri adds the triple and the suffix of programs.
    pub(super) fn sidecar(&self) -> PathBuf {
        self.folder.join("bin/understudyd")
    }

    pub(super) fn engine(&self) -> PathBuf {
        let suffix = std::env::consts::EXE_SUFFIX;
        self.folder
            .join("bin")
            .join(format!("understudyd-{}{suffix}", self.triple))
    }

    pub(super) fn shared(&self) -> PathBuf {
        self.folder.join("share")
    }

    pub(super) fn fill(&mut self, kinds: &[Kind], lists: &Path) -> Outcome {
        let with_desktop = kinds.iter().any(|kind| kind.is_desktop());
        step("package contents", || {
            let engine = self.engine();
            copy_program(&binary(self.profile, "understudyd"), &engine)?;
            let mut programs = vec![engine];
            if with_desktop {
                let shell = self.folder.join(self.profile.folder()).join("understudy");
                let shell = shell.with_extension(std::env::consts::EXE_EXTENSION);
                copy_program(&binary(self.profile, "understudy"), &shell)?;
                programs.push(shell);
            }
            if cfg!(target_os = "linux") {
                let programs: Vec<&Path> = programs.iter().map(PathBuf::as_path).collect();
                self.glibc = glibc::needed(&programs)?;
                self.add_documents(lists)?;
            }
            Ok(Done::Did(format!("in {}", self.folder.display())))
        })
    }

    /// Manual pages, completions, the change log, and the libraries' list and licenses.
    fn add_documents(&self, lists: &Path) -> Outcome {
        let shared = self.shared();
        let manual = shared.join("man");
        let engine = self.engine();
        call(Command::new(&engine).arg("manual").arg(&manual))?;
        for entry in std::fs::read_dir(&manual)? {
            compress(&entry?.path())?;
        }
        for (shell, file) in [
            ("bash", "understudyd.bash"),
            ("zsh", "_understudyd"),
            ("fish", "understudyd.fish"),
        ] {
            let script = ask(Command::new(&engine).args(["completions", shell]))?;
            std::fs::write(shared.join(file), script)?;
        }
        let changes = shared.join("changelog");
        std::fs::copy(root().join("CHANGELOG.md"), &changes)?;
        compress(&changes)?;
        for list in [
            libraries::SHELL_LIST,
            libraries::ENGINE_LIST,
            libraries::LICENSES,
        ] {
            std::fs::copy(lists.join(list), shared.join(list))?;
        }
        compress(&shared.join(libraries::LICENSES))
    }
}

/// Without debug information, which a release build does not have.
fn copy_program(from: &Path, to: &Path) -> Outcome {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if cfg!(target_os = "linux") {
        call(Command::new("strip").arg("-o").arg(to).arg(from))
    } else {
        std::fs::copy(from, to)?;
        Ok(())
    }
}

/// The same bytes on every run: no name and no time inside.
pub(super) fn compress(file: &Path) -> Outcome {
    compress_at("-9", file)
}

/// A level of gzip: "-1" is fast, "-9" is small.
pub(super) fn compress_at(level: &str, file: &Path) -> Outcome {
    let mut gzip = Command::new("gzip");
    call(gzip.args([level, "--no-name", "--force"]).arg(file))
}
