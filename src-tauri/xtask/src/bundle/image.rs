//! The engine's image for containers: an OCI image layout in a tar file, which `docker load`, `podman load` and `skopeo` read. It
//! is written without a container engine.

mod layout;
mod root;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::checksums::sha256;
use super::json::Json;
use super::stage::{Stage, compress_at};
use crate::run::Profile;
use crate::step::{Outcome, ask, call};
use crate::tree;
use root::{DATA, USER};

pub(super) fn write(stage: &Stage, out: &Path) -> Outcome<PathBuf> {
    let moment = Moment::of_the_commit();
    let folder = stage.folder.join("image");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let files = folder.join("root");
    root::fill(&files, stage)?;

    let layer = folder.join("layer.tar");
    let mut tar = archive("--create", &layer, &files, &moment);
    call(
        tar.args(["--owner=root:0", "--group=root:0"])
            .arg(format!("--exclude=./{DATA}"))
            .arg("."),
    )?;
    let mut tar = archive("--append", &layer, &files, &moment);
    let owner = format!("understudy:{USER}");
    call(
        tar.arg(format!("--owner={owner}"))
            .arg(format!("--group={owner}"))
            .arg(format!("./{DATA}")),
    )?;

    let uncompressed_sum = sha256(&layer)?;
    let level = match stage.profile {
        Profile::Debug => "-1",
        Profile::Release => "-9",
    };
    compress_at(level, &layer)?;
    let layer = layout::Layer {
        compressed: layer.with_extension("tar.gz"),
        uncompressed_sum,
    };
    let layout = folder.join("layout");
    let tag = format!("understudyd:{}", stage.version);
    layout::write(
        &layout,
        &layer,
        &config(stage, &moment),
        architecture(),
        &tag,
    )?;
    let package = out.join(format!(
        "understudyd_{}_{}.oci.tar",
        stage.version,
        architecture()
    ));
    let mut tar = archive("--create", &package, &layout, &moment);
    call(tar.args([
        "--owner=root:0",
        "--group=root:0",
        "blobs",
        "index.json",
        "manifest.json",
        "oci-layout",
    ]))?;
    Ok(package)
}

/// The same files give the same bytes.
fn archive(mode: &str, archive: &Path, files: &Path, moment: &Moment) -> Command {
    let mut tar = Command::new("tar");
    tar.arg(mode)
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(files)
        .arg(format!("--mtime=@{}", moment.seconds))
        .args(["--sort=name", "--format=ustar", "--numeric-owner"]);
    tar
}

/// The time of the commit, which is the same on every machine.
struct Moment {
    seconds: String,
    text: String,
}

impl Moment {
    fn of_the_commit() -> Moment {
        let mut git = Command::new("git");
        git.current_dir(tree::root()).env("TZ", "UTC").args([
            "show",
            "--no-patch",
            "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
            "--format=%ct %cd",
        ]);
        // Without a repository, as in a source archive, the time is the epoch.
        let shown = ask(&mut git).unwrap_or_default();
        let (seconds, text) = shown
            .trim()
            .split_once(' ')
            .unwrap_or(("0", "1970-01-01T00:00:00Z"));
        Moment {
            seconds: seconds.to_owned(),
            text: text.to_owned(),
        }
    }
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn config(stage: &Stage, moment: &Moment) -> layout::Config {
    const SECOND: u64 = 1_000_000_000;
    let health = Json::object([
        (
            "Test",
            Json::texts(&["CMD", "/usr/bin/understudyd", "health"]),
        ),
        ("Interval", Json::Number(30 * SECOND)),
        ("Timeout", Json::Number(10 * SECOND)),
        ("StartPeriod", Json::Number(20 * SECOND)),
        ("Retries", Json::Number(3)),
    ]);
    let labels = Json::object([
        ("org.opencontainers.image.title", Json::text("understudyd")),
        (
            "org.opencontainers.image.description",
            Json::text("Watches AI providers and fails over when one breaks"),
        ),
        (
            "org.opencontainers.image.version",
            Json::text(&stage.version),
        ),
        ("org.opencontainers.image.licenses", Json::text("MIT")),
        ("org.opencontainers.image.created", Json::text(&moment.text)),
    ]);
    layout::Config {
        created: moment.text.clone(),
        run: Json::object([
            ("User", Json::text(format!("{USER}:{USER}"))),
            (
                "Env",
                Json::texts(&["PATH=/usr/bin", "HOME=/data", "UNDERSTUDY_HOME=/data"]),
            ),
            ("Entrypoint", Json::texts(&["/usr/bin/understudyd"])),
            ("Cmd", Json::texts(&["serve"])),
            ("WorkingDir", Json::text("/data")),
            ("Volumes", Json::object([("/data", Json::object([]))])),
            ("StopSignal", Json::text("SIGTERM")),
            // Docker's extension of the format; other programs ignore it.
            ("Healthcheck", health),
            ("Labels", labels),
        ]),
    }
}
