//! Installs the real agents, SDKs and frameworks at the versions of `tests/clients/pins.toml`, and runs their tests
//! against the rehearsal provider.

mod install;
mod raise;
mod selection;

use std::path::PathBuf;
use std::process::Command;

use crate::checks::cargo;
use crate::pins::Pins;
use crate::run::{Profile, build_binaries};
use crate::step::{Done, Failed, Outcome, ask, call, step};
use crate::system::{self, Purpose};
use crate::tree::target;

pub(crate) use selection::Selection;
use selection::is_wanted;

pub(crate) use install::{folder, install_one};

/// The clients of `cargo xtask test`: those that one command connects, and two libraries. More would take too long for a local
/// run.
pub(crate) const TESTED: [&str; 9] = [
    "node",
    "claude-code",
    "codex",
    "opencode",
    "continue",
    "cline",
    "aider",
    "sdk-node",
    "sdk-python",
];

/// Tests every client in an outage.
pub(crate) fn run(selection: &Selection<'_>) -> Outcome {
    system::install(Purpose::Engine)?;
    system::require_node()?;
    if selection.raise {
        raise::raise(selection.wanted)?;
    }
    // The engine serves the web UI from its own binary.
    crate::ui::build()?;
    build_binaries(Profile::Debug, false)?;
    let missing = install_all(selection.wanted)?;
    let mut build = cargo();
    call(build.args(TEST).arg("--no-run"))?;
    let mut tests = cargo();
    tests
        .args(TEST)
        .args(["--offline", "--"])
        .args(&selection.passed);
    let outcome = call(
        alone(tests)
            .env("UNDERSTUDY_CLIENTS", clients())
            .env("UNDERSTUDY_CLIENTS_MISSING", missing.join("\n")),
    );
    if missing.is_empty() {
        outcome
    } else {
        Err(Failed::new(format!(
            "these clients could not be installed, and were not run:\n{}",
            missing.join("\n")
        )))
    }
}

const TEST: [&str; 7] = [
    "test",
    "--quiet",
    "--locked",
    "--package",
    "engine",
    "--test",
    "clients",
];

/// Returns the reason for each client that could not be installed.
fn install_all(wanted: &str) -> Outcome<Vec<String>> {
    let pins = Pins::read()?;
    install_one(&pins, pins.client("node")?)?;
    let mut missing = Vec::new();
    for client in &pins.clients {
        let is_tested = TESTED.contains(&client.name.as_str());
        if (is_tested || is_wanted(&client.name, wanted))
            && let Err(failed) = install_one(&pins, client)
        {
            let why = failed.to_string().replace('\n', " ");
            println!("xtask: WARNING: {}: {why}", client.name);
            missing.push(format!("{}: {why}", client.name));
        }
    }
    Ok(missing)
}

/// Runs without network beyond this machine, if the system supports it: clients contact their vendor without a request.
/// Processes that a client leaves running end with the run.
fn alone(command: Command) -> Command {
    const ROOT: &[&str] = &["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const USER: &[&str] = &[
        "--map-root-user",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ];
    for how in [ROOT, USER] {
        let mut trial = Command::new("unshare");
        trial.args(how).args(["sh", "-c", "ip link set lo up"]);
        if ask(&mut trial).is_ok() {
            let mut alone = Command::new("unshare");
            alone
                .args(how)
                .args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
                .arg(command.get_program())
                .args(command.get_args());
            if let Some(folder) = command.get_current_dir() {
                alone.current_dir(folder);
            }
            return alone;
        }
    }
    println!(
        "xtask: WARNING: no network namespace can be created here: the clients have dummy keys, but could reach the network"
    );
    command
}

/// The effect of a missing client on the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    /// A warning in a successful run would be overlooked.
    Fails,
    /// Without access to npm, all other tests can still run locally.
    IsReported,
}

impl Missing {
    /// `ci`: the environment variable `CI`, which CI services set.
    fn of(ci: Option<&str>) -> Self {
        match ci.map(str::trim) {
            None | Some("" | "0" | "false") => Self::IsReported,
            Some(_) => Self::Fails,
        }
    }

    fn outcome(self, why: &str) -> Outcome<Done> {
        match self {
            Self::Fails => Err(Failed::new(format!(
                "{why}; the tests with real clients cannot run, and CI skips no test"
            ))),
            Self::IsReported => Ok(Done::Did(format!(
                "WARNING: {why}: THE TESTS WITH REAL CLIENTS ARE SKIPPED"
            ))),
        }
    }
}

/// The folder of the clients that `cargo xtask test` runs. `None`: not all could be installed, and their tests are left
/// out.
///
/// # Errors
/// In CI (the environment variable `CI` is set) a client that cannot be installed fails the run.
pub(crate) fn install() -> Outcome<Option<PathBuf>> {
    let pins = Pins::read()?;
    let missing = Missing::of(std::env::var("CI").ok().as_deref());
    for name in TESTED {
        if let Err(failed) = install_one(&pins, pins.client(name)?) {
            step("real clients", || missing.outcome(&failed.to_string()))?;
            return Ok(None);
        }
    }
    Ok(Some(clients()))
}

fn clients() -> PathBuf {
    target().join("clients")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_client_fails_the_run_in_ci_and_is_reported_locally() {
        for desk in [None, Some(""), Some("0"), Some("false")] {
            let Ok(Done::Did(line)) = Missing::of(desk).outcome("no network") else {
                panic!("{desk:?}");
            };
            assert!(
                line.contains("SKIPPED") && line.contains("no network"),
                "{line}"
            );
        }
        for ci in ["true", "1", "woodpecker"] {
            let Err(failed) = Missing::of(Some(ci)).outcome("no network") else {
                panic!("{ci}");
            };
            assert!(failed.to_string().starts_with("no network; "), "{failed}");
        }
    }
}
