//! A drill: the primary fails on purpose, and the report shows what the client saw. The real binary, with mock vendors.

use api::{AttemptOutcome, Drill, DrillOffer, ExchangePage, Snapshot};
use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, text};
use crate::fallbacks::{Vendors, vendors};

const AGENT: (&str, &str) = ("user-agent", "claude-cli/2.1.332 (external, cli)");
const SUBSCRIPTION: (&str, &str) = ("authorization", "Bearer sk-lead-oat-1");
const KEY: &[(&str, &str)] = &[("SECOND_KEY", "sk-second")];
const YES: &str = "[fallback]\nsubscription_to_paid_key = \"yes\"\n";

/// The exit code, and the JSON that the command prints.
fn drill<T: serde::de::DeserializeOwned>(desk: &Desk, arguments: &[&str]) -> (i32, T) {
    let output = desk.run(&[&["drill", "--json"], arguments].concat());
    let printed = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)));
    (output.status.code().unwrap(), printed)
}

/// Vendors whose client with a subscription has sent one request.
async fn used(settings: &str, keys: &[(&str, &str)]) -> Vendors {
    let vendors = vendors(settings, keys).await;
    assert_eq!(vendors.ask(&[AGENT, SUBSCRIPTION]).await.status(), 200);
    vendors.desk.exchanges(1).await;
    vendors
        .desk
        .until("counted", |s| s.today.exchanges == 1)
        .await;
    vendors
}

async fn exchanges(desk: &Desk, least: usize) -> Vec<api::Exchange> {
    desk.exchanges(least).await;
    let page: ExchangePage = serde_json::from_value(desk.get("/exchanges").await).unwrap();
    page.exchanges
}

