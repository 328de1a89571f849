//! The engine's image, unpacked by umoci and started with its files as the only ones.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::program::Program;
use super::{is_root, package, succeeds};

fn json(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn the_image_is_a_valid_layout_and_its_engine_runs_as_a_user_without_rights() {
    let Some(image) = package(".oci.tar") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let layout = folder.path().join("layout");
    std::fs::create_dir(&layout).unwrap();
    succeeds(
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(&image)
            .arg("--directory")
            .arg(&layout),
    );
    assert_eq!(
        json(&layout.join("oci-layout"))["imageLayoutVersion"],
        "1.0.0"
    );
    described_to_docker(&layout);

    // umoci compares every checksum and writes what a container engine would run.
    let bundle = folder.path().join("bundle");
    let mut unpack = Command::new("umoci");
    unpack.arg("unpack");
    if !is_root() {
        unpack.arg("--rootless");
    }
    let name = format!("{}:{}", layout.display(), env!("CARGO_PKG_VERSION"));
    succeeds(unpack.args(["--image", &name]).arg(&bundle));
    let run = json(&bundle.join("config.json"));
    let process = &run["process"];
    assert_eq!(
        process["args"],
        serde_json::json!(["/usr/bin/understudyd", "serve"])
    );
    assert_eq!(
        (&process["user"]["uid"], &process["cwd"]),
        (&10001.into(), &"/data".into())
    );
    let mounts = run["mounts"].as_array().unwrap();
    assert!(
        mounts.iter().any(|mount| mount["destination"] == "/data"),
        "{mounts:?}"
    );

    let root = bundle.join("rootfs").display().to_string();
    let line = if is_root() {
        vec!["chroot", "--userspec=10001:10001", &root]
    } else {
        vec![
            "unshare",
            "--user",
            "--map-user=10001",
            "--map-group=10001",
            "--root",
            &root,
        ]
    };
    let line = [line, vec!["/usr/bin/understudyd"]].concat();
    let variables = [("HOME", "/data"), ("UNDERSTUDY_HOME", "/data")];
    let mut program = Program::new(&line, &variables, &folder.path().join("log"));
    let settings = bundle.join("rootfs/data/settings.toml");
    std::fs::write(settings, "[watch]\npages = false\nonline_hosts = []\n").unwrap();
    program.start();
    program.rehearses();
    let health = format!("{}/healthz", program.address());
    let healthy = succeeds(Command::new("curl").args(["-sS", "--fail", &health]));
    assert_eq!(healthy, r#"{"status":"ok"}"#);
    program.run(&["health"]);
    program.stop();
    assert!(
        bundle.join("rootfs/data/ledger.sqlite").exists(),
        "its state is in the volume"
    );
    assert!(!bundle.join("rootfs/bin").exists(), "no shell");
}

/// The list for older versions of `docker load`, and Docker's health check.
fn described_to_docker(layout: &Path) {
    let list = json(&layout.join("manifest.json"));
    let tag = concat!("understudyd:", env!("CARGO_PKG_VERSION"));
    assert_eq!(list[0]["RepoTags"][0], tag);
    assert!(layout.join(list[0]["Layers"][0].as_str().unwrap()).exists());
    let config = json(&layout.join(list[0]["Config"].as_str().unwrap()));
    let config = &config["config"];
    assert_eq!(config["User"], "10001:10001");
    assert!(config["Volumes"]["/data"].is_object());
    let check = serde_json::json!(["CMD", "/usr/bin/understudyd", "health"]);
    assert_eq!(config["Healthcheck"]["Test"], check);
}
