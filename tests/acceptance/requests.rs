//! A client's error leads to its request.

use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn question(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

fn id_of(response: &reqwest::Response) -> String {
    let id = response.headers().get("x-understudy-exchange").unwrap();
    id.to_str().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<&str> {
    let rows = page["exchanges"].as_array().unwrap().iter();
    rows.map(|row| row["request_id"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_leads_to_its_request_by_the_id_in_it() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    let path = "/v1/messages";
    let good = desk.ask(path, &question("good-model")).await;
    let good_id = id_of(&good);
    good.bytes().await.unwrap();
    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("reset".parse().unwrap()));
    }
    let failed = desk
        .http
        .post(format!("{}/p/Leads{path}", desk.base()))
        .json(&question("bad-model"))
        .send()
        .await
        .unwrap();
    let failed_id = id_of(&failed);
    let received: Value = failed.json().await.unwrap();
    let message = received["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("(request {failed_id})")),
        "{message}"
    );
    desk.exchanges(2).await;

    for (query, expected) in [
        (format!("q={failed_id}"), vec![&failed_id]),
        (format!("q={good_id}"), vec![&good_id]),
        ("q=good-MODEL".to_owned(), vec![&good_id]),
        ("q=leads".to_owned(), vec![&failed_id]),
        ("failed=true".to_owned(), vec![&failed_id]),
        ("pipeline=leads".to_owned(), vec![&failed_id]),
        (
            "since=2020-01-01T00:00:00Z".to_owned(),
            vec![&failed_id, &good_id],
        ),
        ("since=2100-01-01T00:00:00Z".to_owned(), vec![]),
    ] {
        let page = desk.get(&format!("/exchanges?{query}")).await;
        assert_eq!(ids(&page), expected, "{query}");
    }
    let (status, refused) = desk
        .control(reqwest::Method::GET, "/exchanges?since=yesterday", None)
        .await;
    assert_eq!(status, 422, "{refused}");

    // The command line finds the same request.
    let found = desk.printed(&["traffic", "--find", &failed_id]);
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains(&failed_id), "{found}");
    let found = desk.printed(&[
        "traffic",
        "--failed",
        "--pipeline",
        "leads",
        "--since",
        "2h",
    ]);
    assert!(
        found.contains(&failed_id) && found.lines().count() == 1,
        "{found}"
    );
    let found: Value =
        serde_json::from_str(&desk.printed(&["traffic", "--since", "1d", "--json"])).unwrap();
    assert_eq!(ids(&found), [&failed_id, &good_id]);
    let nothing = desk.printed(&["traffic", "--find", "no such text"]);
    assert_eq!(nothing.trim(), "No request matches.");
    let unreadable = desk.run(&["traffic", "--since", "soon"]);
    assert_eq!(unreadable.status.code(), Some(2));
    assert!(text(&unreadable.stderr).contains("30m"), "{unreadable:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_of_known_length_states_its_length() {
    let mut desk = Desk::new();
    desk.start();
    for (body, status) in [(question("rehearsal/steady"), 200), (json!({}), 400)] {
        let response = desk.ask("/v1/messages", &body).await;
        assert_eq!(response.status(), status);
        let stated = response.headers()["content-length"].to_str().unwrap();
        let stated: usize = stated.parse().unwrap();
        assert_eq!(response.bytes().await.unwrap().len(), stated);
    }
}
