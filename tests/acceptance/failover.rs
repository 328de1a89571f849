//! Two endpoints, the first of which fails.

use reqwest::StatusCode;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};

use crate::desk::{Desk, Upstream, two_endpoints};

fn bodies(model: &str, stream: bool) -> [(&'static str, Value); 3] {
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    [
        (
            "/v1/messages",
            json!({ "model": model, "max_tokens": 100, "stream": stream, "messages": messages }),
        ),
        (
            "/v1/chat/completions",
            json!({ "model": model, "stream": stream, "messages": messages }),
        ),
        (
            "/v1/responses",
            json!({ "model": model, "stream": stream, "input": "Hello" }),
        ),
    ]
}

async fn desk_with(lead: &Upstream, second: &Upstream) -> Desk {
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_reaches_the_client_unchanged() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    for stream in [false, true] {
        for (path, body) in bodies("model-x", stream) {
            // Another stage returns the same bytes for the same request, except for its counters: a fresh one gets the request
            // directly.
            let (direct, through) = (Upstream::start().await, Upstream::start().await);
            let own = desk_with(&through, &second).await;
            let straight = desk
                .http
                .post(format!("{}{path}", direct.address))
                .json(&body)
                .send()
                .await
                .unwrap();
            let passed = own.ask(path, &body).await;
            assert_eq!(passed.status(), StatusCode::OK);
            assert_eq!(
                passed.headers()["content-type"],
                straight.headers()["content-type"]
            );
            assert_eq!(
                passed.bytes().await.unwrap(),
                straight.bytes().await.unwrap(),
                "{path} stream {stream}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_before_any_content_fails_over_and_both_attempts_are_recorded() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    lead.stage.outage(Some(Fault::CutAfterOpening));
    for (path, mut body) in bodies("model-x", true) {
        // A breaker is per model, so each dialect starts with a closed one.
        body["model"] = json!(path);
        let response = desk.ask(path, &body).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["x-understudy-provider"], "second");
        let received = response.text().await.unwrap();
        assert!(
            ["message_stop", "[DONE]", "response.completed"]
                .iter()
                .any(|end| received.contains(end)),
            "{path}: {received}"
        );
    }
    let rows = desk.exchanges(3).await;
    for row in &rows {
        let attempts = row["attempts"].as_array().unwrap();
        let endpoints: Vec<&str> = attempts
            .iter()
            .map(|a| a["endpoint"].as_str().unwrap())
            .collect();
        assert_eq!(
            endpoints,
            ["lead", "lead", "second"],
            "two tries, then the next: {row}"
        );
        assert_eq!(row["end"], "complete");
    }
    assert_eq!(
        (lead.posts(), second.posts()),
        (6, 3),
        "the upstreams' own count"
    );
    let snapshot = desk
        .until("counted", |s| s.today.carried_by_fallback == 3)
        .await;
    assert!(
        snapshot.routes.iter().any(|r| r
            .active
            .as_deref()
            .is_some_and(|a| a.starts_with("lead → second, since"))),
        "{:?}",
        snapshot.routes
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_within_a_response_never_ends_cleanly() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    for fault in [
        Fault::CutInText,
        Fault::CleanCloseInText,
        Fault::ResetInText,
    ] {
        for (path, mut body) in bodies("model-x", true) {
            // A breaker is per model, so each fault starts with a closed one.
            body["model"] = json!(format!("{path} {fault}"));
            lead.stage.cue(ScriptStep {
                fault: Some(fault.clone()),
                ..ScriptStep::default()
            });
            let response = desk.ask(path, &body).await;
            assert_eq!(response.status(), StatusCode::OK);
            let read = response.bytes().await;
            assert!(
                read.is_err(),
                "{path} {fault:?}: a cut answer came as a whole one: {read:?}"
            );
        }
    }
    let rows = desk.exchanges(9).await;
    assert!(rows.iter().all(|r| r["end"] == "cut"), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_fail_the_primarys_error_is_returned_unchanged() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    lead.stage.outage(Some("529".parse().unwrap()));
    second.stage.outage(Some("500".parse().unwrap()));
    let (path, body) = &bodies("model-x", true)[0];
    let response = desk.ask(path, body).await;
    assert_eq!(response.status().as_u16(), 529);
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["type"], "overloaded_error");
    let row = &desk.exchanges(1).await[0];
    assert_eq!(
        (
            row["end"].as_str(),
            row["attempts"].as_array().unwrap().len()
        ),
        (Some("exhausted"), 4)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_at_fault_is_returned_unchanged_after_one_attempt() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    lead.stage.outage(Some("400".parse().unwrap()));
    for (path, body) in bodies("model-x", false) {
        let straight = desk
            .http
            .post(format!("{}{path}", lead.address))
            .json(&body)
            .send()
            .await
            .unwrap();
        let through = desk.ask(path, &body).await;
        assert_eq!(through.status(), straight.status());
        assert_eq!(
            through.text().await.unwrap(),
            straight.text().await.unwrap()
        );
    }
    assert_eq!(second.posts(), 0);
    let rows = desk.exchanges(3).await;
    assert!(
        rows.iter()
            .all(|r| r["attempts"].as_array().unwrap().len() == 1 && r["end"] == "callers_fault"),
        "{rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_paused_requests_go_straight_to_the_primary() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    desk.printed(&["pause"]);
    lead.stage.outage(Some("503".parse().unwrap()));
    let (path, body) = &bodies("model-x", true)[0];
    let response = desk.ask(path, body).await;
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!((lead.posts(), second.posts()), (1, 0));
    assert!(desk.snapshot().await.engine.paused);
    desk.printed(&["resume"]);
    assert_eq!(desk.ask(path, body).await.status().as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_for_a_skipped_primary_is_named_and_counted_in_its_incident() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    lead.stage.outage(Some(Fault::status(503)));
    let [(path, body), ..] = bodies("model-x", true);
    // Two attempts per request: the third failure in a row opens the breaker and the incident.
    for _ in 0..2 {
        let carried = desk.ask(path, &body).await;
        assert_eq!(carried.status(), StatusCode::OK);
        carried.text().await.unwrap();
    }
    desk.until("an incident", |s| !s.open_incidents.is_empty())
        .await;
    let requested = lead.posts();
    desk.ask(path, &body).await.text().await.unwrap();
    assert_eq!(lead.posts(), requested, "it gets no request");
    let rows = desk.exchanges(3).await;
    assert_eq!(
        (&rows[0]["story"], &rows[0]["stand_in"]),
        (&json!("Answered by second in lead's place."), &json!(true)),
        "{rows:?}"
    );
    let counted = |s: &api::Snapshot| s.open_incidents[0].carried_by_fallback == 3;
    let open = &desk.until("all are counted", counted).await.open_incidents[0];
    let received = desk.get(&format!("/incidents/{}", open.id)).await;
    assert_eq!(
        (
            &received["summary"]["exchanges_hit"],
            &received["summary"]["carried_by_fallback"]
        ),
        (&json!(open.exchanges_hit), &json!(3)),
        "the ledger counts the same: {received}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_names_the_clients_of_its_routes() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let side = "[[route]]\nname = \"side\"\ndialect = \"anthropic\"\nmodels = \"side-*\"\ncandidates = [\"second\"]\n";
    desk.settings(&(side.to_owned() + &two_endpoints(&lead.address, &second.address)));
    desk.start();
    let ask = async |client: &str, model: &str| {
        let [(path, body), ..] = bodies(model, false);
        let url = format!("{}{path}", desk.base());
        let request = desk.http.post(url).header("user-agent", client);
        let answered = request.json(&body).send().await.unwrap();
        assert_eq!(answered.status(), StatusCode::OK);
    };
    ask("n8n", "side-x").await;
    lead.stage.outage(Some(Fault::status(503)));
    for _ in 0..2 {
        ask("claude-cli/2.1.197 (external, cli)", "model-x").await;
    }
    let down = |s: &api::Snapshot| !s.open_incidents.is_empty();
    let received = desk.until("an incident", down).await;
    let consequence = received.headline.consequence.unwrap();
    assert_eq!(
        consequence,
        "Claude Code continues on second, at no extra cost. Other requests continue on second."
    );
    let menu: Vec<_> = received
        .tray
        .menu
        .iter()
        .map(|line| json!(line)["label"].clone())
        .collect();
    let lines = [
        "Claude Code continues on second, at no extra cost.",
        "Other requests continue on second.",
    ];
    assert_eq!(
        menu[1..3],
        lines.map(|line| json!(line)),
        "one sentence a line: {menu:?}"
    );
}
