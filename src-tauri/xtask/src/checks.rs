//! Checks that do not run the product.

use std::path::PathBuf;
use std::process::Command;

use crate::step::{Done, Failed, Outcome, ask, call, fetch, step};
use crate::system::{self, Purpose};
use crate::tree::{content_hash, root, target};
use crate::ui;

pub(crate) fn set_up_and_check() -> Outcome {
    system::install(Purpose::Desktop)?;
    ui::build()?;
    check()
}

/// Requires the system packages and `ui/dist`.
pub(crate) fn check() -> Outcome {
    step("format", || {
        call(cargo().args(["fmt", "--all", "--check"]))?;
        Ok(Done::Did("clean".into()))
    })?;
    ui::check()?;
    step("one version of the tray library", one_tray_library)?;
    step("dependencies", dependencies)?;
    step("lints", || {
        call(cargo().args([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ]))?;
        Ok(Done::Did("clean".into()))
    })?;
    step("generated types", generated_types)
}

pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// D-Bus works in the tray only because a feature of our dependency is unified into the tray library that Tauri uses. If the
/// versions differ after an update, the tray has no tooltip.
fn one_tray_library() -> Outcome<Done> {
    let tree = ask(cargo().args([
        "tree",
        "--locked",
        "--package",
        "understudy",
        "--target",
        "x86_64-unknown-linux-gnu",
        "--invert",
        "ksni",
        "--prefix",
        "none",
    ]))?;
    let has = |name: &str| tree.lines().any(|line| line.starts_with(name));
    if has("tray-icon v") && has("tauri v") {
        Ok(Done::Did("tauri uses the ksni backend".into()))
    } else {
        Err(Failed::new(format!(
            "tauri's tray-icon is not the version with the feature ksni; set `tray-icon` in Cargo.toml to the version that tauri needs\n{tree}"
        )))
    }
}

/// cargo-deny, if installed. It compiles for minutes, so only CI installs it.
fn dependencies() -> Outcome<Done> {
    let Some(cargo_deny) = find_cargo_deny()? else {
        return Ok(Done::Already(
            "cargo-deny is not installed (`cargo install cargo-deny --locked` installs it; CI always runs it)".into(),
        ));
    };
    ask(Command::new(cargo_deny).current_dir(root()).args([
        "--workspace",
        "--locked",
        "--config",
        ".ci/deny.toml",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    Ok(Done::Did("bans, licences and sources are correct".into()))
}

fn find_cargo_deny() -> Outcome<Option<PathBuf>> {
    let own = target().join("tools").join("bin").join("cargo-deny");
    let candidates = [PathBuf::from("cargo-deny"), own.clone()];
    let works = |program: &PathBuf| ask(Command::new(program).arg("--version")).is_ok();
    if let Some(found) = candidates.into_iter().find(works) {
        return Ok(Some(found));
    }
    if std::env::var_os("CI").is_none() {
        return Ok(None);
    }
    fetch(
        cargo()
            .args(["install", "cargo-deny", "--locked", "--quiet", "--root"])
            .arg(target().join("tools")),
    )?;
    Ok(Some(own))
}

/// A test writes the UI's types; they must equal the committed ones.
fn generated_types() -> Outcome<Done> {
    let before = content_hash(&[ui::generated()])?;
    ask(cargo().args(["test", "--quiet", "--locked", "--package", "api"]))?;
    if content_hash(&[ui::generated()])? == before {
        Ok(Done::Did("fresh".into()))
    } else {
        Err(Failed::new(
            "ui/src/generated was out of date and was rewritten: build the UI again and commit the change",
        ))
    }
}
