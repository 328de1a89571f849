//! Invalid settings are refused with their line; valid ones take effect at once.

use reqwest::Method;
use serde_json::json;

use crate::desk::{Desk, Upstream, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_writes_a_commented_file() {
    let mut desk = Desk::new();
    std::fs::remove_file(desk.file("settings.toml")).unwrap();
    desk.start();
    let written = std::fs::read_to_string(desk.file("settings.toml")).unwrap();
    assert!(written.contains("# port = 4747"), "{written}");
}

#[test]
fn an_engine_does_not_start_with_invalid_settings_and_names_the_line() {
    let desk = Desk::new();
    std::fs::write(
        desk.file("settings.toml"),
        "[listen]\nport = 4747\n\n[listne]\nport = 1\n",
    )
    .unwrap();
    let output = desk.run(&["serve", "--port", "0"]);
    let printed = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        printed.contains("line 4") && printed.contains("listne"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_change_keeps_the_last_valid_settings_and_is_reported() {
    let desk = Desk::started();
    desk.settings("[[route]]\nname = \"x\"\ndialect = \"anthropic\"\ncandidates = [\"nobody\"]\n");
    let bad = desk
        .until("told", |s| {
            !s.engine.problems.iter().all(|p| !p.what.contains("nobody"))
        })
        .await;
    let problem = bad
        .engine
        .problems
        .iter()
        .find(|p| p.what.contains("nobody"))
        .unwrap();
    assert!(problem.what.contains("line 8"), "{}", problem.what);
    desk.settings("[watch]\nmine = [\"openai\"]\npages = false\nonline_hosts = []\n");
    let good = desk
        .until("in force", |s| {
            s.providers.iter().any(|p| p.id == "openai" && p.mine)
        })
        .await;
    assert!(
        good.engine
            .problems
            .iter()
            .all(|p| !p.what.contains("settings")),
        "{:?}",
        good.engine.problems
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_saves_only_valid_text() {
    let desk = Desk::started();
    let before = std::fs::read_to_string(desk.file("settings.toml")).unwrap();
    let (status, refused) = desk.put_settings("[listen]\nprot = 1\n").await;
    assert_eq!(status, 200);
    assert!(
        refused["errors"][0]
            .as_str()
            .unwrap()
            .starts_with("line 2:"),
        "{refused}"
    );
    assert_eq!(
        std::fs::read_to_string(desk.file("settings.toml")).unwrap(),
        before,
        "the file is untouched"
    );
    let (_, saved) = desk
        .put_settings("[watch]\nmine = [\"cursor\"]\npages = false\nonline_hosts = []\n")
        .await;
    assert_eq!(saved["errors"], json!([]));
    assert!(
        desk.snapshot()
            .await
            .providers
            .iter()
            .any(|p| p.id == "cursor" && p.mine)
    );
}

impl Desk {
    async fn put_settings(&self, text: &str) -> (u16, serde_json::Value) {
        let runtime = self.runtime();
        let response = self
            .http
            .request(Method::PUT, format!("{}/control/settings", runtime.address))
            .header(api::CONTROL_HEADER, runtime.control_token)
            .body(text.to_owned())
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

/// The engine starts with it, and sends the vendor's requests to the address in the settings.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_the_catalogue_can_be_moved() {
    let server = Upstream::start().await;
    let mut desk = Desk::new();
    let moved = format!(
        "[[endpoint]]\nid = \"anthropic\"\nbase = \"{}\"\n",
        server.address
    );
    desk.settings(&moved);
    desk.start();
    let ask = |desk: &Desk| {
        let body = json!({ "model": "claude-opus-5-5", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        let request = desk.http.post(format!("{}/v1/messages", desk.base()));
        let request = request
            .header("x-api-key", "sk-ant-mine")
            .header("anthropic-beta", "b-1");
        request
            .header("anthropic-version", "2023-06-01")
            .json(&body)
            .send()
    };
    let response = ask(&desk).await.unwrap();
    assert_eq!(response.headers()["x-understudy-endpoint"], "anthropic");
    assert_eq!(response.status(), 200);
    let received = server.stage.received();
    let [request] = received.as_slice() else {
        panic!("{received:?}")
    };
    // It is still the client's own vendor, so it gets the complete request.
    assert_eq!(request.headers["x-api-key"], "sk-ant-mine");
    assert_eq!(request.headers["anthropic-beta"], "b-1");
    let snapshot = desk.snapshot().await;
    let named = snapshot.providers.iter().filter(|p| p.id == "anthropic");
    assert_eq!(named.count(), 1, "no second provider of this name");

    desk.settings(&format!("{moved}accepts_client_login = false\n"));
    server.stage.forget_received();
    while ask(&desk).await.unwrap().status() == 200 {
        server.stage.forget_received();
    }
    assert!(server.stage.received().is_empty(), "the login stays here");
}

#[test]
fn an_engine_that_refuses_a_base_does_not_repeat_its_secret() {
    let desk = Desk::new();
    desk.settings("[[endpoint]]\nid = \"own\"\nbase = \"https://user:hunter2hunter2@a.example\"\ndialects = [\"openai-chat\"]\n");
    let output = desk.run(&["serve", "--port", "0"]);
    let printed = text(&output.stderr) + &text(&output.stdout);
    assert!(!output.status.success());
    assert!(
        printed.contains("no user name and no password"),
        "{printed}"
    );
    assert!(!printed.contains("hunter2"), "{printed}");
}

/// A program that saves in place empties the file first, and an editor's crash leaves it empty or removes it.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_missing_file_keeps_the_last_settings_and_is_reported() {
    let desk = Desk::started();
    let file = desk.file("settings.toml");
    let mine = "[watch]\nmine = [\"openai\"]\npages = false\nonline_hosts = []\n";
    desk.settings(mine);
    desk.until("in force", is_mine).await;
    let problem = |s: &api::Snapshot, what: &str| {
        let mut problems = s.engine.problems.iter();
        problems.any(|p| p.what.contains(what) && p.fix.contains("last valid settings are active"))
    };

    std::fs::write(&file, "").unwrap();
    let empty = desk
        .until("empty", |s| problem(s, "the file is empty"))
        .await;
    assert!(is_mine(&empty), "{:?}", empty.providers);
    std::fs::remove_file(&file).unwrap();
    let missing = desk
        .until("missing", |s| problem(s, "the file is missing"))
        .await;
    assert!(is_mine(&missing), "{:?}", missing.providers);
    let (_, refused) = desk.put_settings(" \n").await;
    let error = refused["errors"][0].as_str().unwrap();
    assert!(error.contains("the file is empty"), "{refused}");

    desk.settings(mine);
    let well = |s: &api::Snapshot| {
        s.engine
            .problems
            .iter()
            .all(|p| !p.what.contains("settings"))
    };
    desk.until("well again", well).await;
    std::fs::write(&file, "#\n").unwrap();
    desk.until("the defaults", |s| !is_mine(s)).await;
}

fn is_mine(snapshot: &api::Snapshot) -> bool {
    let mut providers = snapshot.providers.iter();
    providers.any(|p| p.id == "openai" && p.mine)
}

/// The owner's files are in a repository elsewhere, and the settings file is a link to one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_followed_when_it_is_read_watched_and_saved() {
    let mut desk = Desk::new();
    let link = desk.file("settings.toml");
    let [first, second] =
        ["dotfiles/first.toml", "dotfiles/second.toml"].map(|name| desk.file(name));
    std::fs::create_dir(desk.file("dotfiles")).unwrap();
    std::fs::rename(&link, &first).unwrap();
    std::os::unix::fs::symlink(&first, &link).unwrap();
    desk.start();

    let with = |mine: &str| format!("[watch]\nmine = [{mine}]\npages = false\nonline_hosts = []\n");
    std::fs::write(&first, with("\"openai\"")).unwrap();
    desk.until("the target was changed", is_mine).await;
    let (_, saved) = desk.put_settings(&with("")).await;
    assert_eq!(saved["errors"], json!([]));
    assert!(link.is_symlink(), "it was replaced");
    assert_eq!(std::fs::read_to_string(&first).unwrap(), with(""));
    desk.until("saved", |s| !is_mine(s)).await;

    // Another target, whose later changes count too.
    std::fs::write(&second, with("\"cursor\"")).unwrap();
    std::os::unix::fs::symlink("dotfiles/second.toml", desk.file("new")).unwrap();
    std::fs::rename(desk.file("new"), &link).unwrap();
    let cursor = |s: &api::Snapshot| s.providers.iter().any(|p| p.id == "cursor" && p.mine);
    desk.until("the link was changed", cursor).await;
    std::fs::write(&second, with("\"cursor\", \"openai\"")).unwrap();
    desk.until("the new target was changed", is_mine).await;
}
