//! Writes docs/settings.md from the types of the settings file and from the commented default file.

mod page;
mod types;
mod written;

use std::fs;
use std::path::Path;

#[test]
fn the_reference_of_the_settings_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/settings.md");
    let page = page::page();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/settings.md differs from the settings. Write it again: BLESS=1 cargo test -p engine --lib reference"
    );
}
