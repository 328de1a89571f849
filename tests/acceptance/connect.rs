//! `understudyd connect` and the control API: a client is connected, undone and tested. HOME is the desk's folder.

use api::{ConnectChange, ConnectDone, ConnectPage, ConnectState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text, two_endpoints};

pub(crate) const SETTINGS: &str = ".claude/settings.json";
const BY_HAND: &str = "{\n    \"model\": \"opus\",\n    \"env\": {\"A\": \"1\"}\n}\n";

pub(crate) fn with_client(file: &str, text: &str) -> Desk {
    let desk = Desk::new();
    let path = desk.file(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    desk
}

pub(crate) fn read(desk: &Desk, file: &str) -> String {
    std::fs::read_to_string(desk.file(file)).unwrap()
}

/// Writes an executable script.
pub(crate) fn program(path: &std::path::Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Exit code and output of a command.
pub(crate) fn ran(desk: &Desk, arguments: &[&str]) -> (Option<i32>, String) {
    let output = desk.run(arguments);
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.code(), printed)
}

pub(crate) fn state(desk: &Desk, id: &str) -> api::ConnectClient {
    let page: ConnectPage = serde_json::from_str(&desk.printed(&["connect", "--json"])).unwrap();
    page.clients.into_iter().find(|it| it.id == id).unwrap()
}

#[test]
fn a_change_is_shown_made_and_undone() {
    let mut desk = with_client(SETTINGS, BY_HAND);
    desk.start();
    let token = read(&desk, "token");
    let shown = desk.printed(&["connect", "claude-code", "--dry-run"]);
    for part in [
        "+    \"env\": {\"A\": \"1\", \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:",
        "/t/…",
        "Remote Control is off behind a base URL",
        "Nothing was changed.",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(token.trim()), "{shown}");
    assert_eq!(read(&desk, SETTINGS), BY_HAND);

    let (code, printed) = ran(&desk, &["connect", "claude-code"]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("add --yes"), "{printed}");
    assert_eq!(
        read(&desk, SETTINGS),
        BY_HAND,
        "without a yes nothing is changed"
    );

    assert_eq!(
        state(&desk, "claude-code").state,
        ConnectState::NotConnected
    );
    let done = desk.printed(&["connect", "claude-code", "--yes", "--json"]);
    let done: ConnectDone = serde_json::from_str(&done).unwrap();
    assert_eq!(done.changed.len(), 3, "{done:?}");
    let written: Value = serde_json::from_str(&read(&desk, SETTINGS)).unwrap();
    assert_eq!(written["env"]["ANTHROPIC_BASE_URL"], json!(desk.base()));
    assert_eq!(written["env"]["ENABLE_TOOL_SEARCH"], "true");
    assert_eq!(written["model"], "opus");

    let connected = state(&desk, "claude-code");
    assert_eq!(connected.state, ConnectState::Connected, "{connected:?}");
    let again = desk.printed(&["connect", "claude-code", "--yes"]);
    assert!(again.contains("was connected already"), "{again}");
    let undone = desk.printed(&["connect", "claude-code", "--undo"]);
    assert!(undone.contains("goes straight to Anthropic"), "{undone}");
    assert_eq!(read(&desk, SETTINGS), BY_HAND);
    let undone = desk.printed(&["connect", "claude-code", "--undo"]);
    assert!(undone.contains("Nothing was changed"), "{undone}");
}

#[test]
fn everything_is_undone_without_an_engine() {
    let codex = "# mine\nmodel = \"gpt-6\"\n\n[tools]\nx = 1\n";
    let mut desk = with_client(SETTINGS, BY_HAND);
    let config = desk.file(".codex/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, codex).unwrap();
    desk.start();
    for client in ["claude-code", "codex"] {
        desk.printed(&["connect", client, "--yes"]);
    }
    assert!(
        read(&desk, ".codex/config.toml").starts_with("# mine\nmodel = \"gpt-6\"\nopenai_base_url")
    );
    desk.kill();
    let shown = desk.printed(&["connect"]);
    assert!(shown.contains("Connected, but nothing listens"), "{shown}");
    let (code, printed) = ran(&desk, &["doctor"]);
    assert_eq!(code, Some(2), "{printed}");
    let row = printed
        .lines()
        .find(|line| line.contains("client codex"))
        .unwrap();
    assert!(
        row.contains("BAD") && row.contains("nothing listens"),
        "{row}"
    );

    // What was edited since then stays, and is named.
    let edited = read(&desk, SETTINGS).replace("\"true\"", "\"auto\"");
    std::fs::write(desk.file(SETTINGS), edited).unwrap();
    let undone = desk.printed(&["connect", "--undo-all"]);
    assert!(
        undone.contains("Disconnected: Claude Code, Codex."),
        "{undone}"
    );
    assert!(
        undone.contains("env.ENABLE_TOOL_SEARCH in ~/.claude/settings.json was changed"),
        "{undone}"
    );
    assert_eq!(read(&desk, ".codex/config.toml"), codex);
    let left = BY_HAND.replace(
        "\"A\": \"1\"",
        "\"A\": \"1\", \"ENABLE_TOOL_SEARCH\": \"auto\"",
    );
    assert_eq!(read(&desk, SETTINGS), left);
    let undone = desk.printed(&["connect", "--undo-all"]);
    assert!(undone.contains("No client was connected"), "{undone}");
    let found = std::fs::read_dir(desk.file("clients")).unwrap();
    let names = found.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.ends_with(".json")));

    // A connection without an engine warns.
    let printed = desk.printed(&["connect", "codex", "--yes"]);
    assert!(printed.contains("No engine is running"), "{printed}");
}

