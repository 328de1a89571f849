//! The real coding agents and SDKs that are tested against the stage, installed at the versions they were measured with.

use std::path::{Path, PathBuf};

use crate::checks::cargo;
use crate::python;
use crate::run::{Profile, build_binaries};
use crate::step::{Done, Failed, Outcome, call, step};
use crate::system::{self, Purpose, npm};
use crate::tree::{Stamp, target};

/// From npm.
const NODE: &[&str] = &[
    "@anthropic-ai/claude-code@2.1.197",
    "@openai/codex@0.169.0",
    "@anthropic-ai/sdk@1.12.0",
    "openai@6.49.0",
];
/// From PyPI.
const PYTHON: &[&str] = &["anthropic==1.17.0", "openai==3.54.0"];

/// Every client against every fault; `arguments` are the runner's own.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    system::install(Purpose::Engine)?;
    system::require_node()?;
    // The engine serves the web UI from its own binary.
    crate::ui::build()?;
    build_binaries(Profile::Debug, false)?;
    let Some(folder) = install()? else {
        return Err(Failed::new("without the clients there is nothing to run"));
    };
    call(
        cargo()
            .args(["test", "--quiet", "--locked", "--package", "engine"])
            .args(["--test", "clients", "--"])
            .args(arguments)
            .env("UNDERSTUDY_CLIENTS", folder),
    )
}

/// What a missing client means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    /// Nobody reads the warnings of a run that passed.
    Fails,
    /// A desk without a way to npm can still test all the rest.
    IsSaid,
}

impl Missing {
    /// `ci`: what the environment variable `CI` says, which CI services set.
    fn of(ci: Option<&str>) -> Self {
        match ci.map(str::trim) {
            None | Some("" | "0" | "false") => Self::IsSaid,
            Some(_) => Self::Fails,
        }
    }

    fn told(self, why: &str) -> Outcome<Done> {
        match self {
            Self::Fails => Err(Failed::new(format!(
                "{why}; the tests with real clients cannot run, and in CI nothing is left out in silence"
            ))),
            Self::IsSaid => Ok(Done::Did(format!(
                "WARNING: {why}: THE TESTS WITH REAL CLIENTS ARE LEFT OUT"
            ))),
        }
    }
}

/// The folder with `node_modules` and `venv`; None: not all could be installed, and their tests are left out.
///
/// # Errors
/// In CI (the environment variable `CI` is set) a client that cannot be installed fails the run.
pub(crate) fn install() -> Outcome<Option<PathBuf>> {
    let folder = target().join("clients");
    let wanted = [NODE, PYTHON].concat().join(" ");
    let stamp = Stamp::of("clients", wanted.clone());
    let missing = Missing::of(std::env::var("CI").ok().as_deref());
    let mut installed = true;
    step("real clients", || {
        if stamp.is_current() && are_there(&folder) {
            return Ok(Done::Already(wanted));
        }
        std::fs::create_dir_all(&folder)?;
        match from_npm(&folder).and_then(|()| python::install(&venv(&folder), PYTHON)) {
            Ok(()) if are_there(&folder) => {
                stamp.set()?;
                Ok(Done::Did(format!("installed {wanted}")))
            }
            Ok(()) => {
                installed = false;
                missing.told("npm and pip installed no programs")
            }
            Err(failed) => {
                installed = false;
                missing.told(&failed.to_string())
            }
        }
    })?;
    Ok(installed.then_some(folder))
}

fn are_there(folder: &Path) -> bool {
    let bin = folder.join("node_modules").join(".bin");
    ["claude", "codex"]
        .iter()
        .all(|client| bin.join(client).exists())
        && python::program(&venv(folder), "python").exists()
}

fn venv(folder: &Path) -> PathBuf {
    folder.join("venv")
}

fn from_npm(folder: &Path) -> Outcome {
    call(
        npm()
            .args(["install", "--no-audit", "--no-fund", "--no-save"])
            .args(["--loglevel=error", "--prefix"])
            .arg(folder)
            .args(NODE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_client_fails_the_run_in_ci_and_is_said_on_a_desk() {
        for desk in [None, Some(""), Some("0"), Some("false")] {
            let Ok(Done::Did(told)) = Missing::of(desk).told("no network") else {
                panic!("{desk:?}");
            };
            assert!(
                told.contains("LEFT OUT") && told.contains("no network"),
                "{told}"
            );
        }
        for ci in ["true", "1", "woodpecker"] {
            let Err(failed) = Missing::of(Some(ci)).told("no network") else {
                panic!("{ci}");
            };
            assert!(failed.to_string().starts_with("no network; "), "{failed}");
        }
    }
}
