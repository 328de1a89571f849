//! The owner chooses the provider that gets a client's requests first.

use crate::fallbacks::{Vendors, vendors};

const AGENT: (&str, &str) = ("user-agent", "claude-cli/2.1.332 (external, cli)");

async fn answered_by(vendors: &Vendors) -> String {
    let response = vendors.ask(&[AGENT]).await;
    assert_eq!(response.status(), 200);
    let endpoint = &response.headers()["x-understudy-endpoint"];
    endpoint.to_str().unwrap().to_owned()
}

const KEYS: &[(&str, &str)] = &[("SECOND_KEY", "sk-second"), ("LEAD_KEY", "sk-lead-api-1")];

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_changes_the_provider_survives_a_restart_and_can_be_ended() {
    let mut vendors = vendors("", KEYS).await;
    assert_eq!(answered_by(&vendors).await, "lead");
    vendors.desk.exchanges(1).await;
    let listed = vendors
        .desk
        .until("listed", |s| !s.clients.is_empty())
        .await;
    assert_eq!(listed.clients[0].provider, None);
    let before = vendors.settings();

    let said = vendors
        .desk
        .said(&["use", "Claude Code", "second", "--pin"]);
    assert!(said.contains("Claude Code uses Second"), "{said}");
    let response = vendors.ask(&[AGENT]).await;
    assert_eq!(response.headers()["x-understudy-endpoint"], "second");
    assert_eq!(response.headers()["x-understudy-fallback"], "choice");
    let explained =
        vendors
            .desk
            .said(&["route", "explain", "lead-opus-5", "--client", "Claude Code"]);
    assert!(explained.contains("first by your choice"), "{explained}");

    vendors.desk.kill();
    vendors.desk.start();
    let restarted = vendors.desk.snapshot().await;
    assert_eq!(restarted.clients[0].provider.as_deref(), Some("second"));
    assert_eq!(restarted.clients[0].until, None);
    assert_eq!(answered_by(&vendors).await, "second");

    // If the chosen provider fails, the primary is next.
    vendors.second.stage.cue(stage::Cue {
        fault: Some("529".parse().unwrap()),
        times: Some(2),
        ..stage::Cue::default()
    });
    assert_eq!(answered_by(&vendors).await, "lead");

    vendors.desk.said(&["use", "auto"]);
    assert_eq!(answered_by(&vendors).await, "lead");
    assert_eq!(vendors.settings(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_outside_the_scope_is_refused_and_changes_nothing() {
    let route = "[[route]]\nname = \"near\"\ndialect = \"anthropic\"\nmodels = \"lead-*\"\nmay_go_to = \"same-vendor\"\ncandidates = [\"lead\", { endpoint = \"second\", model = \"gpt-6-sol\" }]\n";
    let vendors = vendors(route, KEYS).await;
    assert_eq!(answered_by(&vendors).await, "lead");
    vendors.desk.exchanges(1).await;
    vendors.desk.snapshot().await;
    let output = vendors.desk.run(&["use", "Claude Code", "second"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains("Second cannot be used") && error.contains("may not go to"),
        "{error}"
    );
    assert_eq!(answered_by(&vendors).await, "lead");
    assert_eq!(vendors.second.posts(), 0);
}
