//! Data for an on-call engineer: health, metrics, and a page for a browser.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::costs::priced;
use crate::desk::{Desk, Upstream, two_endpoints};

fn question(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

async fn page(desk: &Desk, path: &str) -> (u16, String) {
    let url = format!("{}{path}", desk.address());
    let response = desk.http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_events_and_show_the_current_breaker_state() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.outage(Some("529".parse().unwrap()));
    for _ in 0..3 {
        desk.ask("/v1/messages", &question("m"))
            .await
            .bytes()
            .await
            .unwrap();
    }
    desk.exchanges(3).await;
    let (status, refused) = page(&desk, "/metrics").await;
    assert_eq!(status, 403, "without the token");
    assert!(
        refused.contains("Bearer") && !refused.contains("lead"),
        "{refused}"
    );
    let metrics = desk.metrics().await;
    for line in [
        "understudy_exchanges_total{outcome=\"complete\",provider=\"second\",model=\"m\",route=\"work anthropic\",pipeline=\"\",client=\"application\"} 3",
        "understudy_failovers_total{from=\"lead\",to=\"second\"} 3",
        "understudy_exchange_duration_seconds_count{provider=\"second\",model=\"m\"} 3",
        "understudy_breaker_state{provider=\"lead\",endpoint=\"lead\",model=\"m\"} 2",
        "understudy_breaker_open{endpoint=\"lead\",model=\"m\"} 1",
        "understudy_exchanges_today{kind=\"all\"} 3",
        "understudy_review_depth 0",
    ] {
        assert!(
            metrics.contains(&format!("\n{line}\n")),
            "{line}\n{metrics}"
        );
    }

    // "Try now" sets it to half-open, and its success closes it, without another event.
    lead.stage.outage(None);
    let command = json!({ "do": "try_now", "endpoint": "lead", "model": "m" });
    let (status, printed) = desk
        .control(reqwest::Method::POST, "/do", Some(command))
        .await;
    assert_eq!(status, 200, "{printed}");
    let metrics = desk.metrics().await;
    let state = "understudy_breaker_state{provider=\"lead\",endpoint=\"lead\",model=\"m\"}";
    assert!(metrics.contains(&format!("{state} 1\n")), "{metrics}");
    assert!(
        metrics.contains("understudy_breaker_open{endpoint=\"lead\",model=\"m\"} 0\n"),
        "{metrics}"
    );
    desk.ask("/v1/messages", &question("m"))
        .await
        .bytes()
        .await
        .unwrap();
    let metrics = desk.metrics().await;
    assert!(!metrics.contains(&format!("{state} 2\n")), "{metrics}");
    assert!(!metrics.contains(&format!("{state} 1\n")), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_token_and_reports_a_stop() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    assert_eq!(
        page(&desk, "/healthz").await,
        (200, "{\"status\":\"ok\"}".to_owned())
    );
    let probe = desk.http.get(format!("{}/healthz", desk.address()));
    let by_ip = probe.header("host", "10.1.2.3").send().await.unwrap();
    assert_eq!(
        by_ip.status(),
        200,
        "a container's probe asks by its address"
    );

    lead.stage.outage(Some("drip:300ms".parse().unwrap()));
    let mut body = question("m");
    body["stream"] = json!(true);
    let mut open = desk.ask("/v1/messages", &body).await.bytes_stream();
    open.next().await.unwrap().unwrap();
    let address = desk.address();
    desk.printed(&["stop"]);
    let health = desk.http.get(format!("{address}/healthz"));
    let health = health.send().await.unwrap();
    assert_eq!(health.status(), 503);
    assert_eq!(health.text().await.unwrap(), "{\"status\":\"draining\"}");
    drop(open);
    desk.ended();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_redirected_to_the_page_from_every_address_of_the_port() {
    let desk = Desk::started();
    for address in [
        format!("{}/", desk.address()),
        desk.base(),
        format!("{}/", desk.base()),
    ] {
        let browser = desk.http.get(&address).header("accept", "text/html,*/*");
        let response = browser.send().await.unwrap();
        assert_eq!(response.status(), 307, "{address}");
        assert_eq!(response.headers()["location"], "/ui/", "{address}");
    }
    let client = desk.http.get(desk.base()).send().await.unwrap();
    assert_eq!(client.text().await.unwrap(), "{\"understudy\":\"ready\"}");
}

const SECRET: &str = "a prompt that belongs in no log";

fn of_agent(desk: &Desk, model: &str, session: &str) -> reqwest::RequestBuilder {
    let body = json!({
        "model": model, "max_tokens": 9, "stream": true,
        "messages": [{ "role": "user", "content": SECRET }],
        "tools": [{ "name": "Bash", "input_schema": { "type": "object" } }],
    });
    desk.http
        .post(format!("{}/v1/messages", desk.base()))
        .header("user-agent", "claude-cli/2.1.197 (external, cli)")
        .header("x-claude-code-session-id", session)
        .header("x-api-key", "sk-ant-secret")
        .json(&body)
}

/// The exchange id of a response that was read completely.
async fn answered(request: reqwest::RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    let id = response.headers()["x-understudy-exchange"]
        .to_str()
        .unwrap();
    let id = id.to_owned();
    let _ = response.bytes().await;
    id
}

/// True if one line contains all these parts.
fn has_line(log: &str, parts: &[&str]) {
    let found = log
        .lines()
        .filter(|line| parts.iter().all(|part| line.contains(part)));
    assert_eq!(found.count(), 1, "{parts:?}\n{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_states_what_failed_why_the_cause_and_the_next_step() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();

    lead.stage.outage(Some("529".parse().unwrap()));
    let first = answered(of_agent(&desk, "m", "one")).await;
    let retry = answered(of_agent(&desk, "m", "two")).await;
    lead.stage.outage(None);
    let command = json!({ "do": "try_now", "endpoint": "lead", "model": "m" });
    desk.control(reqwest::Method::POST, "/do", Some(command))
        .await;
    let back = answered(of_agent(&desk, "m", "three")).await;

    second.stage.outage(Some("reset".parse().unwrap()));
    lead.stage.outage(Some("400".parse().unwrap()));
    let refused = answered(of_agent(&desk, "m", "four")).await;
    lead.stage.outage(Some("reset".parse().unwrap()));
    let parked =
        answered(of_agent(&desk, "m", "five").header("x-understudy-pipeline", "Leads")).await;
    desk.exchanges(5).await;

    let log = desk.log();
    let id = |id: &str| format!("exchange{{id={id} ");
    has_line(
        &log,
        &[
            &id(&first),
            "attempt{number=1 ",
            "lead with m failed: status 529",
            "Fault: the provider. Next: a retry in ",
        ],
    );
    has_line(
        &log,
        &[
            &id(&first),
            "attempt{number=2 ",
            "lead with m failed: status 529",
            "Next: the next candidate.",
        ],
    );
    has_line(
        &log,
        &[
            &id(&first),
            "attempt{number=3 ",
            "failing over from lead with m to second with m: ",
        ],
    );
    has_line(
        &log,
        &[
            &id(&retry),
            "lead with m failed: status 529",
            "Next: the next candidate.",
        ],
    );
    has_line(
        &log,
        &[
            &id(&retry),
            "circuit breaker opened: lead with m gets no request until 20",
            "(failure, 3 in a row)",
        ],
    );
    has_line(
        &log,
        &["circuit breaker half-open: the next request is sent to lead with m"],
    );
    has_line(
        &log,
        &[
            &id(&back),
            "circuit breaker half-open: this request is sent to lead with m",
        ],
    );
    has_line(
        &log,
        &[
            &id(&back),
            "circuit breaker closed: lead with m answers again",
        ],
    );
    has_line(
        &log,
        &[
            &id(&refused),
            "failed: refused request, status 400. Fault: the request. Next: no candidate is left",
        ],
    );
    has_line(
        &log,
        &[
            &id(&parked),
            "pipeline=Leads",
            "second with m failed: no connection",
            "Next: no candidate is left",
        ],
    );
    has_line(
        &log,
        &[
            &id(&parked),
            "parked: the request waits in the review queue as ",
        ],
    );
    for never in [
        "class=\"",
        SECRET,
        "sk-ant-secret",
        "Some(",
        "None",
        "\\\"",
        "EndpointId",
    ] {
        assert!(!log.contains(never), "{never}\n{log}");
    }

    let doctor = desk.printed(&["doctor"]);
    let file = desk.file("engine.log");
    let place = format!("The log is in {}.", file.canonicalize().unwrap().display());
    assert!(doctor.contains(&place), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_place_is_in_the_log() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let settings = two_endpoints(&lead.address, &second.address);
    desk.settings(&settings.replace("models = \"*\"\n", "models = \"*\"\nrestart = \"always\"\n"));
    desk.start();
    lead.stage.outage(Some("cut-in-text".parse().unwrap()));
    let id = answered(of_agent(&desk, "m", "one")).await;
    desk.exchanges(1).await;
    let log = desk.log();
    let id = format!("exchange{{id={id} ");
    has_line(
        &log,
        &[
            &id,
            "lead with m failed: the response was cut. Fault: the provider. Next: a restart in place, or the response is cut.",
        ],
    );
    has_line(
        &log,
        &[
            &id,
            "restart in place: second with m continues the response that lead with m left incomplete",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_on_request_and_keeps_the_id_at_every_level() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.env("UNDERSTUDY_LOG_FORMAT", "json");
    desk.env("UNDERSTUDY_LOG", "warn");
    desk.start();
    lead.stage.outage(Some("529".parse().unwrap()));
    let id = answered(of_agent(&desk, "m", "one")).await;
    desk.exchanges(1).await;
    let log = desk.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let failed = lines.iter().find(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("lead with m failed: status 529")
    });
    let failed = failed.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(failed["level"], "WARN");
    assert_eq!(failed["class"], "transient");
    assert_eq!(failed["spans"][0]["id"], json!(id), "{failed}");
    assert_eq!(failed["spans"][1]["endpoint"], "lead", "{failed}");
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each `understudy_…` in a text.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let words = text.split(|sign: char| !is_part(sign));
    words
        .filter(|word| word.starts_with("understudy_"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_in_the_documents_exists() {
    // One exchange of each kind, since a counter without a label appears with its first count.
    let (desk, lead, second) = priced().await;
    lead.stage.outage(Some("cut-in-text".parse().unwrap()));
    answered(of_agent(&desk, "large", "one")).await;
    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("529".parse().unwrap()));
    }
    answered(of_agent(&desk, "large", "two").header("x-understudy-pipeline", "Leads")).await;
    desk.exchanges(2).await;
    let without_token = format!("{}/v1/messages", desk.address());
    let rejected = desk
        .http
        .get(without_token)
        .header("origin", "http://a.example");
    assert_eq!(rejected.send().await.unwrap().status(), 403);
    let page = desk.metrics().await;
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let known: BTreeSet<&str> = types.filter_map(|line| line.split(' ').next()).collect();
    for name in [
        "docs/alerts.md",
        "docs/runbook.md",
        "docs/alerts/understudy.rules.yml",
    ] {
        let text = document(name);
        let named = metrics_in(&text);
        assert!(!named.is_empty(), "{name}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert_eq!(
            unknown, [&""; 0],
            "{name} names metrics that /metrics does not have: {known:?}"
        );
    }
    // The reverse: every metric that can be scraped is described.
    let described = document("docs/alerts.md");
    let described = metrics_in(&described);
    let missing: Vec<_> = known.difference(&described).collect();
    assert_eq!(missing, [&""; 0], "docs/alerts.md does not describe these");
}

#[test]
fn each_of_the_five_alerts_states_what_to_do() {
    let rules = document("docs/alerts/understudy.rules.yml");
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert_eq!(alerts.len(), 5);
    let (runbook, table) = (document("docs/runbook.md"), document("docs/alerts.md"));
    for alert in alerts {
        let anchor = format!("docs/runbook.md#{}", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{alert}");
        let heading = format!("\n## {alert}\n");
        let section = runbook.split(&heading).nth(1);
        let section = section.unwrap_or_else(|| panic!("the runbook has no {alert}"));
        let steps = section.split("\n## ").next().unwrap();
        assert!(steps.contains("\n1. "), "{alert} has no step");
        assert!(table.contains(&format!("| {alert} |")), "{alert}");
    }
}
