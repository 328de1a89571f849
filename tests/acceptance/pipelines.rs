//! The owner's pipelines without a settings file in hand: added, changed, renamed and deleted over the control API, and known by
//! their address, their key or a header.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, two_endpoints};

fn hello() -> Value {
    json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

async fn desk() -> (Desk, Upstream, Upstream) {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&format!(
        "# kept\n{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    (desk, lead, second)
}

async fn page(desk: &Desk) -> api::PipelinePage {
    serde_json::from_value(desk.get("/pipelines").await).unwrap()
}

async fn put(desk: &Desk, path: &str, form: Value) -> (StatusCode, Value) {
    desk.control(Method::PUT, &format!("/pipelines/{path}"), Some(form))
        .await
}

fn file(desk: &Desk) -> String {
    std::fs::read_to_string(desk.file("settings.toml")).unwrap()
}

async fn send(desk: &Desk, url: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = desk.http.post(url).json(&hello());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_is_added_used_renamed_and_deleted() {
    let (desk, _lead, _second) = desk().await;
    let before = file(&desk);
    assert_eq!(page(&desk).await.pipelines, []);

    let form =
        json!({ "name": "Leads", "customer": "Miller Ltd", "weekly_items": 50, "value": 400 });
    let (status, saved) = put(&desk, "Leads?new=true", form.clone()).await;
    assert_eq!(
        (status, &saved["said"]),
        (StatusCode::OK, &json!("Leads is saved."))
    );
    let added = format!(
        "{before}\n[[pipeline]]\nname = \"Leads\"\ncustomer = \"Miller Ltd\"\nweekly_items = 50\nvalue = 400\n"
    );
    assert_eq!(file(&desk), added);
    let shown = desk.snapshot().await.pipelines;
    assert_eq!(shown[0].customer.as_deref(), Some("Miller Ltd"));

    let leads = page(&desk).await.pipelines.remove(0);
    assert_eq!(leads.base_url, format!("{}/p/Leads/v1", desk.base()));
    assert_eq!(leads.seen, None);
    let url = format!("{}/messages", leads.base_url);
    for item in ["a", "a", "b"] {
        assert_eq!(send(&desk, &url, &[("x-understudy-item", item)]).await, 200);
    }
    let rows = desk.exchanges(3).await;
    assert!(
        rows.iter().all(|row| row["pipeline"] == "Leads"),
        "{rows:?}"
    );
    let leads = page(&desk).await.pipelines.remove(0);
    assert_eq!(
        leads.seen.as_deref(),
        Some("Last week I saw 2 items in 3 requests.")
    );

    // A wrong value is an error at its field, and nothing is written.
    let version = leads.version.unwrap();
    let wrong = json!({ "name": "Leads", "weekly_items": 50, "value": 400, "currency": "euros" });
    let (status, refused) = put(&desk, &format!("Leads?version={version}"), wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused["fields"][0]["field"], "currency");
    let why = refused["fields"][0]["error"].as_str().unwrap();
    assert!(why.contains("three letters"), "{why}");
    assert_eq!(file(&desk), added);

    // Another program changed its lines.
    let edited = added.replace("weekly_items = 50", "weekly_items = 60 # by hand");
    std::fs::write(desk.file("settings.toml"), &edited).unwrap();
    let (status, refused) = put(&desk, &format!("Leads?version={version}"), form).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert_eq!(file(&desk), edited);

    let leads = page(&desk).await.pipelines.remove(0);
    assert_eq!(leads.form.weekly_items, Some(60.0));
    let renamed = api::PipelineForm {
        name: "Sales contacts".into(),
        ..leads.form
    };
    let version = leads.version.unwrap();
    let (status, _) = put(
        &desk,
        &format!("Leads?version={version}"),
        serde_json::to_value(&renamed).unwrap(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        file(&desk),
        edited.replace("\"Leads\"", "\"Sales contacts\"")
    );
    let sales = page(&desk).await.pipelines.remove(0);
    assert!(sales.base_url.ends_with("/p/Sales%20contacts/v1"));
    let url = format!("{}/messages", sales.base_url);
    assert_eq!(send(&desk, &url, &[]).await, 200);
    let rows = desk.exchanges(4).await;
    assert_eq!(rows[0]["pipeline"], "Sales contacts");

    let path = format!(
        "/pipelines/Sales%20contacts?version={}",
        sales.version.unwrap()
    );
    let (status, _) = desk.control(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(file(&desk), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_belongs_to_the_pipeline_of_its_path_then_its_key_then_its_header() {
    let (desk, _lead, _second) = desk().await;
    let printed = desk.printed(&["token", "add", "--pipeline", "Leads", "n8n", "--json"]);
    let new: api::NewToken = serde_json::from_str(&printed).unwrap();
    assert_eq!(new.pipeline.as_deref(), Some("Leads"));
    let listed = desk.printed(&["token", "list"]);
    assert!(listed.contains("pipeline Leads"), "{listed}");

    let (address, key) = (desk.address(), &*new.token);
    let header = ("x-understudy-pipeline", "Header");
    for (path, own_key, headers, expected) in [
        ("/p/Path/v1", true, vec![header], "Path"),
        ("/v1", true, vec![header], "Leads"),
        ("/v1", true, vec![], "Leads"),
        ("/v1", false, vec![header], "Header"),
        ("/p/Path/v1", false, vec![header], "Path"),
    ] {
        let url = match own_key {
            true => format!("{address}{path}/messages"),
            false => format!("{}{path}/messages", desk.base()),
        };
        let mut headers = headers;
        if own_key {
            headers.push(("x-api-key", key));
        }
        let known = desk.get("/exchanges").await["exchanges"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(send(&desk, &url, &headers).await, 200, "{url}");
        let rows = desk.exchanges(known + 1).await;
        assert_eq!(rows[0]["pipeline"], expected, "{url} {headers:?}");
    }
    // After a restart, and for a renamed pipeline.
    let (status, _) = put(&desk, "Leads?new=true", json!({ "name": "Leads" })).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = put(&desk, "Leads", json!({ "name": "Sales" })).await;
    assert_eq!(status, StatusCode::OK);
    let entry = page(&desk).await.pipelines.remove(0);
    assert_eq!(entry.tokens, ["n8n"]);
    let url = format!("{}/messages", new.urls[0]);
    assert_eq!(
        send(&desk, &url.replace("/messages", "/v1/messages"), &[]).await,
        200
    );
    assert_eq!(desk.exchanges(6).await[0]["pipeline"], "Sales");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_added_is_listed_with_the_one_that_was_meant() {
    let (desk, _lead, _second) = desk().await;
    assert_eq!(
        send(&desk, &format!("{}/p/leeds/v1/messages", desk.base()), &[]).await,
        200
    );
    desk.exchanges(1).await;
    let unknown = page(&desk).await.unknown;
    assert_eq!((&*unknown[0].name, &unknown[0].nearest), ("leeds", &None));
    let (status, _) = put(&desk, "Leads?new=true", json!({ "name": "Leads" })).await;
    assert_eq!(status, StatusCode::OK);
    let unknown = page(&desk).await.unknown;
    assert_eq!(unknown[0].nearest.as_deref(), Some("Leads"));
    assert!(unknown[0].warning.contains("Did you mean \"Leads\"?"));
    let (status, _) = put(&desk, "Leads", json!({ "name": "leeds" })).await;
    assert_eq!(status, StatusCode::OK);
    let page = page(&desk).await;
    assert_eq!(
        (page.unknown.len(), page.pipelines[0].seen_requests),
        (0, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_request_shows_each_attempt_with_its_reason() {
    let (desk, lead, second) = desk().await;
    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("503".parse().unwrap()));
    }
    let url = format!("{}/p/Leads/v1/messages", desk.base());
    assert_eq!(send(&desk, &url, &[("x-understudy-item", "a")]).await, 503);
    desk.until("parked", |s| s.review_open == 1).await;
    let id = desk.get("/review").await["items"][0]["id"].clone();
    let requests = desk
        .get(&format!("/review/{}/requests", id.as_str().unwrap()))
        .await;
    let attempts = requests[0]["attempts"].as_array().unwrap();
    assert!(attempts.len() >= 2, "{requests}");
    assert!(
        attempts.iter().all(|one| one["status"] == 503),
        "{requests}"
    );
    assert_eq!(requests[0]["item"], "a");
}
