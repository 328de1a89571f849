//! The compose file of Understudy beside n8n.

use saphyr::{LoadableYamlNode, Yaml};

const FILE: &str = include_str!("../../../src-tauri/packages/compose.yaml");

fn text<'a>(yaml: &'a Yaml<'a>, path: &[&str]) -> &'a str {
    let found = path.iter().fold(yaml, |yaml, key| &yaml[*key]);
    found
        .as_str()
        .unwrap_or_else(|| panic!("{path:?}: {found:?}"))
}

#[test]
fn n8n_shares_the_network_of_the_engine_whose_port_is_published_nowhere() {
    let documents = Yaml::load_from_str(FILE).unwrap();
    let services = &documents[0]["services"];
    let engine = &services["understudy"];
    let image = concat!("understudyd:", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(engine, &["image"]), image);
    assert_eq!(
        text(services, &["n8n", "network_mode"]),
        "service:understudy"
    );
    let condition = text(services, &["n8n", "depends_on", "understudy", "condition"]);
    assert_eq!(condition, "service_healthy");

    let strings = |yaml: &Yaml<'_>| -> Vec<String> {
        let items = yaml.as_vec().unwrap().iter();
        items
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(strings(&engine["volumes"]), ["understudy:/data"]);
    assert_eq!(strings(&engine["ports"]), ["127.0.0.1:5678:5678"]);
    assert_eq!(
        strings(&engine["healthcheck"]["test"]),
        ["CMD", "/usr/bin/understudyd", "health"]
    );
    let volumes = documents[0]["volumes"].as_mapping().unwrap();
    assert_eq!(volumes.len(), 2);
}

/// The version whose recipe is tested.
#[test]
fn n8n_is_the_tested_version() {
    let pins: toml::Table = include_str!("../../clients/pins.toml").parse().unwrap();
    let version = pins["npm"]["n8n"]["n8n"].as_str().unwrap();
    assert!(
        FILE.contains(&format!("image: n8nio/n8n:{version}\n")),
        "{version}"
    );
}
