//! Python programs for the tests, each in a separate virtual environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Outcome, ask, call, fetch};

/// Creates the environment and installs these packages of PyPI as prebuilt wheels.
pub(crate) fn install(environment: &Path, packages: &[String]) -> Outcome {
    make(environment)?;
    fetch(pip(environment).args(["install", "--quiet"]).args(packages))
}

/// The newest versions of these packages that can be installed together. `wanted`: names, with the allowed versions.
pub(crate) fn newest(environment: &Path, wanted: &[String]) -> Outcome<String> {
    make(environment)?;
    ask(pip(environment)
        .args(["install", "--quiet", "--dry-run", "--ignore-installed"])
        .args(["--upgrade", "--report", "-"])
        .args(wanted))
}

fn make(environment: &Path) -> Outcome {
    let system = if cfg!(windows) { "python" } else { "python3" };
    call(Command::new(system).args(["-m", "venv"]).arg(environment))
}

fn pip(environment: &Path) -> Command {
    let mut pip = Command::new(program(environment, "python"));
    pip.args(["-m", "pip", "--disable-pip-version-check"])
        .env("PIP_ONLY_BINARY", ":all:");
    pip
}

pub(crate) fn program(environment: &Path, name: &str) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join(format!("{name}.exe"))
    } else {
        environment.join("bin").join(name)
    }
}
