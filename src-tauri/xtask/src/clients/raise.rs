//! Writes the registries' newest versions into the pins.

use std::process::Command;

use super::install::{install_one, npm_on_node};
use super::selection::is_wanted;
use crate::pins::{Client, Package, Pins, Registry, is_older, release};
use crate::python;
use crate::step::{Done, Failed, Outcome, ask, step};
use crate::system::npm;
use crate::tree::target;

/// How many of a package's newest versions are tried: one in a registry may depend on a package that is missing.
const TRIED: usize = 5;

/// Raises the pins of these clients. A client that cannot be raised is reported and unchanged. Node.js is raised in any
/// case, because the others are looked up with it.
pub(super) fn raise(wanted: &str) -> Outcome {
    let mut pins = Pins::read()?;
    let mut stuck = Vec::new();
    for client in pins.clients.clone() {
        if client.name != "node" && !is_wanted(&client.name, wanted) {
            continue;
        }
        let outcome = step(&client.name, || raise_one(&mut pins, &client));
        if let Err(failed) = outcome {
            println!("xtask: WARNING: {failed}");
            stuck.push(client.name.clone());
        }
        pins.write()?;
        if client.name == "node" {
            // The others are looked up with it: npm skips versions that do not support its own Node.js.
            install_one(&pins, pins.client("node")?)?;
        }
    }
    match stuck.as_slice() {
        [] => Ok(()),
        stuck => {
            println!("xtask: WARNING: not raised: {}", stuck.join(", "));
            Ok(())
        }
    }
}

fn raise_one(pins: &mut Pins, client: &Client) -> Outcome<Done> {
    let raised = match client.registry {
        Registry::Npm => from_npm(pins, client)?,
        Registry::Pypi => from_pypi(client)?,
    };
    let mut changes = Vec::new();
    for (package, version) in client.packages.iter().zip(raised) {
        if package.version != version {
            pins.set(&client.name, &package.name, &version)?;
            changes.push(format!("{} {} → {version}", package.name, package.version));
        }
    }
    Ok(if changes.is_empty() {
        Done::Already("newest".into())
    } else {
        Done::Did(changes.join(", "))
    })
}

/// The newest versions that can be installed together, one for each package.
fn from_npm(pins: &Pins, client: &Client) -> Outcome<Vec<String>> {
    let mut offered = Vec::new();
    for package in &client.packages {
        offered.push(newest_of_npm(pins, package)?);
    }
    let newest = |at: usize| -> Vec<String> {
        // The client itself is its section's first package; the others always get the newest version.
        let version = |(place, versions): (usize, &Vec<String>)| {
            versions.get(if place == 0 { at } else { 0 }).cloned()
        };
        offered.iter().enumerate().filter_map(version).collect()
    };
    let mut why = Failed::new("the registry offers no version");
    for at in 0..offered.first().map_or(0, Vec::len) {
        let versions = newest(at);
        let mut tried = client.clone();
        for (package, version) in tried.packages.iter_mut().zip(&versions) {
            package.version.clone_from(version);
        }
        if tried == *client {
            return Ok(versions);
        }
        match can_be_installed(pins, &tried) {
            Ok(()) => return Ok(versions),
            Err(failed) => {
                let why_not = failed.to_string();
                let why_not = why_not.lines().take(4).collect::<Vec<_>>().join(" ");
                println!("xtask: {}: skipped: {why_not}", tried.pinned().join(" "));
                why = failed;
            }
        }
    }
    Err(why)
}

/// Whether the registry has every dependency of these. A package may be published before its parts.
fn can_be_installed(pins: &Pins, client: &Client) -> Outcome {
    let place = target().join("clients").join("raise");
    std::fs::create_dir_all(&place)?;
    ask(npm_for(pins, &client.name)?
        .args([
            "install",
            "--dry-run",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ])
        .args(["--loglevel=error", "--prefix"])
        .arg(&place)
        .args(client.pinned()))
    .map(drop)
}

/// npm on the pinned Node.js; for Node.js itself, npm on the system's.
fn npm_for(pins: &Pins, client: &str) -> Outcome<Command> {
    if client == "node" {
        Ok(npm())
    } else {
        npm_on_node(pins)
    }
}

/// Versions from the newest down to the pinned one.
fn newest_of_npm(pins: &Pins, package: &Package) -> Outcome<Vec<String>> {
    let name = &package.name;
    let view = |what: &str| ask(npm_for(pins, name)?.args(["view", name, what, "--json"]));
    let latest = view("dist-tags.latest")?;
    let latest = latest.trim().trim_matches('"');
    let all = view("versions")?;
    let mut versions: Vec<&str> = all
        .split('"')
        .filter(|part| release(part).is_some())
        .collect();
    versions.retain(|version| {
        let too_new = package.below.as_deref().map_or_else(
            || is_older(latest, version),
            |below| !is_older(version, below),
        );
        !too_new && !is_older(version, &package.version)
    });
    versions.sort_by_key(|version| std::cmp::Reverse(release(version)));
    Ok(versions
        .into_iter()
        .take(TRIED)
        .map(str::to_owned)
        .collect())
}

/// pip itself skips versions that cannot be installed.
fn from_pypi(client: &Client) -> Outcome<Vec<String>> {
    let wanted: Vec<String> = client
        .packages
        .iter()
        .map(
            |Package {
                 name,
                 version,
                 below,
             }| {
                let below = below
                    .as_ref()
                    .map_or_else(String::new, |below| format!(",<{below}"));
                format!("{name}>={version}{below}")
            },
        )
        .collect();
    let environment = target().join("clients").join("raise-python");
    let report = python::newest(&environment, &wanted)?;
    let file = environment.join("report.json");
    std::fs::write(&file, report)?;
    let report = ask(Command::new(python::program(&environment, "python"))
        .args(["-c", REQUESTED])
        .arg(&file))?;
    let plain = |name: &str| {
        let name = name.split('[').next().unwrap_or_default();
        name.to_lowercase().replace(['_', '.'], "-")
    };
    client
        .packages
        .iter()
        .map(|package| {
            report
                .lines()
                .filter_map(|line| line.split_once("=="))
                .find(|(name, _)| plain(name) == plain(&package.name))
                .map(|(_, version)| version.to_owned())
                .ok_or_else(|| {
                    Failed::new(format!(
                        "pip reports no version of {}: {report}",
                        package.name
                    ))
                })
        })
        .collect()
}

/// Selects the requested packages from pip's report.
const REQUESTED: &str = "import json, sys\n\
    for part in json.load(open(sys.argv[1]))['install']:\n    \
        if part['requested']:\n        \
            print(part['metadata']['name'] + '==' + part['metadata']['version'])\n";
