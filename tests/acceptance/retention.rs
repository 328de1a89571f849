//! Old requests are announced, summed and deleted; the charts stay the same, and the file can be compacted.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text, two_endpoints};

const MONTH_OLD: i64 = 40 * 24 * 3600 * 1000;
const CHARTS: [&str; 2] = [
    "/series/uptime?days=90&zone=UTC",
    "/series/cost?days=90&zone=UTC",
];

/// Three requests, one of them carried, of which the first two are made 40 days old.
async fn with_old_requests(lead: &Upstream, second: &Upstream) -> Desk {
    let mut desk = Desk::new();
    desk.env("TZ", "UTC");
    let endpoints = two_endpoints(&lead.address, &second.address);
    desk.settings(&format!("[retention]\nexchanges_days = 30\n{endpoints}"));
    desk.start();
    for n in 0..3 {
        if n == 1 {
            lead.stage.outage(Some("503".parse().unwrap()));
        }
        let body =
            json!({ "model": "m", "messages": [{ "role": "user", "content": format!("{n}") }] });
        let response = desk.ask("/v1/chat/completions", &body).await;
        assert_eq!(response.status(), 200);
        lead.stage.outage(None);
    }
    desk.exchanges(3).await;
    stop(&mut desk);
    let file = ledger(&desk);
    file.execute(
        "UPDATE exchanges SET started_at = started_at - ?1 WHERE id < 3",
        [MONTH_OLD],
    )
    .unwrap();
    file.execute("DELETE FROM incidents", ()).unwrap();
    desk
}

fn ledger(desk: &Desk) -> Connection {
    Connection::open(desk.file("ledger.sqlite")).unwrap()
}

fn stop(desk: &mut Desk) {
    desk.printed(&["stop"]);
    assert!(desk.ended().success(), "{}", desk.log());
}

async fn charts(desk: &Desk) -> Vec<Value> {
    let mut charts = Vec::new();
    for path in CHARTS {
        charts.push(desk.get(path).await["providers"].clone());
    }
    charts
}

/// As if the engine had run and announced the deletion eight days ago.
fn announced_a_week_ago(desk: &Desk, now: DateTime<Utc>) {
    let ago = |days| (now - TimeDelta::days(days)).to_rfc3339();
    let clock = format!("{} {}", ago(0), ago(8));
    let file = ledger(desk);
    for (key, value) in [("retention_announced", ago(8)), ("retention_clock", clock)] {
        file.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
            [key, &value],
        )
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_are_announced_then_deleted_and_no_chart_changes() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = with_old_requests(&lead, &second).await;
    desk.start();
    let announced = desk
        .until("the deletion is announced", |s| {
            s.engine.history.first_deletion.is_some()
        })
        .await;
    let sentence = announced.engine.history.first_deletion.unwrap();
    assert!(
        sentence.contains("deletes requests older than 30 days (2)"),
        "{sentence}"
    );
    let shown = &announced.notifications;
    assert!(
        shown
            .iter()
            .any(|n| n.title.starts_with("Old requests will be deleted on") && n.body == sentence),
        "{shown:?}"
    );
    let printed = text(&desk.run(&["status"]).stdout);
    assert!(printed.contains(&sentence), "{printed}");
    let printed = text(&desk.run(&["doctor"]).stdout);
    assert!(
        printed.contains("Requests are kept for 30 days, incidents for 730 days"),
        "{printed}"
    );
    let before = charts(&desk).await;
    assert_eq!(desk.exchanges(3).await.len(), 3, "nothing is deleted yet");
    stop(&mut desk);

    announced_a_week_ago(&desk, announced.at);
    desk.start();
    desk.exchanges_until(|rows| rows.len() == 1).await;
    assert_eq!(charts(&desk).await, before);
    stop(&mut desk);
    let summed: i64 = ledger(&desk)
        .query_row(
            "SELECT sum(requests) FROM daily WHERE complete = requests",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(summed, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_compacted_only_while_no_engine_runs() {
    let mut desk = Desk::started();
    let refused = desk.run(&["ledger", "compact"]);
    assert_eq!(refused.status.code(), Some(3));
    let why = text(&refused.stderr);
    assert!(why.contains("Stop it with `understudyd stop`"), "{why}");
    stop(&mut desk);

    let file = ledger(&desk);
    file.execute_batch(
        "CREATE TABLE filler (x); PRAGMA auto_vacuum = NONE; VACUUM; DROP TABLE filler;",
    )
    .unwrap();
    drop(file);
    let printed = desk.printed(&["ledger", "compact"]);
    assert!(
        printed.contains("It shrinks after each deletion from now on."),
        "{printed}"
    );
    let mode: i64 = ledger(&desk)
        .query_row("PRAGMA auto_vacuum", (), |row| row.get(0))
        .unwrap();
    assert_eq!(mode, 2);
    desk.start();
    let doctor = desk.get("/doctor").await;
    let checks = doctor["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .any(|check| check["name"] == "ledger" && check["state"] == "good"),
        "{doctor}"
    );
}
