//! The packages of the desktop application, written by Tauri's bundler. `tauri.conf.json` states what they contain; what depends
//! on the build is added here.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::json::Json;
use super::kind::Kind;
use super::libraries;
use super::stage::Stage;
use crate::run::Profile;
use crate::step::{Failed, Outcome, ask};
use crate::system::{npm, require_node};
use crate::tree::{Stamp, content_hash, root};

/// The engine does not start without certificates of authorities; Debian's and Fedora's package have the same name.
const CERTIFICATES: &str = "ca-certificates";

/// Level 19 of zstd takes a minute; a package for a test is written in seconds.
const SMALL: (&str, u64) = ("zstd", 19);
const FAST: (&str, u64) = ("gzip", 1);

pub(super) fn write(stage: &Stage, kind: Kind, out: &Path) -> Outcome<PathBuf> {
    let bundler = bundler()?;
    let settings = stage.folder.join("bundle.json");
    std::fs::write(&settings, settings_of(stage)?.to_string())?;
    let folder = stage
        .folder
        .join(stage.profile.folder())
        .join("bundle")
        .join(kind.name());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut command = Command::new(bundler);
    command
        .current_dir(root())
        .args([
            "bundle",
            "--ci",
            "--no-binary-patching",
            "--bundles",
            kind.name(),
        ])
        .arg("--config")
        .arg(&settings)
        .env("CARGO_TARGET_DIR", &stage.folder);
    if stage.profile == Profile::Debug {
        command.arg("--debug");
    }
    ask(&mut command).map_err(|failed| explained(kind, &failed))?;
    let made = find(&folder, kind)?;
    let name = made.file_name().unwrap_or_default().to_string_lossy();
    let package = out.join(name.replacen("Understudy", "understudy", 1));
    std::fs::copy(&made, &package)?;
    Ok(package)
}

/// Tauri's program, installed from npm at the version of the lock file.
fn bundler() -> Outcome<PathBuf> {
    require_node()?;
    let folder = root().join("src-tauri/packages");
    let lists = [
        folder.join("package.json"),
        folder.join("package-lock.json"),
    ];
    let stamp = Stamp::of("bundler", content_hash(&lists)?);
    if !stamp.is_current() || !folder.join("node_modules").exists() {
        ask(npm().current_dir(&folder).args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))?;
        stamp.set()?;
    }
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    Ok(folder.join("node_modules/.bin").join(name))
}

fn settings_of(stage: &Stage) -> Outcome<Json> {
    let sidecar = stage.sidecar().display().to_string();
    let mut bundle = vec![("externalBin".to_owned(), Json::texts(&[sidecar]))];
    if cfg!(target_os = "linux") {
        bundle.push(("linux".to_owned(), linux(stage)?));
    }
    Ok(Json::object([("bundle", Json::Object(bundle))]))
}

fn linux(stage: &Stage) -> Outcome<Json> {
    let (algorithm, level) = match stage.profile {
        Profile::Debug => FAST,
        Profile::Release => SMALL,
    };
    let compression = Json::object([
        ("type", Json::text(algorithm)),
        ("level", Json::Number(level)),
    ]);
    let minor = stage
        .glibc
        .ok_or_else(|| Failed::new("the programs name no version of the C library"))?;
    let deb = Json::object([
        (
            "depends",
            Json::texts(&[&format!("libc6 (>= 2.{minor})"), CERTIFICATES]),
        ),
        ("files", documents(stage, "vendor-completions")?),
    ]);
    let bits = if cfg!(target_pointer_width = "64") {
        "(64bit)"
    } else {
        ""
    };
    let rpm = Json::object([
        (
            "depends",
            Json::texts(&[&format!("libc.so.6(GLIBC_2.{minor}){bits}"), CERTIFICATES]),
        ),
        ("compression", compression),
        ("files", documents(stage, "site-functions")?),
    ]);
    Ok(Json::object([("deb", deb), ("rpm", rpm)]))
}

/// Path in the package and its source. `zsh`: the folder of completions differs between distributions.
fn documents(stage: &Stage, zsh: &str) -> Outcome<Json> {
    let shared = stage.shared();
    let mut files = vec![
        (
            "/usr/share/bash-completion/completions/understudyd".to_owned(),
            shared.join("understudyd.bash"),
        ),
        (
            format!("/usr/share/zsh/{zsh}/_understudyd"),
            shared.join("_understudyd"),
        ),
        (
            "/usr/share/fish/vendor_completions.d/understudyd.fish".to_owned(),
            shared.join("understudyd.fish"),
        ),
    ];
    let compressed = format!("{}.gz", libraries::LICENSES);
    for name in [
        "changelog.gz",
        &compressed,
        libraries::SHELL_LIST,
        libraries::ENGINE_LIST,
    ] {
        files.push((
            format!("/usr/share/doc/understudy/{name}"),
            shared.join(name),
        ));
    }
    for entry in std::fs::read_dir(shared.join("man"))? {
        let page = entry?.path();
        let name = page.file_name().unwrap_or_default().to_string_lossy();
        files.push((format!("/usr/share/man/man1/{name}"), page.clone()));
    }
    files.sort();
    Ok(Json::Object(
        files
            .into_iter()
            .map(|(to, from)| (to, Json::text(from.display().to_string())))
            .collect(),
    ))
}

fn find(folder: &Path, kind: Kind) -> Outcome<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|found| found == kind.extension())
        {
            return Ok(path);
        }
    }
    Err(Failed::new(format!(
        "the bundler left no {} in {}",
        kind.extension(),
        folder.display()
    )))
}

fn explained(kind: Kind, failed: &Failed) -> Failed {
    let why = match kind {
        Kind::AppImage => {
            "An AppImage needs AppRun and linuxdeploy, which the bundler downloads from GitHub into the folder `tauri` of your cache. \
             Where GitHub cannot be reached, set TAURI_BUNDLER_TOOLS_GITHUB_MIRROR, or take the AppImage of .github/workflows/release.yml"
        }
        Kind::Nsis | Kind::Msi => "The bundler downloads NSIS and WiX from GitHub",
        Kind::Deb | Kind::Rpm | Kind::Oci | Kind::Dmg => return Failed::new(failed.to_string()),
    };
    Failed::new(format!("{failed}\n{why}"))
}
