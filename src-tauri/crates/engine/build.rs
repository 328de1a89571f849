//! A build without `ui/dist` succeeds, and the next one after `cargo xtask ui` contains it.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let ui = Path::new("../../../ui");
    let built = ui.join("dist");
    // Cargo runs this script again at each build for a path that does not exist.
    if let Some(watched) = [built.as_path(), ui].into_iter().find(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
