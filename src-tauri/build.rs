use std::path::Path;

fn main() {
    let page = Path::new("../ui/dist/index.html");
    println!("cargo::rerun-if-changed={}", page.display());
    assert!(
        page.exists(),
        "ui/dist is missing: run `cargo xtask ui` (or `npm ci` and `npm run build` in ui/)"
    );
    // Naming a command creates its permission, so that the window may call only these.
    let commands = tauri_build::AppManifest::new().commands(&[
        "connection",
        "copy_text",
        "engine_state",
        "missing_panel",
        "open_link",
        "save_report",
        "shell_do",
    ]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
        .expect("tauri.conf.json and the capabilities are valid");
}
