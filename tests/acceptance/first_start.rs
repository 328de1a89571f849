//! The first start: no key, no internet.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::desk::{Desk, text};
use crate::status_page::other_pages;

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_curl_line_works_when_pasted() {
    let desk = Desk::started();
    let line = desk
        .printed
        .lines()
        .find(|l| l.starts_with("curl "))
        .unwrap();
    let pasted = Command::new("bash")
        .args(["-c", &format!("{line} -sS")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&pasted.stdout)
        .unwrap_or_else(|_| panic!("{} {}", text(&pasted.stdout), text(&pasted.stderr)));
    assert_eq!(answer["stop_reason"], "end_turn");
    assert!(
        answer["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("rehearsal answer from Understudy"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rehearsal_answers_in_every_dialect_and_counts_nowhere() {
    let desk = Desk::started();
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    for (path, body) in [
        (
            "/v1/messages",
            json!({ "model": "rehearsal/steady", "max_tokens": 50, "messages": messages }),
        ),
        (
            "/v1/chat/completions",
            json!({ "model": "rehearsal/steady", "messages": messages }),
        ),
        (
            "/v1/responses",
            json!({ "model": "rehearsal/steady", "input": "Hello" }),
        ),
    ] {
        let response = desk.ask(path, &body).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["x-understudy-provider"], "rehearsal");
        assert!(
            response.text().await.unwrap().contains("rehearsal answer"),
            "{path}"
        );
    }
    let rows = desk.exchanges(3).await;
    assert!(
        rows.iter()
            .all(|r| r["rehearsal"] == true && r["end"] == "complete"),
        "{rows:?}"
    );
    let today = desk.snapshot().await.today;
    assert_eq!(
        (today.exchanges, today.unpriced, today.spent_estimate),
        (0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_for_a_missing_key_states_how_to_add_one() {
    let desk = Desk::started();
    let response = desk.ask("/v1/messages", &json!({ "model": "claude-sonnet-4-5", "max_tokens": 5, "messages": [{ "role": "user", "content": "Hi" }] })).await;
    assert_eq!(response.status(), 403);
    let error: Value = response.json().await.unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("understudyd key add anthropic"),
        "{message}"
    );
    let response = desk
        .ask(
            "/v1/chat/completions",
            &json!({ "model": "gpt-5", "messages": [] }),
        )
        .await;
    assert_eq!(response.status(), 403);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("understudyd key add openai")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn url_status_and_doctor_show_the_present_state() {
    let desk = Desk::started();
    let url = desk.printed(&["url"]);
    assert!(
        url.starts_with("http://127.0.0.1:") && url.contains("/t/"),
        "{url}"
    );
    let ui = desk.printed(&["url", "--ui"]);
    assert!(ui.contains("/ui/#token="), "{ui}");
    let status = desk.run(&["status"]);
    assert_eq!(
        status.status.code(),
        Some(2),
        "unknown is neither good nor bad"
    );
    assert!(
        text(&status.stdout).contains("None of your providers is watched yet"),
        "{}",
        text(&status.stdout)
    );
    let as_json: Value =
        serde_json::from_str(&text(&desk.run(&["status", "--json"]).stdout)).unwrap();
    assert_eq!(as_json["headline"]["level"], "unknown");
    let doctor = desk.printed(&["doctor"]);
    assert!(doctor.contains("understudyd key add anthropic"), "{doctor}");
    assert!(!doctor.contains("rejected"), "{doctor}");

    // A browser's request for an icon needs no token, and is counted.
    let icon = format!("{}/favicon.ico", desk.address());
    for received in [
        "1 request without the token",
        "2 requests without the token",
    ] {
        let refused = desk.http.get(&icon).send().await.unwrap();
        assert!(refused.status().is_client_error());
        let doctor = desk.printed(&["doctor"]);
        assert!(doctor.contains(received), "{doctor}");
    }
    assert!(desk.exchanges(0).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsed_outage_turns_the_tray_red_with_its_own_badge_and_leaves_no_incident() {
    let desk = Desk::started();
    desk.printed(&["rehearse", "--seconds", "600"]);
    let red = desk
        .until("red", |s| {
            serde_json::to_value(s.tray.icon).unwrap() == "outage"
        })
        .await;
    assert!(red.tray.rehearsal);
    assert!(
        red.tray.tooltip.starts_with("Rehearsal"),
        "{}",
        red.tray.tooltip
    );
    assert!(
        red.notifications
            .iter()
            .all(|n| n.title.starts_with("Rehearsal: ")),
        "{:?}",
        red.notifications
    );
    assert!(red.open_incidents.is_empty());
    let (status, _) = desk
        .control(
            reqwest::Method::POST,
            "/do",
            Some(json!({ "do": "end_rehearsal" })),
        )
        .await;
    assert_eq!(status, 200);
    desk.until("green again", |s| {
        serde_json::to_value(s.tray.icon).unwrap() == "operational" && s.tray.rehearsal
    })
    .await;
    assert_eq!(desk.get("/incidents").await["incidents"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_ui_is_served_and_a_browser_finds_it() {
    let desk = Desk::started();
    let home = desk
        .http
        .get(desk.address())
        .header("accept", "text/html,*/*")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            home.status().as_u16(),
            home.headers()["location"].to_str().unwrap()
        ),
        (307, "/ui/")
    );
    let page = desk
        .http
        .get(format!("{}/ui/", desk.address()))
        .send()
        .await
        .unwrap();
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'self'")
    );
    let html = page.text().await.unwrap();
    let script = html
        .split("src=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .trim_start_matches("./");
    let script = desk
        .http
        .get(format!(
            "{}/ui/{}",
            desk.address(),
            script.trim_start_matches("/ui/")
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), 200);
    let metrics = desk.metrics().await;
    assert!(
        metrics.contains("understudy_provider_level{provider=\"anthropic\",mine=\"false\"} -1"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_needs_no_network() {
    let mut desk = Desk::new();
    let nowhere = other_pages(&[]);
    desk.settings(&format!("[watch]\nmine = [\"anthropic\"]\nonline_hosts = [\"127.0.0.1:9\"]\npage_every_s = 1\n[watch.pages_from]\n{nowhere}"));
    desk.start();
    desk.until("offline", |s| s.headline.sentence.contains("offline"))
        .await;
    desk.printed(&["rehearse", "--seconds", "600"]);
    let red = desk
        .until("red", |s| {
            serde_json::to_value(s.tray.icon).unwrap() == "outage"
        })
        .await;
    assert!(red.tray.rehearsal, "{:?}", red.tray);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_questions_are_open_until_an_answer_and_never_in_an_older_installation() {
    let mut desk = Desk::started();
    assert!(
        desk.printed.contains("it asks three questions"),
        "{}",
        desk.printed
    );
    let first = desk.snapshot().await.engine;
    assert!(first.first_run);
    assert_eq!(first.installed.as_what, "a build from source");
    let key_pages = desk.snapshot().await.providers;
    assert!(
        key_pages
            .iter()
            .any(|p| p.keys_page.as_deref() == Some("https://platform.openai.com/api-keys"))
    );
    desk.kill();
    desk.start();
    assert!(desk.snapshot().await.engine.first_run, "not answered yet");
    let end = json!({ "do": "end_first_run" });
    let (status, _) = desk.control(reqwest::Method::POST, "/do", Some(end)).await;
    assert_eq!(status, 200);
    assert!(!desk.snapshot().await.engine.first_run);
    desk.kill();
    desk.start();
    assert!(!desk.snapshot().await.engine.first_run, "never asked twice");

    let mut older = Desk::new();
    older.ran_before();
    older.start();
    assert!(!older.snapshot().await.engine.first_run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_fallback_can_be_left_open_again() {
    let desk = Desk::started();
    for (answer, allowed) in [("yes", Some(true)), ("no", Some(false)), ("ask", None)] {
        desk.printed(&["paid-fallbacks", answer]);
        assert_eq!(desk.snapshot().await.engine.paid_fallbacks.allowed, allowed);
    }
}

/// `understudyd doctor | head`
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_output_pipe_is_not_an_error() {
    let desk = Desk::started();
    let mut doctor = desk
        .command(&["doctor"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(doctor.stdout.take());
    let ended = doctor.wait_with_output().unwrap();
    assert_eq!(text(&ended.stderr), "");
    assert_eq!(ended.status.code(), Some(141), "as if SIGPIPE had ended it");
}
