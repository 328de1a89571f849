//! A drain bills a kept key: it needs the consent of a fallback, and stops at the same daily cap.

use serde_json::{Value, json};

use crate::desk::text;
use crate::fallbacks::{Vendors, vendors};

const SUBSCRIPTION: (&str, &str) = ("authorization", "Bearer sk-lead-oat-1");
const MODEL: &str = "lead-opus-5";

/// One vendor with a kept key, and a pipeline whose caller fetches the responses.
async fn rig(budget: &str) -> Vendors {
    vendors(&settings(budget), &[("LEAD_KEY", "sk-lead-api-1")]).await
}

fn settings(budget: &str) -> String {
    format!(
        "[[pipeline]]\nname = \"Leads\"\ndelivery = \"fetch\"\ndrain = true\ndrain_every_s = 1\n{budget}"
    )
}

async fn ask(vendors: &Vendors, item: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let body = json!({ "model": MODEL, "max_tokens": 99, "messages": [{ "role": "user", "content": item }] });
    let url = format!("{}/v1/messages", vendors.desk.base());
    let mut request = vendors.desk.http.post(url).json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The id of the review item of a pipeline's request that failed.
async fn park(vendors: &Vendors, item: &str, headers: &[(&str, &str)]) -> String {
    let headers = [&[("x-understudy-pipeline", "Leads")], headers].concat();
    let response = ask(vendors, item, &headers).await;
    assert!(!response.status().is_success(), "{response:?}");
    let id = response.headers()["x-understudy-review-id"].to_str();
    id.unwrap().to_owned()
}

/// The model works again, which requests of another client show.
async fn heal(vendors: &Vendors) {
    vendors.lead.stage.clear_cues();
    for n in 0..60 {
        let other = ask(vendors, &format!("Other {n}"), &[SUBSCRIPTION]).await;
        other.bytes().await.unwrap();
        if n > 3 && vendors.desk.snapshot().await.open_incidents.is_empty() {
            return;
        }
    }
    panic!("the incident never closes");
}

async fn waits(vendors: &Vendors, id: &str, wanted: &str) {
    let has_sentence = |item: &Value| {
        let drain = item["summary"]["drain"].as_str();
        drain.is_some_and(|drain| drain.contains(wanted))
    };
    let path = format!("/review/{id}");
    vendors.desk.until_page(&path, has_sentence).await;
}

fn requested_of(vendors: &Vendors, item: &str) -> usize {
    let received = vendors.lead.stage.received();
    let is_it = |body: &[u8]| text(body).contains(&format!("\"{item}\""));
    received.iter().filter(|one| is_it(&one.body)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_of_a_subscriptions_request_begins_only_with_consent() {
    let vendors = rig("").await;
    vendors.fails_too(MODEL, "529");
    let id = park(&vendors, "a", &[SUBSCRIPTION]).await;
    let before = requested_of(&vendors, "a");
    let consent = "your paid key needs your consent (`understudyd paid-fallbacks yes`)";
    waits(&vendors, &id, consent).await;
    heal(&vendors).await;
    waits(&vendors, &id, consent).await;
    assert_eq!(requested_of(&vendors, "a"), before, "nothing was sent");

    vendors.desk.printed(&["paid-fallbacks", "yes"]);
    waits(&vendors, &id, "its caller fetches the response").await;
    assert_eq!(requested_of(&vendors, "a"), before + 1);
    let received = vendors.lead.stage.received();
    let last = received
        .iter()
        .rfind(|one| text(&one.body).contains("\"a\""));
    let key = last.unwrap().headers.get("x-api-key").unwrap();
    assert_eq!(key, "sk-lead-api-1", "the kept key pays");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_drain_stops_at_the_daily_cap_with_the_reason() {
    let small = "[fallback]\ndollars_a_day = 0.0001\n";
    let mut vendors = rig(small).await;
    vendors.fails_too(MODEL, "529");
    let (first, second) = (
        park(&vendors, "a", &[]).await,
        park(&vendors, "b", &[]).await,
    );
    let before = requested_of(&vendors, "b");
    heal(&vendors).await;
    waits(&vendors, &first, "its caller fetches the response").await;
    // The first run costs more than the cap.
    let cap = "The daily cap for fallbacks is used up: waits until ";
    waits(&vendors, &second, cap).await;
    assert_eq!(requested_of(&vendors, "b"), before, "nothing was sent");

    // What a drain cost is stored.
    vendors.desk.kill();
    vendors.desk.start();
    waits(&vendors, &second, cap).await;
    assert_eq!(requested_of(&vendors, "b"), before);

    vendors.desk.kill();
    vendors
        .desk
        .settings(&settings("[fallback]\ndollars_a_day = 5\n"));
    vendors.desk.start();
    heal(&vendors).await;
    waits(&vendors, &second, "its caller fetches the response").await;
    assert_eq!(requested_of(&vendors, "b"), before + 1);
}
