//! Python programs that the tests ask or are asked by, each set in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Outcome, call};

/// Makes the environment, and installs these packages of PyPI into it, as they were built there.
pub(crate) fn install(environment: &Path, packages: &[&str]) -> Outcome {
    let system = if cfg!(windows) { "python" } else { "python3" };
    call(Command::new(system).args(["-m", "venv"]).arg(environment))?;
    call(
        Command::new(program(environment, "python"))
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--only-binary", ":all:"])
            .args(packages),
    )
}

pub(crate) fn program(environment: &Path, name: &str) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join(format!("{name}.exe"))
    } else {
        environment.join("bin").join(name)
    }
}
