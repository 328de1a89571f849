//! The files of an OCI image layout (image-spec 1.1), with the list that older versions of `docker load` read.

use std::path::{Path, PathBuf};

use super::super::checksums::sha256;
use super::super::json::Json;
use crate::step::Outcome;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

pub(super) struct Config {
    pub(super) created: String,
    pub(super) run: Json,
}

/// A layer as tar file, and its checksum before it was compressed.
pub(super) struct Layer {
    pub(super) compressed: PathBuf,
    pub(super) uncompressed_sum: String,
}

/// Moves the layer into the layout.
pub(super) fn write(
    layout: &Path,
    layer: &Layer,
    config: &Config,
    architecture: &str,
    tag: &str,
) -> Outcome {
    let blobs = layout.join("blobs/sha256");
    std::fs::create_dir_all(&blobs)?;
    let uncompressed = &layer.uncompressed_sum;
    let layer = add_file(&blobs, &layer.compressed, LAYER)?;

    let history = Json::object([
        ("created", Json::text(&config.created)),
        ("created_by", Json::text("cargo xtask bundle oci")),
    ]);
    let config = Json::object([
        ("created", Json::text(&config.created)),
        ("architecture", Json::text(architecture)),
        ("os", Json::text("linux")),
        ("config", config.run.clone()),
        (
            "rootfs",
            Json::object([
                ("type", Json::text("layers")),
                ("diff_ids", Json::texts(&[format!("sha256:{uncompressed}")])),
            ]),
        ),
        ("history", Json::List(vec![history])),
    ]);
    let config = add(&blobs, &config, CONFIG)?;
    let manifest = Json::object([
        ("schemaVersion", Json::Number(2)),
        ("mediaType", Json::text(MANIFEST)),
        ("config", config.descriptor()),
        ("layers", Json::List(vec![layer.descriptor()])),
    ]);
    let manifest = add(&blobs, &manifest, MANIFEST)?;

    let version = tag.rsplit(':').next().unwrap_or(tag);
    let names = Json::object([
        ("org.opencontainers.image.ref.name", Json::text(version)),
        (
            "io.containerd.image.name",
            Json::text(format!("docker.io/library/{tag}")),
        ),
    ]);
    let named = Json::object([
        ("mediaType", Json::text(MANIFEST)),
        ("digest", Json::text(manifest.digest())),
        ("size", Json::Number(manifest.size)),
        ("annotations", names),
        (
            "platform",
            Json::object([
                ("architecture", Json::text(architecture)),
                ("os", Json::text("linux")),
            ]),
        ),
    ]);
    let index = Json::object([
        ("schemaVersion", Json::Number(2)),
        ("mediaType", Json::text(INDEX)),
        ("manifests", Json::List(vec![named])),
    ]);
    let version = Json::object([("imageLayoutVersion", Json::text("1.0.0"))]);
    let older = Json::List(vec![Json::object([
        ("Config", Json::text(config.path())),
        ("RepoTags", Json::texts(&[tag])),
        ("Layers", Json::texts(&[layer.path()])),
    ])]);
    for (file, content) in [
        ("index.json", index),
        ("oci-layout", version),
        ("manifest.json", older),
    ] {
        std::fs::write(layout.join(file), content.to_string())?;
    }
    Ok(())
}

struct Blob {
    sum: String,
    size: u64,
    media_type: &'static str,
}

impl Blob {
    fn digest(&self) -> String {
        format!("sha256:{}", self.sum)
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", self.sum)
    }

    fn descriptor(&self) -> Json {
        Json::object([
            ("mediaType", Json::text(self.media_type)),
            ("digest", Json::text(self.digest())),
            ("size", Json::Number(self.size)),
        ])
    }
}

fn add(blobs: &Path, content: &Json, media_type: &'static str) -> Outcome<Blob> {
    let file = blobs.join("new");
    std::fs::write(&file, content.to_string())?;
    add_file(blobs, &file, media_type)
}

/// Moves the file to the name of its checksum.
fn add_file(blobs: &Path, file: &Path, media_type: &'static str) -> Outcome<Blob> {
    let sum = sha256(file)?;
    let size = std::fs::metadata(file)?.len();
    std::fs::rename(file, blobs.join(&sum))?;
    Ok(Blob {
        sum,
        size,
        media_type,
    })
}