#[test]
fn a_file_that_cannot_be_changed_does_not_stop_the_others() {
    let mut desk = with_client(SETTINGS, BY_HAND);
    std::fs::create_dir_all(desk.file(".codex")).unwrap();
    desk.start();
    for client in ["claude-code", "codex"] {
        desk.printed(&["connect", client, "--yes"]);
    }
    let broken = read(&desk, SETTINGS) + "// mine";
    std::fs::write(desk.file(SETTINGS), &broken).unwrap();
    let (code, printed) = ran(&desk, &["connect", "--undo-all"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(
        printed.contains("~/.claude/settings.json, line 5"),
        "{printed}"
    );
    assert!(!desk.file(".codex/config.toml").exists(), "created by us");
    assert_eq!(read(&desk, SETTINGS), broken);
    std::fs::write(desk.file(SETTINGS), broken.replace("// mine", "")).unwrap();
    desk.printed(&["connect", "--undo-all"]);
    assert_eq!(read(&desk, SETTINGS), BY_HAND);
    let (code, printed) = ran(&desk, &["connect", "nothing"]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(
        printed.contains("name one of") && printed.contains("claude-code"),
        "{printed}"
    );
}

#[test]
fn lines_are_shown_where_no_file_can_be_written() {
    let desk = Desk::started();
    let shown = desk.printed(&["connect", "openai-compatible"]);
    let base = desk.base();
    assert!(
        shown.contains(&format!("export OPENAI_BASE_URL=\"{base}/v1\"")),
        "{shown}"
    );
    let table = desk.printed(&["connect"]);
    for part in [
        "claude-code",
        "Cursor: its servers",
        "Gemini CLI: it speaks",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(
        !table.contains(base.rsplit('/').next().unwrap()),
        "the table shows no token"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_connects_only_what_it_has_shown() {
    let provider = Upstream::start().await;
    let mut desk = with_client(SETTINGS, BY_HAND);
    desk.settings(&two_endpoints(&provider.address, &provider.address));
    tokio::task::block_in_place(|| desk.start());
    let change = desk.get("/connect/claude-code/change").await;
    let change: ConnectChange = serde_json::from_value(change).unwrap();
    assert!(!change.restart && change.files.len() == 1, "{change:?}");
    std::fs::write(desk.file(SETTINGS), "{}").unwrap();
    let entry = json!({ "revision": change.revision });
    let path = "/connect/claude-code";
    let (status, refused) = desk.control(Method::POST, path, Some(entry)).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert_eq!(read(&desk, SETTINGS), "{}");

    let change = desk.get("/connect/claude-code/change").await;
    let entry = json!({ "revision": change["revision"] });
    let (status, done) = desk.control(Method::POST, path, Some(entry)).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let page: ConnectPage = serde_json::from_value(desk.get("/connect").await).unwrap();
    assert_eq!(page.base_url, desk.base());
    let claude = page
        .clients
        .iter()
        .find(|it| it.id == "claude-code")
        .unwrap();
    assert_eq!(claude.state, ConnectState::Connected);
    assert!(
        page.elsewhere
            .iter()
            .any(|lines| lines.text.contains("ssh -R"))
    );

    let request = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 16,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let sent = desk
        .http
        .post(format!("{}/v1/messages", desk.base()))
        .header("user-agent", "claude-cli/2.1.332 (external, cli)")
        .json(&request);
    assert_eq!(sent.send().await.unwrap().status(), 200);
    desk.exchanges(1).await;
    desk.until("the session", |snapshot| {
        !snapshot.engine.sessions.is_empty()
    })
    .await;
    let page: ConnectPage = serde_json::from_value(desk.get("/connect").await).unwrap();
    let claude = page
        .clients
        .iter()
        .find(|it| it.id == "claude-code")
        .unwrap();
    assert_eq!(claude.state, ConnectState::Confirmed, "{claude:?}");
    assert!(claude.last_request.is_some());
    let doctor = desk.get("/doctor").await;
    let checks = doctor["checks"].as_array().unwrap();
    let row = checks
        .iter()
        .find(|it| it["name"] == "client claude-code")
        .unwrap();
    assert_eq!(row["state"], "good", "{row}");

    let (status, done) = desk.control(Method::DELETE, path, None).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        done["open_sessions"], 1,
        "its session of a moment ago: {done}"
    );
    assert_eq!(read(&desk, SETTINGS), "{}");
    let (status, done) = desk.control(Method::DELETE, "/connect", None).await;
    assert_eq!(
        (status, &done["changed"]),
        (StatusCode::OK, &json!([])),
        "{done}"
    );
}

#[test]
fn a_test_turn_trusts_the_traffic_and_not_the_exit_code() {
    let mut desk = with_client(SETTINGS, "{}");
    let claude = desk.file(".local/bin/claude");
    std::fs::create_dir_all(claude.parent().unwrap()).unwrap();
    desk.start();
    desk.printed(&["connect", "claude-code", "--yes"]);
    let script = |lines: &str| program(&claude, &format!("#!/bin/sh\n{lines}\n"));
    script("echo hello");
    let (code, printed) = ran(&desk, &["connect", "claude-code", "--test"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("did not pass Understudy"), "{printed}");
    script("echo 'Not logged in'; exit 1");
    let (code, printed) = ran(&desk, &["connect", "claude-code", "--test"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("Not logged in"), "{printed}");
}

/// A profile of Codex, and lines of a shell, which no shell runs.
#[test]
fn what_sends_requests_elsewhere_is_named_with_its_line() {
    let mut desk = with_client(SETTINGS, "{}");
    let codex = desk.file(".codex");
    std::fs::create_dir_all(&codex).unwrap();
    let profile = "openai_base_url = \"https://gateway.example/v1\"\n";
    std::fs::write(codex.join("work.config.toml"), profile).unwrap();
    let lines = "# mine\nexport ANTHROPIC_BASE_URL=https://gateway.example\ntouch ran\n";
    std::fs::write(desk.file(".zshrc"), lines).unwrap();
    let bashrc = "export CLAUDE_CODE_USE_BEDROCK=1\n";
    std::fs::write(desk.file(".bashrc"), bashrc).unwrap();
    desk.start();
    let of_profile = "~/.codex/work.config.toml sets openai_base_url = https://gateway.example/v1; it applies with `codex --profile work`.";
    let of_zsh = "~/.zshrc, line 2, sets ANTHROPIC_BASE_URL = https://gateway.example. The settings of Claude Code override it while it is connected; without the connection, requests go there.";
    let of_bash = "~/.bashrc, line 1, sets CLAUDE_CODE_USE_BEDROCK = 1";
    let shown = desk.printed(&["connect", "codex", "--dry-run"]);
    assert!(shown.contains(&format!("WARNING: {of_profile}")), "{shown}");
    let shown = desk.printed(&["connect", "claude-code", "--yes"]);
    for part in [of_zsh, of_bash] {
        assert!(shown.contains(&format!("WARNING: {part}")), "{shown}");
    }
    let (_, doctor) = ran(&desk, &["doctor"]);
    for part in [of_profile, of_zsh, of_bash] {
        assert!(doctor.contains(part), "{part}: {doctor}");
    }
    let claude = state(&desk, "claude-code");
    assert_eq!(claude.state, ConnectState::Overridden);
    assert!(claude.message.contains(of_bash), "{claude:?}");
    let undone = desk.printed(&["connect", "claude-code", "--undo"]);
    assert!(undone.contains(of_zsh), "{undone}");
    desk.kill();
    let (_, doctor) = ran(&desk, &["doctor"]);
    assert!(
        doctor.contains(of_zsh) && doctor.contains(of_profile),
        "{doctor}"
    );
    assert!(!desk.file("ran").exists(), "no shell was run");
}
