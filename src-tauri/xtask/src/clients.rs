//! The real coding agents that the acceptance tests talk to, installed from npm at the versions they were measured with.

use std::path::PathBuf;

use crate::step::{Done, Failed, Outcome, call, step};
use crate::system::npm;
use crate::tree::{Stamp, target};

const CLIENTS: &[&str] = &["@anthropic-ai/claude-code@2.1.197", "@openai/codex@0.169.0"];

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

/// The folder with `node_modules/.bin/{claude,codex}`; None: they could not be installed, and their tests are left out.
///
/// # Errors
/// In CI (the environment variable `CI` is set) a client that cannot be installed fails the run.
pub(crate) fn install() -> Outcome<Option<PathBuf>> {
    let folder = target().join("clients");
    let stamp = Stamp::of("clients", CLIENTS.join(" "));
    let bin = folder.join("node_modules").join(".bin");
    let there = || {
        ["claude", "codex"]
            .iter()
            .all(|client| bin.join(client).exists())
    };
    let missing = Missing::of(std::env::var("CI").ok().as_deref());
    let mut installed = true;
    step("real clients", || {
        if stamp.is_current() && there() {
            return Ok(Done::Already(CLIENTS.join(" and ")));
        }
        std::fs::create_dir_all(&folder)?;
        let outcome = call(
            npm()
                .args([
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "--loglevel=error",
                    "--prefix",
                ])
                .arg(&folder)
                .args(CLIENTS),
        );
        match outcome {
            Ok(()) if there() => {
                stamp.set()?;
                Ok(Done::Did(format!("installed {}", CLIENTS.join(" and "))))
            }
            Ok(()) => {
                installed = false;
                missing.told("npm installed no programs")
            }
            Err(failed) => {
                installed = false;
                missing.told(&failed.to_string())
            }
        }
    })?;
    Ok(installed.then_some(folder))
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
