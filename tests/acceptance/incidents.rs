//! A recorded Claude outage, served from loopback, and its end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, two_endpoints};
use crate::status_page::{OPERATIONAL, OUTAGE, Page, other_pages};

async fn watching(page: &Page, pipeline: &str) -> Desk {
    let mut desk = Desk::new();
    desk.settings(&watching_settings(page, pipeline));
    desk.start();
    desk
}

fn watching_settings(page: &Page, pipeline: &str) -> String {
    format!(
        "[watch]\nmine = [\"anthropic\"]\nonline_hosts = []\npage_every_s = 1\n[watch.pages_from]\nanthropic = \"{}\"\n{}{pipeline}",
        page.url,
        other_pages(&["anthropic"])
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_one_incident_with_one_notification_and_one_for_its_end() {
    let page = Page::serve(OPERATIONAL).await;
    let pipeline = "[[pipeline]]\nname = \"Leads\"\nweekly_items = 50\nvalue_dollars = 400\nschedule = \"Mon-Sun 00:00-24:00 UTC\"\nproviders = [\"anthropic\"]\n";
    let mut desk = watching(&page, pipeline).await;
    let green = desk
        .until("operational", |s| {
            s.headline.sentence == "No problem known with Claude."
        })
        .await;
    assert_eq!(json!(green.tray.icon), "quiet");
    assert!(
        green.tray.menu.iter().any(|line| json!(line)["label"]
            .as_str()
            .is_some_and(|l| l.contains("Claude: operational (status page only)"))),
        "{:?}",
        green.tray.menu
    );

    page.becomes(OUTAGE);
    let red = desk.until("down", |s| !s.open_incidents.is_empty()).await;
    assert_eq!(json!(red.tray.icon), "outage");
    let beginnings = |s: &api::Snapshot| {
        let claude = s.providers.iter().find(|p| p.id == "anthropic").unwrap();
        (claude.since.unwrap(), s.open_incidents[0].opened)
    };
    let (begun, opened) = beginnings(&red);
    assert_eq!(begun, opened, "one beginning in every view");
    assert!(
        red.headline
            .sentence
            .starts_with("Claude is partly down: it is them, not you (since "),
        "{}",
        red.headline.sentence
    );
    assert_eq!(
        red.headline.consequence.as_deref(),
        Some("Requests fail until it is back; it isn't your code.")
    );
    assert_eq!(red.notifications.len(), 1, "{:?}", red.notifications);
    assert!(
        red.notifications[0]
            .title
            .starts_with("Claude is partly down: it is them, not you"),
        "{}",
        red.notifications[0].title
    );
    assert!(
        red.notifications[0]
            .body
            .starts_with("Requests fail until it is back; it isn't your code."),
        "{}",
        red.notifications[0].body
    );
    assert_eq!(json!(red.open_incidents[0].at_risk)["state"], "estimate");
    let notification = red.notifications[0].id;
    let (status, _) = desk
        .control(
            reqwest::Method::POST,
            &format!("/notices/{notification}"),
            Some(json!({ "outcome": "shown" })),
        )
        .await;
    assert_eq!(status.as_u16(), 204);

    // A restart during the incident causes no second notification.
    desk.kill();
    desk.start();
    let read = page.reads();
    desk.until("read again", |_| page.reads() > read + 1).await;
    let again = desk.snapshot().await;
    assert_eq!(
        (
            again.open_incidents.len(),
            again.open_incidents[0].id,
            again.notifications.len()
        ),
        (1, red.open_incidents[0].id, 0),
        "{again:?}"
    );
    assert_eq!(
        beginnings(&again),
        (begun, begun),
        "a restart moves nothing"
    );

    page.becomes(OPERATIONAL);
    let over = desk.until("over", |s| s.open_incidents.is_empty()).await;
    assert_eq!(over.notifications.len(), 1, "{:?}", over.notifications);
    assert_eq!(over.notifications[0].title, "Claude is back");
    assert_eq!(json!(over.tray.icon), "quiet");

    let page = desk.get("/incidents").await;
    let incident = &page["incidents"][0];
    assert!(
        incident["closed"].is_string() && incident["peak"] == "partial_outage",
        "{incident}"
    );
    let story: Value = desk.get(&format!("/incidents/{}", incident["id"])).await;
    let timeline = story["timeline"].as_array().unwrap();
    assert!(timeline.len() >= 2, "{story}");
    assert!(desk.printed(&["incidents"]).contains("Claude"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_pipeline_there_is_no_figure() {
    let page = Page::serve(OUTAGE).await;
    let desk = watching(&page, "").await;
    let red = desk.until("down", |s| !s.open_incidents.is_empty()).await;
    assert_eq!(
        json!(red.open_incidents[0].at_risk),
        json!({ "state": "no_estimate", "why": "Add a pipeline to see what outages cost you." })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_status_page_is_unknown_and_not_an_outage() {
    let page = Page::serve("challenge-cloudflare-synthetic.html").await;
    let desk = watching(&page, "").await;
    let seen = desk
        .until("unreadable", |s| {
            s.providers.iter().any(|p| {
                p.id == "anthropic" && p.page.as_ref().is_some_and(|p| p.unreadable.is_some())
            })
        })
        .await;
    assert_eq!(json!(seen.headline.level), "unknown");
    assert_eq!(json!(seen.tray.icon), "unknown");
    assert!(seen.notifications.is_empty() && seen.open_incidents.is_empty());
}

/// The headline, the evidence and the notification use the same clock, and a time on another day has its date.
#[tokio::test(flavor = "multi_thread")]
async fn every_sentence_of_an_outage_has_the_owners_clock() {
    let page = Page::serve(OUTAGE).await;
    let mut desk = Desk::new();
    desk.env("TZ", "<+0530>-5:30");
    desk.settings(&watching_settings(&page, ""));
    desk.start();
    let red = desk.until("down", |s| !s.notifications.is_empty()).await;
    let claude = red.providers.iter().find(|p| p.id == "anthropic").unwrap();
    let notification = &red.notifications[0];
    // The page states 17:41 UTC.
    for sentence in [
        &red.headline.sentence,
        &claude.evidence,
        &notification.title,
    ] {
        assert!(
            sentence.contains("since 28 Apr 23:11") && !sentence.contains("UTC"),
            "{sentence}"
        );
    }
    let story: Value = desk
        .get(&format!("/incidents/{}", red.open_incidents[0].id))
        .await;
    let evidence = story["evidence"].as_str().unwrap();
    assert!(evidence.contains("since 28 Apr 23:11"), "{story}");
    // The command line names the zone, since its output may be read in another one.
    let status = desk.run(&["status"]);
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(
        status.matches("since 28 Apr 23:11 UTC+5:30").count() == 2,
        "{status}"
    );
}

/// The response lists the read pages, the unreadable ones, and the providers that need a key.
#[tokio::test(flavor = "multi_thread")]
async fn check_now_lists_checked_and_unchecked_items() {
    let page = Page::serve(OPERATIONAL).await;
    let desk = watching(&page, "").await;
    let check = json!({ "do": "check_now" });
    let (status, answer) = desk.control(Method::POST, "/do", Some(check)).await;
    let printed = answer["said"].as_str().unwrap();
    assert!(status.is_success(), "{answer}");
    assert!(printed.starts_with("Read 1 status page; "), "{printed}");
    assert!(
        printed.contains("could not be read (Connection refused"),
        "{printed}"
    );
    assert!(
        printed.contains("No key for Claude: cannot probe it."),
        "{printed}"
    );
}

/// With a proxy that is down, no provider is reachable. The error and Requests blame this machine's network, and doctor names
/// the check.
#[tokio::test(flavor = "multi_thread")]
async fn offline_a_request_fails_with_a_local_fault_and_doctor_names_the_check() {
    const GONE: &str = "http://127.0.0.1:9";
    let mut desk = Desk::new();
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
        desk.env(name, GONE);
    }
    let pages = other_pages(&[]);
    desk.settings(&format!(
        "[watch]\nmine = [\"anthropic\"]\nonline_hosts = [\"control.test:443\"]\npage_every_s = 1\n[watch.pages_from]\n{pages}{}",
        two_endpoints("http://lead.test", "http://second.test")
    ));
    desk.start();
    desk.until("offline", |s| s.headline.sentence.contains("offline"))
        .await;
    let body = json!({ "model": "model-x", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hello" }] });
    for _ in 0..3 {
        let refused = desk.ask("/v1/messages", &body).await;
        assert_eq!(refused.status().as_u16(), 503);
        let error: Value = refused.json().await.unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains("this machine is offline"), "{error}");
    }
    let rows = desk.exchanges(3).await;
    assert_eq!(
        rows[0]["story"],
        "It was us: this machine was offline, so no provider could be reached."
    );
    let snapshot = desk.snapshot().await;
    assert!(
        snapshot.open_incidents.is_empty(),
        "{:?}",
        snapshot.open_incidents
    );
    let doctor = String::from_utf8(desk.run(&["doctor"]).stdout).unwrap();
    assert!(
        doctor.contains("HEAD https://control.test/ through the proxy 127.0.0.1:9: "),
        "{doctor}"
    );
}
