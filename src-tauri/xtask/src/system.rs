//! System packages: which are needed for which purpose, which are missing, and how to install them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::step::{Done, Failed, Outcome, ask, fetch, spelled, step};

/// The purpose of the build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Only `understudyd`.
    Engine,
    /// The tray application too.
    Desktop,
    /// The tests too, which start a separate display.
    Tests,
    /// libFuzzer, in addition to the engine's libraries.
    Fuzzing,
}

/// Debian and Ubuntu package, with the reason for it.
const ENGINE: &[(&str, &str)] = &[
    ("gcc", "compiles SQLite and the TLS primitives"),
    ("libc6-dev", "compiles SQLite and the TLS primitives"),
    ("pkg-config", "finds system libraries"),
];
const FUZZING: &[(&str, &str)] = &[("g++", "compiles libFuzzer")];
const DESKTOP: &[(&str, &str)] = &[("libwebkit2gtk-4.1-dev", "the window's web view, with GTK")];
const TESTS: &[(&str, &str)] = &[
    ("appstream", "checks the package's description"),
    ("curl", "sends what the documentation shows"),
    ("dbus-daemon", "a session bus for the tests"),
    (
        "desktop-file-utils",
        "checks the package's entry in the menu",
    ),
    (
        "python3-venv",
        "the Python SDKs that are tested against the stage",
    ),
    ("gnome-keyring", "a keychain for the tests"),
    ("rpm", "installs the rpm into an empty folder"),
    ("umoci", "checks and unpacks the image for containers"),
    (
        "util-linux",
        "makes file permissions count for tests that run as root",
    ),
    ("webkit2gtk-driver", "controls the window in the tests"),
    ("xauth", "a display for the tests"),
    ("xvfb", "a display for the tests"),
];

/// Installs missing packages if possible, else prints their names.
pub(crate) fn install(purpose: Purpose) -> Outcome {
    step("system packages", || {
        if cfg!(not(target_os = "linux")) {
            return Ok(Done::Already("this system has its own web view".into()));
        }
        if Path::new("/usr/bin/dpkg-query").exists() {
            debian(purpose)
        } else {
            other_linux(purpose)
        }
    })
}

/// Requires Node 20 or later, which builds the web UI.
pub(crate) fn require_node() -> Outcome {
    const HOW: &str = "The web UI is built with Node.js 20 or later and npm; Debian 12's own package is older. \
                       Install a current one from https://nodejs.org/en/download and try again";
    let version = ask(Command::new("node").arg("--version"))
        .map_err(|_| Failed::new(format!("Node.js was not found. {HOW}")))?;
    ask(npm().arg("--version")).map_err(|_| Failed::new(format!("npm was not found. {HOW}")))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= 20) {
        Ok(())
    } else {
        let version = version.trim();
        Err(Failed::new(format!("Node.js is {version}. {HOW}")))
    }
}

pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn needed(purpose: Purpose) -> Vec<(&'static str, &'static str)> {
    let lists: &[&[_]] = match purpose {
        Purpose::Engine => &[ENGINE],
        Purpose::Desktop => &[ENGINE, DESKTOP],
        Purpose::Tests => &[ENGINE, DESKTOP, TESTS],
        Purpose::Fuzzing => &[ENGINE, FUZZING],
    };
    lists.concat()
}

fn debian(purpose: Purpose) -> Outcome<Done> {
    let missing: Vec<_> = needed(purpose)
        .into_iter()
        .filter(|(package, _)| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(Done::Already("all there".into()));
    }
    for (package, why) in &missing {
        println!("xtask: {package} is missing: {why}");
    }
    let names: Vec<_> = missing.iter().map(|(package, _)| *package).collect();
    let mut install = as_root("apt-get");
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(&names);
    let mut update = as_root("apt-get");
    update.args(["update", "--quiet"]);
    for command in [&mut update, &mut install] {
        println!("xtask: running `{}`", spelled(command));
        fetch(command).map_err(|failed| {
            Failed::new(format!(
                "{failed}\nInstall these by hand and try again: {}",
                names.join(" ")
            ))
        })?;
    }
    Ok(Done::Did(format!("installed {}", names.join(" "))))
}

fn is_installed(package: &str) -> bool {
    ask(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

fn as_root(program: &str) -> Command {
    let root = ask(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if root {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.arg("DEBIAN_FRONTEND=noninteractive").arg(program);
    command
}

fn other_linux(purpose: Purpose) -> Outcome<Done> {
    if purpose == Purpose::Engine {
        return Ok(Done::Already("a C compiler is all that is needed".into()));
    }
    let found = Command::new("pkg-config")
        .args(["--exists", "webkit2gtk-4.1"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        return Err(Failed::new(
            "pkg-config finds no webkit2gtk-4.1. Install its development files (Fedora: webkit2gtk4.1-devel, \
             Arch: webkit2gtk-4.1, openSUSE: webkit2gtk3-devel) with a C compiler and pkg-config",
        ));
    }
    if purpose == Purpose::Tests {
        for program in [
            "Xvfb",
            "WebKitWebDriver",
            "dbus-daemon",
            "gnome-keyring-daemon",
            "setpriv",
            "appstreamcli",
            "curl",
            "desktop-file-validate",
            "dpkg",
            "rpm",
            "umoci",
        ] {
            let there = std::env::var_os("PATH").is_some_and(|path| {
                std::env::split_paths(&path).any(|folder| folder.join(program).exists())
            });
            if !there {
                return Err(Failed::new(format!("the tests need {program} in PATH")));
            }
        }
    }
    Ok(Done::Already("all there".into()))
}
