//! The versions in `pins.toml` are installed.

use std::path::Path;

use toml::{Table, Value};

/// "Claude Code 2.1.332" and so on: the first package of each client that is installed.
pub(crate) fn installed(clients: &Path) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/clients/pins.toml");
    let pins: Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let sections = pins.values().filter_map(Value::as_table).flatten();
    sections
        .filter(|(name, _)| clients.join(name).exists())
        .filter_map(|(_, packages)| packages.as_table())
        .flatten()
        .map(|(package, pin)| {
            let version = pin.as_str().or_else(|| pin.get("version")?.as_str());
            format!("{package} {}", version.unwrap_or("?"))
        })
        .collect()
}
