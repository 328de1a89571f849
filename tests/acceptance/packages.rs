//! The packages of `cargo xtask bundle`, installed, used and removed.

mod command_line;
mod compose;
mod deb;
mod image;
mod lists;
mod program;
mod rpm;
mod upgrade;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::desk::text;
use crate::installed::installed;

/// The folder of the packages. `None`: a manual run without them.
fn packages() -> Option<PathBuf> {
    installed("UNDERSTUDY_PACKAGES")
}

/// The package whose name ends with this.
fn package(end: &str) -> Option<PathBuf> {
    let folder = packages()?;
    let files = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = files.filter(|file| file.display().to_string().ends_with(end));
    Some(
        found
            .next()
            .unwrap_or_else(|| panic!("no {end} in {}", folder.display())),
    )
}

/// What a program printed on both outputs; it must succeed.
fn succeeds(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", both(&output));
    both(&output)
}

/// Its standard output alone.
fn printed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", both(&output));
    text(&output.stdout)
}

fn both(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Every file and link below a folder with its mode, relative to the folder: "usr/bin/understudy 755".
fn files(folder: &Path) -> Vec<String> {
    let printed = succeeds(
        Command::new("find")
            .current_dir(folder)
            .args([".", "!", "-type", "d", "-printf", "%P %m\\n"]),
    );
    let mut files: Vec<String> = printed.lines().map(str::to_owned).collect();
    files.sort();
    files
}
