//! The checksums, and the lists of libraries.

use std::process::Command;

use serde_json::Value;

use super::{packages, succeeds};

#[test]
fn the_checksums_cover_every_file() {
    let Some(folder) = packages() else { return };
    let checked = succeeds(Command::new("sha256sum").current_dir(&folder).args([
        "--check",
        "--strict",
        "SHA256SUMS",
    ]));
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(checked.lines().count(), files - 1, "{checked}");
}

#[test]
fn the_lists_name_each_library_with_its_license_and_checksum() {
    let Some(folder) = packages() else { return };
    let lock: toml::Table = include_str!("../../../Cargo.lock").parse().unwrap();
    let lock = lock["package"].as_array().unwrap();
    for (file, library) in [
        ("understudyd.cdx.json", "axum"),
        ("understudy.cdx.json", "tauri"),
    ] {
        let list: Value =
            serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
        assert_eq!(
            (&list["bomFormat"], &list["specVersion"]),
            (&"CycloneDX".into(), &"1.5".into())
        );
        let components = list["components"].as_array().unwrap();
        assert!(components.len() > 100, "{}", components.len());
        assert!(
            components.iter().any(|found| found["name"] == library),
            "{library}"
        );
        for component in components {
            let is_locked = |package: &&toml::Value| {
                let field = |name: &str| package.get(name).and_then(toml::Value::as_str);
                field("name") == component["name"].as_str()
                    && field("version") == component["version"].as_str()
            };
            let locked = lock.iter().find(is_locked).unwrap();
            let sum = locked["checksum"].as_str().unwrap();
            assert_eq!(component["hashes"][0]["content"], sum, "{component}");
            let license = component["licenses"][0]["expression"].as_str().unwrap();
            assert!(!license.is_empty() && !license.contains('/'), "{component}");
        }
    }
    let ui: Value =
        serde_json::from_slice(&std::fs::read(folder.join("understudy-ui.cdx.json")).unwrap())
            .unwrap();
    let components = ui["components"].as_array().unwrap();
    assert!(components.iter().any(|found| found["name"] == "svelte"));
}
