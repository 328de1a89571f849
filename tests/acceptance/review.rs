//! All providers failed: a pipeline's request is parked, an agent's is not.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text, two_endpoints};

const CHAT: &str = "/v1/chat/completions";

/// A route for a pipeline, before those for all other requests.
async fn desk_with(lead: &Upstream, second: &Upstream) -> Desk {
    let mut desk = Desk::new();
    let pipeline = "[[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"lead\", \"second\"]\npipeline = \"Leads\"\n";
    desk.settings(&format!(
        "{pipeline}{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    desk
}

fn body(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Qualify: grüße, \u{1F600}" }] })
}

fn failing(upstreams: [&Upstream; 2], fault: Option<&str>) {
    for upstream in upstreams {
        upstream
            .stage
            .outage(fault.map(|fault| fault.parse().unwrap()));
    }
}

fn review_id(response: &reqwest::Response) -> Option<String> {
    let id = response.headers().get("x-understudy-review-id")?;
    Some(id.to_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipelines_failed_request_is_parked_until_it_is_answered() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = desk_with(&lead, &second).await;
    failing([&lead, &second], Some("503"));
    let response = desk.ask(CHAT, &body("lead-1")).await;
    assert_eq!(response.status().as_u16(), 503);
    let id = review_id(&response).unwrap();
    let parked = desk.until("parked", |s| s.review_open == 1).await;
    let notification = parked
        .notifications
        .iter()
        .find(|n| n.title == "1 request is waiting for you");
    assert!(
        notification
            .unwrap()
            .body
            .contains("Each request is in the review queue")
    );
    let line = json!({ "line": "action", "label": "Review queue (1)",
        "command": { "do": "open_window", "view": "review" }, "checked": null });
    assert!(json!(parked.tray.menu).as_array().unwrap().contains(&line));

    // A repeated request is not a new item and causes no new notification.
    let again = desk.ask(CHAT, &body("lead-1")).await;
    assert_eq!(review_id(&again), Some(id.clone()));
    desk.exchanges(2).await;
    let page = desk.get("/review").await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{page}");
    let item = &items[0];
    assert_eq!(
        (
            &item["id"],
            &item["failures"],
            &item["pipeline"],
            &item["route"],
            &item["state"]
        ),
        (
            &json!(id),
            &json!(2),
            &json!("Leads"),
            &json!("leads"),
            &json!("open")
        ),
        "{item}"
    );
    assert!(
        item["why"]
            .as_str()
            .unwrap()
            .starts_with("No provider could answer")
    );
    let reviews = desk.snapshot().await.notifications;
    assert_eq!(reviews.iter().filter(|n| n.thread == "review").count(), 1);

    desk.kill();
    desk.start();
    assert_eq!(desk.snapshot().await.review_open, 1, "after a restart");
    let listed = desk.printed(&["review", "list"]);
    assert!(
        listed.contains(&id) && listed.contains("2 × failed"),
        "{listed}"
    );
    let shown: Value =
        serde_json::from_str(&desk.printed(&["review", "show", &id, "--json"])).unwrap();
    let request: Value = serde_json::from_str(shown["request"].as_str().unwrap()).unwrap();
    assert_eq!(request, body("lead-1"), "the request is kept whole");

    failing([&lead, &second], None);
    let answered = desk.ask(CHAT, &body("lead-1")).await;
    assert_eq!(answered.status(), StatusCode::OK);
    assert_eq!(review_id(&answered), None);
    answered.bytes().await.unwrap();
    desk.until("settled", |s| s.review_open == 0).await;
    let list = desk.printed(&["review", "list"]);
    assert!(
        list.starts_with("No request waits for review.\n\nAnswered in the last 14 days:\n"),
        "{list}"
    );
    assert!(list.contains("Answered by request"), "{list}");
    let all = desk.get("/review?all=true").await;
    assert_eq!(all["items"][0]["state"], "answered", "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_request_is_not_parked_and_a_tagged_one_is() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    failing([&lead, &second], Some("503"));
    let url = format!("{}{CHAT}", desk.base());
    let agent = desk.http.post(&url).header("x-session-id", "s-1");
    let agent = agent.json(&body("agent-model")).send().await.unwrap();
    assert_eq!((agent.status().as_u16(), review_id(&agent)), (503, None));
    let tagged = |item: &'static str| {
        desk.http
            .post(&url)
            .header("x-understudy-pipeline", "Invoices")
            .header("x-understudy-item", item)
            .json(&body("other-model"))
            .send()
    };
    let one = review_id(&tagged("17").await.unwrap()).unwrap();
    let two = review_id(&tagged("18").await.unwrap()).unwrap();
    assert_ne!(one, two, "two items with the same words");
    let rows = desk.exchanges(3).await;
    let flows: Vec<_> = rows
        .iter()
        .map(|row| [row["pipeline"].as_str(), row["item"].as_str()])
        .collect();
    let invoice = |item| [Some("Invoices"), Some(item)];
    assert_eq!(flows, [invoice("18"), invoice("17"), [None, None]]);
    let page = desk.get("/review").await;
    let items: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["item"])
        .collect();
    assert_eq!(items, ["18", "17"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_closed_by_hand_with_a_note_and_only_once() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    failing([&lead, &second], Some("503"));
    let done = review_id(&desk.ask(CHAT, &body("lead-1")).await).unwrap();
    let dismissed = review_id(&desk.ask(CHAT, &body("lead-2")).await).unwrap();
    desk.until("both parked", |s| s.review_open == 2).await;
    desk.printed(&["review", "done", &done, "--note", "sent by hand"]);
    let close = Some(json!({ "as": "dismissed", "note": null }));
    let path = format!("/review/{dismissed}/close");
    let (status, printed) = desk.control(Method::POST, &path, close.clone()).await;
    assert!(status.is_success(), "{printed}");
    assert_eq!(desk.snapshot().await.review_open, 0);
    let (status, printed) = desk.control(Method::POST, &path, close).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        printed["error"],
        format!("item {dismissed} is closed already")
    );
    let unknown = desk.run(&["review", "done", "0123456789abcdef"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("there is no review item 0123456789abcdef"));

    // The client's retries of a request that the user has closed do not reopen it.
    desk.ask(CHAT, &body("lead-1")).await;
    desk.exchanges(3).await;
    let item = desk.get(&format!("/review/{done}")).await;
    let summary = &item["summary"];
    assert_eq!(
        (&summary["state"], &summary["note"], &summary["failures"]),
        (&json!("done"), &json!("sent by hand"), &json!(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn running_an_item_again_sends_the_stored_request_and_stores_its_response() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    failing([&lead, &second], Some("503"));
    let id = review_id(&desk.ask(CHAT, &body("lead-1")).await).unwrap();
    desk.until("parked", |s| s.review_open == 1).await;
    let failed = desk.run(&["review", "run", &id]);
    assert_eq!(failed.status.code(), Some(1), "{}", text(&failed.stderr));
    let item = desk.get(&format!("/review/{id}")).await;
    assert_eq!(item["summary"]["failures"], 2, "{item}");
    assert_eq!(
        (&item["run"]["status"], &item["run"]["answered"]),
        (&json!(503), &json!(false))
    );

    failing([&lead, &second], None);
    lead.stage.forget_received();
    let answer = desk.printed(&["review", "run", &id]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["choices"][0]["finish_reason"], "stop", "{answer}");
    let received = lead.stage.received();
    let sent: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(sent, body("lead-1"));
    desk.until("settled", |s| s.review_open == 0).await;
    let item = desk.get(&format!("/review/{id}")).await;
    assert_eq!(
        (&item["summary"]["state"], &item["run"]["answered"]),
        (&json!("answered"), &json!(true))
    );
    let kept: Value = serde_json::from_str(item["run"]["answer"].as_str().unwrap()).unwrap();
    assert_eq!(kept, answer);
}

/// The request was parked with its `Idempotency-Key`: a later retry of its client gets the response of the run.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_the_parked_key_answers_the_clients_later_retry() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    let keyed = async |key: &str| {
        let url = format!("{}{CHAT}", desk.base());
        let request = desk.http.post(url).json(&body("lead-1"));
        request.header("idempotency-key", key).send().await.unwrap()
    };
    failing([&lead, &second], Some("503"));
    let id = review_id(&keyed("lead-7").await).unwrap();
    desk.until("parked", |s| s.review_open == 1).await;

    failing([&lead, &second], None);
    let answer = desk.printed(&["review", "run", &id]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    lead.stage.forget_received();
    second.stage.forget_received();
    let retried = keyed("lead-7").await;
    assert_eq!(retried.headers()["idempotency-replayed"], "true");
    assert_eq!(retried.json::<Value>().await.unwrap(), answer);
    assert!(
        lead.stage.received().is_empty(),
        "the model is not asked again"
    );
    assert!(second.stage.received().is_empty());
    let other = keyed("lead-8").await;
    assert!(!other.headers().contains_key("idempotency-replayed"));
}

/// The command is accepted and reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_pipeline_is_reported_with_the_similar_name() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let desk = desk_with(&lead, &second).await;
    let url = format!("{}{CHAT}", desk.base());
    let named = desk
        .http
        .post(&url)
        .header("x-understudy-pipeline", "leeds");
    let answered = named.json(&body("other-model")).send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    answered.bytes().await.unwrap();
    let warning = "The pipeline \"leeds\" is not in the settings. Did you mean \"Leads\"?";
    let warned = desk
        .until("a problem", |s| {
            s.engine.problems.iter().any(|p| p.what == warning)
        })
        .await;
    assert!(
        warned.engine.problems[0]
            .fix
            .contains("[[pipeline]] name = \"leeds\"")
    );
    let rows = desk.exchanges(1).await;
    assert!(
        rows[0]["story"].as_str().unwrap().ends_with(warning),
        "{rows:?}"
    );
}

/// Parked requests of an outage are shown, counted at their value, and run again with one command. Later retries of the clients
/// with their keys get those responses.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_all_waiting_requests_are_run_again_with_one_command() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let pipeline = "[[pipeline]]\nname = \"Leads\"\nweekly_items = 50\nvalue_dollars = 400\nschedule = \"daily 00:00-24:00 UTC\"\n\
                    [[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"lead\"]\npipeline = \"Leads\"\n";
    desk.settings(&format!(
        "{pipeline}{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    let url = format!("{}{CHAT}", desk.base());
    let of_item = async |item: &str| {
        let request = desk.http.post(&url).json(&body("lead-1"));
        let request = request
            .header("x-understudy-item", item)
            .header("idempotency-key", item);
        request.send().await.unwrap()
    };
    failing([&lead, &lead], Some("503"));
    for item in ["a", "b", "c"] {
        assert_eq!(of_item(item).await.status().as_u16(), 503);
    }
    let known = |s: &api::Snapshot| json!(s.open_incidents)[0]["at_risk"]["known"].clone();
    let open = desk
        .until("counted", |s| known(s) == json!(1_200_000_000))
        .await;
    let risk = json!(open.open_incidents[0].at_risk);
    assert!(
        risk["method"]
            .as_str()
            .unwrap()
            .starts_with("Leads: Measured: 3 waiting × $400 = $1,200."),
        "{risk}"
    );
    let impact = open.open_incidents[0].impact.as_ref().unwrap();
    assert_eq!(impact.waiting.text, "3 items, $1,200, wait for one click");
    assert_eq!(impact.at_risk[0].text, "$1,200 at risk");
    let status = text(&desk.run(&["status"]).stdout);
    assert!(
        status.contains("Pipelines: 3 items, $1,200, wait for one click. $1,200 at risk."),
        "{status}"
    );

    failing([&lead, &lead], None);
    let mut n = 0;
    while !desk.snapshot().await.open_incidents.is_empty() {
        n += 1;
        assert!(n < 50, "the incident never closes");
        let other = json!({ "model": "lead-1", "messages": [{ "role": "user", "content": format!("Other {n}") }] });
        for _ in 0..2 {
            desk.ask(CHAT, &other).await.bytes().await.unwrap();
        }
    }
    let after = desk
        .until("what is left", |s| {
            s.last_outage.as_ref().is_some_and(|o| o.waiting == 3)
        })
        .await;
    let outage = after.last_outage.unwrap();
    assert!(
        outage.message.contains("3 requests waiting"),
        "{}",
        outage.message
    );
    let status = text(&desk.run(&["status"]).stdout);
    assert!(status.contains(&outage.message), "{status}");
    assert!(
        outage.message.ends_with("$1,200 at risk."),
        "{}",
        outage.message
    );
    let back = after
        .notifications
        .iter()
        .find(|n| n.title.ends_with("is back"));
    assert!(
        back.is_some_and(|back| back.body.ends_with("wait for one click. $1,200 at risk.")),
        "{:?}",
        after.notifications
    );

    let retry = |count_only: bool| json!({ "do": "review_retry_all", "incident": outage.incident, "pipeline": "Leads", "count_only": count_only });
    let (_, counted) = desk.control(Method::POST, "/do", Some(retry(true))).await;
    assert_eq!(
        counted["said"],
        "3 requests wait and can be run again, one after the other."
    );
    assert_eq!(desk.snapshot().await.review_open, 3, "nothing was run");
    let (status, begun) = desk.control(Method::POST, "/do", Some(retry(false))).await;
    assert!(status.is_success(), "{begun}");
    let (status, refused) = desk.control(Method::POST, "/do", Some(retry(false))).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "one at a time: {refused}"
    );
    let ended = |s: &api::Snapshot| s.review_retry.as_ref().is_some_and(|r| r.ended.is_some());
    let ended = desk.until("all were run", ended).await;
    assert_eq!(
        ended.review_retry.unwrap().ended.as_deref(),
        Some("3 requests were run again: 3 answered.")
    );
    desk.until("nothing waits", |s| {
        s.review_open == 0 && s.last_outage.as_ref().is_some_and(|o| o.waiting == 0)
    })
    .await;
    let number = outage.incident.to_string();
    let shown = || text(&desk.run(&["incidents", &number]).stdout);
    let recovered = shown();
    assert!(
        recovered.contains("$0 at risk, at most $1,200 at ")
            && recovered.contains("answered, 3 of them after a failure"),
        "{recovered}"
    );
    let mark =
        |item: &str, mark: &str| desk.run(&["incidents", "mark", &number, "Leads", item, mark]);
    assert!(mark("b", "lost").status.success());
    assert!(
        shown().contains("1 item, $400, marked as lost"),
        "{}",
        shown()
    );
    assert!(mark("b", "none").status.success());
    assert!(shown().contains("nothing failed"), "{}", shown());
    assert!(!mark("x", "lost").status.success(), "there is no such item");

    let requested = lead.posts() + second.posts();
    for item in ["a", "b", "c"] {
        assert_eq!(of_item(item).await.status(), StatusCode::OK);
    }
    assert_eq!(
        lead.posts() + second.posts(),
        requested,
        "the kept responses are given"
    );
}
