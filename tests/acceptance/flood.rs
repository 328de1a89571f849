//! Callers without the token leave nothing: no request in the list, no session, and one line of the log a minute.

use reqwest::StatusCode;
use serde_json::json;

use crate::desk::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_without_the_token_writes_no_row_and_few_lines() {
    let desk = Desk::started();
    let address = desk.address();
    let body = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [] });
    let ledger = || {
        let size = |name: &str| std::fs::metadata(desk.file(name)).map_or(0, |file| file.len());
        size("ledger.sqlite") + size("ledger.sqlite-wal")
    };
    let (lines, bytes) = (desk.log().lines().count(), ledger());
    let long = "x".repeat(8_000);
    for _ in 0..60 {
        for request in [
            desk.http
                .post(format!("{address}/t/x/v1/messages"))
                .json(&body),
            desk.http.post(format!("{address}/v1/messages")).json(&body),
            desk.http.get(format!("{address}/t/x/x.png")),
            desk.http.get(format!("{address}/{long}")),
            desk.http
                .post(format!("{}/v1/messages", desk.base()))
                .header("host", "evil.example"),
            desk.http
                .post(format!("{}/v1/messages", desk.base()))
                .header("origin", format!("https://{long}.example"))
                .header("user-agent", "Mozilla/5.0 (X11)"),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
        }
    }
    let doctor = desk.printed(&["doctor"]);
    for counted in [
        "240 requests without the token",
        "60 requests for a host name",
        "60 requests of web pages",
    ] {
        assert!(doctor.contains(counted), "{doctor}");
    }
    assert!(desk.exchanges(0).await.is_empty());
    assert!(desk.snapshot().await.engine.sessions.is_empty());
    let log = desk.log();
    let new = log.lines().count() - lines;
    assert!((3..=6).contains(&new), "{new} lines: {log}");
    assert!(log.lines().all(|line| line.len() < 2_000), "{log}");
    assert!(
        ledger() < bytes + 256 * 1024,
        "{bytes} to {} bytes",
        ledger()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_no_control_character() {
    let desk = Desk::started();
    let hostile = "gpt\u{1b}[2J\u{7}\u{9b}31m\u{202e}5";
    for arguments in [
        &["route", "explain", hostile][..],
        &["route", "explain", hostile, "--json"],
        &["test", hostile],
        &["use", hostile, hostile],
        &["review", "show", hostile],
    ] {
        let output = desk.run(arguments);
        for printed in [output.stdout, output.stderr] {
            let printed = String::from_utf8(printed).unwrap();
            let raw = printed.chars().find(|sign| {
                (sign.is_control() && !matches!(sign, '\n' | '\t')) || *sign == '\u{202e}'
            });
            assert_eq!(raw, None, "{arguments:?}: {printed:?}");
        }
    }
}
