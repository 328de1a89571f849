//! `SHA256SUMS`: `sha256sum --check` reads it.

use std::path::Path;
use std::process::Command;

use crate::step::{Done, Outcome, ask};

const FILE: &str = "SHA256SUMS";

/// Covers every file of the folder, also those of an earlier call.
pub(super) fn write(folder: &Path) -> Outcome<Done> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && name != FILE {
            names.push(name);
        }
    }
    names.sort();
    let mut sums = String::new();
    for name in &names {
        let sum = sha256(&folder.join(name))?;
        sums += &format!("{sum}  {name}\n");
    }
    std::fs::write(folder.join(FILE), sums)?;
    Ok(Done::Did(format!("{FILE} of {} files", names.len())))
}

/// In hexadecimal digits. The program is part of each system: coreutils, or Perl's on macOS.
pub(super) fn sha256(file: &Path) -> Outcome<String> {
    let mut command = if cfg!(target_os = "macos") {
        let mut command = Command::new("shasum");
        command.args(["--algorithm", "256"]);
        command
    } else {
        Command::new("sha256sum")
    };
    // A line that begins with a backslash has an escaped name, which standard input does not have.
    let line = ask(command.arg("--").arg(file))?;
    let digits = line.trim_start_matches('\\').split(' ').next();
    Ok(digits.unwrap_or_default().to_owned())
}
