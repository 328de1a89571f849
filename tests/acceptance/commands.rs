//! The command line's output: short, and also useful without an engine.

use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn as_json(output: &std::process::Output) -> Value {
    let printed = text(&output.stdout);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

#[test]
fn the_help_begins_with_its_purpose() {
    let help = Desk::new().printed(&["--help"]);
    let first = help.lines().next().unwrap();
    assert_eq!(first, "Watches AI providers and fails over when one breaks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_a_dozen_lines_and_the_routes_are_details() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let routes: String = (0..20)
        .map(|n| {
            format!(
                "[[route]]\nname = \"more {n}\"\ndialect = \"anthropic\"\nmodels = \"more-{n}\"\ncandidates = [\"lead\", \"second\"]\n"
            )
        })
        .collect();
    desk.settings(&(routes + &two_endpoints(&lead.address, &second.address)));
    desk.start();
    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("529".parse().unwrap()));
    }
    let body =
        json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    let url = format!("{}/v1/messages", desk.base());
    let parked = desk.http.post(url).header("x-understudy-pipeline", "Leads");
    parked.json(&body).send().await.unwrap();
    desk.until("parked", |s| s.review_open == 1).await;

    let status = text(&desk.run(&["status"]).stdout);
    assert!(status.lines().count() <= 12, "{status}");
    assert!(!status.contains("route "), "{status}");
    assert!(
        status.contains("1 request is waiting for you: `understudyd review`"),
        "{status}"
    );
    assert!(
        status.contains("\nToday: 1 request, 1 ended with an error"),
        "{status}"
    );
    let details = text(&desk.run(&["status", "--details"]).stdout);
    assert!(details.contains("route more 19"), "{details}");

    let listed = desk.printed(&["review"]);
    assert_eq!(listed, desk.printed(&["review", "list"]));
    assert!(listed.contains("Leads"), "{listed}");
    let items = as_json(&desk.run(&["review", "--json", "--limit", "5"]));
    assert_eq!(items["items"].as_array().unwrap().len(), 1);
}

#[test]
fn without_an_engine_a_command_reports_it_as_text_and_as_json() {
    let desk = Desk::new();
    let status = desk.run(&["status", "--json"]);
    assert_eq!(status.status.code(), Some(2));
    let received = as_json(&status);
    assert_eq!(received["running"], false);
    assert_eq!(received["error"], "no engine is running");
    assert!(
        received["fix"].as_str().unwrap().contains("understudyd"),
        "{received}"
    );

    let doctor = desk.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(2));
    let printed = text(&doctor.stdout);
    for part in [
        "BAD   engine",
        "No engine is running. ",
        "settings.toml has no errors.",
        "ledger.sqlite does not exist yet",
        "understudyd.log",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let checks = as_json(&desk.run(&["doctor", "--json"]));
    assert_eq!(checks["checks"][0]["name"], "engine");
    assert_eq!(checks["checks"][0]["state"], "bad");

    desk.settings("no = [settings");
    let printed = text(&desk.run(&["doctor"]).stdout);
    assert!(printed.contains("BAD   settings"), "{printed}");
    assert!(printed.contains("the engine does not start"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_in_json_has_its_unit_and_its_older_name() {
    let mut desk = Desk::new();
    desk.settings("[fallback]\ndollars_a_day = 2.5\n");
    desk.start();
    let snapshot = as_json(&desk.run(&["status", "--json"]));
    let paid = &snapshot["engine"]["paid_stand_ins"];
    assert_eq!(
        (&paid["cap"], &paid["cap_usd"]),
        (&json!(2_500_000), &json!(2.5))
    );
    assert_eq!(paid["spent_usd"], json!(0.0));
    let today = &snapshot["today"];
    for (older, dollars) in [
        ("spent_estimate", "spent_estimate_usd"),
        ("probes_estimate", "probes_estimate_usd"),
        ("drills_estimate", "drills_estimate_usd"),
        ("spent_of_estimated_tokens", "spent_of_estimated_tokens_usd"),
    ] {
        assert_eq!((&today[older], &today[dollars]), (&json!(0), &json!(0.0)));
    }
}
