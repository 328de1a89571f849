//! The engine's log: a line that cannot be written never ends the engine.

use serde_json::json;

use crate::desk::{Desk, Upstream, two_endpoints};

fn hello(model: &str) -> serde_json::Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_written_to_a_file_of_its_own() {
    let mut desk = Desk::new();
    let file = desk.file("log/engine.log");
    desk.env("UNDERSTUDY_LOG_FILE", &file.display().to_string());
    desk.env("UNDERSTUDY_LOG", "debug");
    desk.start();
    desk.printed(&["pause"]);
    let printed = desk.printed(&["doctor"]);
    assert!(
        printed.contains(&format!("The log is in {}.", file.display())),
        "{printed}"
    );
    desk.printed(&["stop"]);
    assert!(desk.ended().success());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("the engine has ended"), "{text}");
    assert_eq!(desk.log(), "", "nothing else is on standard error");
}

/// A full disk, or a terminal that was closed.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_is_a_problem_and_no_end() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.log_to("/dev/full");
    desk.start();
    lead.stage.outage(Some("503".parse().unwrap()));
    for _ in 0..4 {
        let response = desk.ask("/v1/messages", &hello("model-x")).await;
        assert_eq!(response.status(), 200);
    }
    let is_down = |s: &api::Snapshot| !s.open_incidents.is_empty();
    desk.until("an outage", is_down).await;
    let shown = |s: &api::Snapshot| {
        let mut problems = s.engine.problems.iter();
        problems.any(|p| p.what.contains("of the log could not be written"))
    };
    let snapshot = desk.until("a problem", shown).await;
    let problems = &snapshot.engine.problems;
    assert!(
        problems.iter().any(|p| p.what.contains("No space left")),
        "{problems:?}"
    );
    let doctor = desk.run(&["doctor"]);
    let printed = crate::desk::text(&doctor.stdout);
    assert!(printed.contains("BAD   log"), "{printed}");

    let response = desk.ask("/v1/messages", &hello("rehearsal/steady")).await;
    assert_eq!(response.status(), 200, "it still answers");
    desk.printed(&["stop"]);
    assert!(desk.ended().success());
}
