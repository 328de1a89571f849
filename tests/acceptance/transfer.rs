//! The settings of one computer on another one.

use reqwest::Method;
use serde_json::json;

use crate::desk::{Desk, text};

const FIRST: &str = "[watch] # of the first computer\npages = false\nonline_hosts = []\nprobes = false\n\n[listen]\nallowed_hosts = [\"desk.lan\"]\n[[listen.also]]\naddress = \"10.213.77.1\"\nplain_http = true\n\n[[pipeline]]\nname = \"Leads\" # sales\n";

const ACME: &str = "# prices of our gateway\n";

fn exported(desk: &Desk, more: &[&str]) -> String {
    let file = desk.file("export.jsonl");
    let _ = std::fs::remove_file(&file);
    desk.printed(&[&["export", file.to_str().unwrap()], more].concat());
    std::fs::read_to_string(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_read_on_another_computer_and_leaves_no_secret() {
    let mut first = Desk::new();
    first.settings(FIRST);
    first.start();
    let token = first.base().rsplit('/').next().unwrap().to_owned();
    let hello = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "hush" }] });
    assert_eq!(first.ask("/v1/messages", &hello).await.status(), 200);
    first.exchanges(1).await;
    let with_log = exported(&first, &["--log"]);
    let line = with_log.lines().nth(1).unwrap();
    assert!(line.starts_with("{\"exchange\":{"), "{line}");
    assert!(!with_log.contains("hush") && !with_log.contains(&token));
    let plain = exported(&first, &[]);
    assert_eq!(plain.lines().next(), Some(plain.trim_end()));
    for private in [
        token.as_str(),
        "10.213.77.1",
        "desk.lan",
        "probes",
        first.home.path().to_str().unwrap(),
    ] {
        assert!(!plain.contains(private), "{private}: {plain}");
    }
    let again = first.run(&["export", first.file("export.jsonl").to_str().unwrap()]);
    assert!(text(&again.stderr).contains("exists already"));
    let status = first.run(&["status"]);
    assert!(text(&status.stdout).contains("Probes are off on this computer"));

    let mut second = Desk::new();
    second.settings("[listen]\nport = 4999\n");
    second.start();
    let before = std::fs::read_to_string(second.file("settings.toml")).unwrap();
    let file = second.file("from-first.jsonl");
    std::fs::write(&file, &with_log).unwrap();
    let file = file.to_str().unwrap();
    let shown = second.printed(&["import", file, "--dry-run"]);
    let added = shown
        .lines()
        .any(|line| line == "+name = \"Leads\" # sales");
    assert!(added, "{shown}");
    assert!(shown.contains("It is not imported"), "{shown}");
    let unasked = second.run(&["import", file]);
    assert_eq!(unasked.status.code(), Some(1));
    assert!(text(&unasked.stderr).contains("--yes"));
    let now = || std::fs::read_to_string(second.file("settings.toml")).unwrap();
    assert_eq!(now(), before);
    let done = second.printed(&["import", file, "--yes"]);
    let copy = done
        .lines()
        .find_map(|line| line.strip_prefix("The file as it was: "));
    assert_eq!(std::fs::read_to_string(copy.unwrap()).unwrap(), before);
    for kept in ["# of the first computer", "port = 4999", "# sales"] {
        assert!(now().contains(kept), "{kept}: {}", now());
    }
    let has = |s: &api::Snapshot| s.pipelines.iter().any(|one| one.name == "Leads");
    second.until("the pipeline", has).await;
    let repeated = second.printed(&["import", file, "--yes"]);
    assert!(repeated.starts_with("Nothing changes"), "{repeated}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_api_exports_and_imports_too_and_refuses_a_newer_format() {
    let desk = Desk::started();
    std::fs::create_dir_all(desk.file("providers")).unwrap();
    let (status, _) = desk.control(Method::GET, "/export", None).await;
    assert_eq!(status, 200);
    let import = async |text: String, dry_run: bool| {
        let body = json!({ "text": text, "dry_run": dry_run });
        desk.control(Method::POST, "/import", Some(body)).await
    };
    let export = json!({
        "understudy_export": 1, "version": "0.1.0", "created": "2026-06-21T20:00:00Z",
        "settings": "[watch]\npages = false\nonline_hosts = []\n", "providers": { "acme.toml": ACME },
    });
    let (status, planned) = import(export.to_string(), true).await;
    let why = planned.to_string();
    // A provider file without a provider is not valid.
    assert_eq!(status, 422, "{why}");
    assert!(why.contains("not valid here"), "{why}");
    let without = |mut export: serde_json::Value| {
        export["providers"] = json!({});
        export["settings"] = json!("# of the other\n[watch]\npages = false\nonline_hosts = []\n");
        export
    };
    let export = without(export);
    let (status, planned) = import(export.to_string(), true).await;
    assert_eq!(status, 200, "{planned}");
    assert!(
        planned["diff"]
            .as_str()
            .unwrap()
            .contains("+# of the other"),
        "{planned}"
    );
    let (_, done) = import(export.to_string(), false).await;
    assert_eq!(done["copies"].as_array().unwrap().len(), 1, "{done}");
    let mut newer = export;
    newer["understudy_export"] = json!(2);
    let (status, refused) = import(newer.to_string(), false).await;
    assert_eq!(status, 422);
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("Update Understudy on this computer first")
    );
}