fn is_untouched(snapshot: &Snapshot) {
    assert!(snapshot.open_incidents.is_empty() && snapshot.questions.is_empty());
    assert_eq!(snapshot.today.carried_by_fallback, 0);
    let lead = snapshot.providers.iter().find(|p| p.id == "lead").unwrap();
    let models = lead.endpoints.iter().flat_map(|e| &e.models);
    assert!(models.into_iter().all(|model| model.breaker == "closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_provider_it_runs_on_the_rehearsal_models_and_bills_nothing() {
    let desk = Desk::started();
    let printed = desk.printed(&["drill"]);
    assert!(
        printed.contains("The drill runs on the rehearsal models: nothing is billed"),
        "{printed}"
    );
    assert!(printed.contains("It costs nothing"), "{printed}");
    assert!(
        printed.contains("Passed: The rehearsal model failed at its first word"),
        "{printed}"
    );
    assert!(
        printed.contains("a second rehearsal model answered completely"),
        "{printed}"
    );
    assert!(printed.contains("Cost: nothing."), "{printed}");
    assert!(
        printed.contains("No client has sent a request yet"),
        "{printed}"
    );
    let rows = exchanges(&desk, 2).await;
    assert!(
        rows.iter()
            .all(|row| row.rehearsal && row.client == "Understudy drill")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_login_alone_the_report_shows_what_the_set_up_does() {
    let vendors = used("[fallback]\nsibling = \"on\"\n", &[]).await;
    let (code, drill): (i32, Drill) = drill(&vendors.desk, &[]);
    let report = drill.report.unwrap();
    assert_eq!((code, report.passed, report.cost), (0, true, Some(0)));
    assert!(drill.rehearsal && !drill.running && !drill.live);
    assert!(
        report.message.contains("include live requests to prove it"),
        "{report:?}"
    );
    let lines: Vec<_> = report
        .today
        .iter()
        .map(|line| (line.failure.as_str(), line.outcome.as_str(), line.carried))
        .collect();
    assert_eq!(
        lines,
        [
            ("One model of Lead fails", "Sonnet", true),
            ("All of Lead fails", "a clear error", false),
        ]
    );
    assert_eq!(
        report.fix.as_deref(),
        Some("Add a fallback: Settings → Keys")
    );
    assert_eq!(vendors.lead.posts(), 1, "only the client's request");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_the_fallback_gets_a_real_request_after_the_owners_yes_and_nothing_else_changes()
{
    let vendors = used(YES, KEY).await;
    let before = vendors.desk.snapshot().await;
    // The cost is shown first; there is no terminal for the question.
    let (code, offer): (i32, DrillOffer) = drill(&vendors.desk, &[]);
    assert_eq!(code, 2);
    assert!(
        offer.cost.needs_yes && offer.cost.method.starts_with("about $0."),
        "{offer:?}"
    );
    assert_eq!(offer.route, "lead/lead-opus-5");
    let refused = vendors.desk.run(&["drill"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stdout).contains("[y/N]"),
        "{}",
        text(&refused.stdout)
    );
    let (status, _) = vendors
        .desk
        .control(Method::POST, "/drill", Some(json!({})))
        .await;
    assert_eq!(status.as_u16(), 422);
    assert_eq!(vendors.second.posts(), 0);

    let (code, drill): (i32, Drill) = drill(&vendors.desk, &["--yes"]);
    let report = drill.report.unwrap();
    assert_eq!(
        (code, report.passed, drill.rehearsal),
        (0, true, false),
        "{report:?}"
    );
    assert!(
        report.message.starts_with("Lead failed at its first word, and the request was repeated; GPT Sol answered completely "),
        "{}",
        report.message
    );
    assert_eq!(report.client_saw.len(), 2);
    assert!(
        report.client_saw[0]
            .starts_with("200, aborted after its first word, so the client repeats it")
    );
    assert!(report.client_saw[1].starts_with("200, complete, from GPT Sol, first word "));
    assert!(report.cost > Some(0) && report.today.iter().all(|line| line.carried));
    assert_eq!((vendors.lead.posts(), vendors.second.posts()), (1, 1));
    assert_eq!(drill.steps.iter().filter(|step| step.failure).count(), 2);

    let rows = exchanges(&vendors.desk, 3).await;
    let own: Vec<_> = rows
        .iter()
        .filter(|row| row.client == "Understudy drill")
        .collect();
    assert_eq!(own.len(), 2);
    for row in &own {
        assert!(row.rehearsal);
        assert_eq!(row.attempts[0].outcome, AttemptOutcome::Drill);
    }
    assert_eq!(
        own[0].story,
        "Answered by Second with gpt-6-sol after a drill made Lead fail."
    );
    let after = vendors.desk.snapshot().await;
    // Its cost is real, and nothing else of the day changes.
    let cost = report.cost.unwrap();
    assert_eq!(after.today.drills_estimate, cost);
    assert_eq!(
        after.today,
        api::Today {
            spent_estimate: before.today.spent_estimate + cost,
            spent_estimate_usd: after.today.spent_estimate_usd,
            drills_estimate: cost,
            drills_estimate_usd: after.today.drills_estimate_usd,
            ..before.today
        }
    );
    assert_eq!(after.engine.paid_fallbacks.spent, cost);
    let charted = vendors.desk.get("/series/cost?days=1").await;
    assert!(charted.to_string().contains(&cost.to_string()), "{charted}");
    is_untouched(&after);
    assert!(!after.tray.rehearsal && !after.drill.unwrap().running);
    // The next request of the client goes to the primary.
    let next = vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    assert_eq!(next.headers()["x-understudy-endpoint"], "lead");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_consent_is_reported_as_the_clear_error_that_a_client_would_get() {
    let vendors = used("[fallback]\nsubscription_to_paid_key = \"no\"\n", KEY).await;
    let (code, drill): (i32, Drill) = drill(&vendors.desk, &[]);
    let report = drill.report.unwrap();
    assert_eq!(
        (code, report.passed, report.cost),
        (1, false, Some(0)),
        "{report:?}"
    );
    assert!(
        report
            .message
            .contains("the client got a clear error (status 529)"),
        "{report:?}"
    );
    assert_eq!(
        report.fix.as_deref(),
        Some("Allow a fallback: Settings → General")
    );
    assert_eq!((vendors.lead.posts(), vendors.second.posts()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn live_requests_meet_the_failure_until_the_owner_ends_it_and_a_crash_leaves_nothing() {
    let mut vendors = used(YES, KEY).await;
    let begin = json!({ "live": true, "yes": true });
    let (status, begun) = vendors
        .desk
        .control(Method::POST, "/drill", Some(begin.clone()))
        .await;
    assert!(status.is_success(), "{begun}");
    vendors
        .desk
        .until("tested", |s| {
            s.drill.as_ref().is_some_and(|d| d.steps.len() >= 4)
        })
        .await;
    let during = vendors.desk.snapshot().await;
    assert!(during.tray.rehearsal, "the tray marks it as a rehearsal");
    assert!(
        during
            .tray
            .tooltip
            .starts_with("Rehearsal: Lead fails on purpose")
    );
    let explain = ["route", "explain", "lead-opus-5"];
    let explained = vendors.desk.printed(&explain);
    assert!(
        explained
            .contains("A drill is running: the primary fails on purpose for live requests until "),
        "{explained}"
    );
    // A document is held until it is complete, so this client sees no failure.
    let live = vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    assert_eq!(live.status(), 200);
    assert_eq!(live.headers()["x-understudy-endpoint"], "second");
    vendors
        .desk
        .until("met", |s| s.today.carried_by_fallback == 1)
        .await;
    let stopped = vendors.desk.run(&["drill", "--stop", "--json"]);
    assert_eq!(stopped.status.code(), Some(0));
    let drill: Drill = serde_json::from_slice(&stopped.stdout).unwrap();
    let report = drill.report.unwrap();
    assert!(
        report
            .message
            .contains("1 live request met the failure and got a complete response.")
    );
    let saw = report.client_saw.last().unwrap();
    assert!(
        saw.starts_with("Claude Code: 200, complete, from GPT Sol"),
        "{saw}"
    );
    let explained = vendors.desk.printed(&explain);
    assert!(!explained.contains("drill"), "{explained}");
    let after = vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    assert_eq!(after.headers()["x-understudy-endpoint"], "lead");
    let rows = exchanges(&vendors.desk, 5).await;
    let live: Vec<_> = rows
        .iter()
        .filter(|row| row.stand_in && !row.rehearsal)
        .collect();
    assert_eq!(live.len(), 1, "a live request is a real one");
    assert!(live[0].cost_estimate > Some(0));

    // A crash in the middle of a live drill.
    vendors
        .desk
        .control(Method::POST, "/drill", Some(begin))
        .await;
    vendors.desk.kill();
    vendors.desk.start();
    let restarted = vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    assert_eq!(restarted.headers()["x-understudy-endpoint"], "lead");
    let (status, none) = vendors.desk.control(Method::GET, "/drill", None).await;
    assert_eq!(status.as_u16(), 404, "{none}");
}

/// The names that scripts read.
#[tokio::test(flavor = "multi_thread")]
async fn the_json_of_a_drill_has_these_names() {
    let desk = Desk::started();
    let (_, drill): (i32, Value) = drill(&desk, &[]);
    let names =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        names(&drill),
        [
            "began",
            "ended",
            "live",
            "rehearsal",
            "report",
            "route",
            "running",
            "steps",
            "until"
        ]
    );
    assert_eq!(
        names(&drill["report"]),
        [
            "client_saw",
            "cost",
            "cost_usd",
            "fix",
            "message",
            "passed",
            "today"
        ]
    );
    assert_eq!(names(&drill["steps"][0]), ["at", "failure", "sentence"]);
    let fresh = Desk::started();
    let none = fresh.run(&["drill", "--stop", "--json"]);
    assert_eq!(none.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&none.stdout).unwrap();
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("no drill has run"),
        "{error}"
    );
}
