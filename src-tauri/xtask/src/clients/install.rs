//! Installs a client's packages in a separate folder.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pins::{Client, Pins, Registry, is_older};
use crate::python;
use crate::step::{Done, Failed, Outcome, ask, fetch, step};
use crate::system::npm;
use crate::tree::{Stamp, target};

/// The oldest Node.js that the newest Claude Code supports; on an older one npm installs an older Claude Code.
const OLDEST_NODE: &str = "22";

pub(crate) fn folder(client: &Client) -> PathBuf {
    target().join("clients").join(&client.name)
}

/// Installs the pinned versions, unless they are installed.
pub(crate) fn install_one(pins: &Pins, client: &Client) -> Outcome {
    let pinned = client.pinned().join(" ");
    let stamp = Stamp::of(&format!("client-{}", client.name), pinned.clone());
    step(&client.name, || {
        if stamp.is_current() && folder(client).exists() {
            return Ok(Done::Already(pinned.clone()));
        }
        install_packages(pins, client)?;
        stamp.set()?;
        Ok(Done::Did(format!("installed {pinned}")))
    })
}

/// Starts from an empty folder, so that no files of another version remain.
fn install_packages(pins: &Pins, client: &Client) -> Outcome {
    let folder = folder(client);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    match (client.registry, client.name.as_str()) {
        (Registry::Pypi, _) => return python::install(&folder, &client.pinned()),
        (Registry::Npm, "node") => from_npm(&mut npm(), &folder, &client.pinned())?,
        (Registry::Npm, "n8n") => n8n(pins, client, &folder)?,
        (Registry::Npm, _) => from_npm(&mut npm_on_node(pins)?, &folder, &client.pinned())?,
    }
    check_versions(pins, client)
}

fn from_npm(npm: &mut Command, folder: &Path, packages: &[String]) -> Outcome {
    fetch(
        npm.args(["install", "--no-audit", "--no-fund", "--no-save"])
            .args(["--loglevel=error", "--prefix"])
            .arg(folder)
            .args(packages),
    )
}

/// A folder with only the pinned Node.js, for `PATH`.
fn node_folder(pins: &Pins) -> Outcome<PathBuf> {
    Ok(folder(pins.client("node")?).join("node_modules/node/bin"))
}

/// npm on the pinned Node.js: npm selects versions by the Node.js that runs it.
pub(super) fn npm_on_node(pins: &Pins) -> Outcome<Command> {
    let mut npm = npm();
    npm.env("PATH", path_with(&node_folder(pins)?)?);
    Ok(npm)
}

/// npm silently installs another version if one does not support the running Node.js.
fn check_versions(pins: &Pins, client: &Client) -> Outcome {
    let node = node_folder(pins)?.join(if cfg!(windows) { "node.exe" } else { "node" });
    let version = ask(Command::new(&node).arg("--version"))?;
    let version = version.trim().trim_start_matches('v');
    if is_older(version, OLDEST_NODE) {
        return Err(Failed::new(format!(
            "the clients would run on Node.js {version}; Claude Code and n8n need {OLDEST_NODE} or later. \
             Pin a newer `node` in tests/clients/pins.toml"
        )));
    }
    for package in &client.packages {
        let manifest = folder(client)
            .join("node_modules")
            .join(&package.name)
            .join("package.json");
        let installed = ask(Command::new(&node)
            .args(["--print", "require(process.argv[1]).version"])
            .arg(&manifest))?;
        let (name, wanted, installed) = (&package.name, &package.version, installed.trim());
        if installed != wanted {
            return Err(Failed::new(format!(
                "npm installed {name} {installed} where {wanted} is pinned: a version that does not support this Node.js \
                 would be replaced silently"
            )));
        }
    }
    Ok(())
}

/// Its packages' scripts download files from outside the registries. Only SQLite's native binding has to be built.
fn n8n(pins: &Pins, client: &Client, folder: &Path) -> Outcome {
    let node = &pins.client("node")?.packages[0];
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    // The folder contains the headers of the installed program.
    let headers = format!("node-{system}-{machine}");
    let packages = [client.pinned(), vec![format!("{headers}@{}", node.version)]].concat();
    from_npm(
        npm_on_node(pins)?.arg("--ignore-scripts"),
        folder,
        &packages,
    )?;
    let modules = folder.join("node_modules");
    let mut build = Command::new(modules.join(".bin/node-gyp"));
    let headers = modules.join(headers);
    ask(build
        .arg("rebuild")
        .arg(format!("--nodedir={}", headers.display()))
        .current_dir(modules.join("sqlite3"))
        .env("PATH", path_with(&node_folder(pins)?)?))
    .map(drop)
}

/// `PATH` with this folder first.
fn path_with(first: &Path) -> Outcome<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders)
        .map_err(|error| Failed::new(format!("{}: {error}", OsStr::to_string_lossy(&path))))
}
