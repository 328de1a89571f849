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

    let printed = vendors
        .desk
        .printed(&["use", "Claude Code", "second", "--pin"]);
    assert!(printed.contains("Claude Code uses Second"), "{printed}");
    let response = vendors.ask(&[AGENT]).await;
    assert_eq!(response.headers()["x-understudy-endpoint"], "second");
    assert_eq!(response.headers()["x-understudy-fallback"], "choice");
    let explained =
        vendors
            .desk
            .printed(&["route", "explain", "lead-opus-5", "--client", "Claude Code"]);
    assert!(explained.contains("first by your choice"), "{explained}");

    vendors.desk.kill();
    vendors.desk.start();
    let restarted = vendors.desk.snapshot().await;
    assert_eq!(restarted.clients[0].provider.as_deref(), Some("second"));
    assert_eq!(restarted.clients[0].until, None);
    assert_eq!(answered_by(&vendors).await, "second");

    // If the chosen provider fails, the primary is next.
    vendors.second.stage.cue(stage::ScriptStep {
        fault: Some("529".parse().unwrap()),
        times: Some(2),
        ..stage::ScriptStep::default()
    });
    assert_eq!(answered_by(&vendors).await, "lead");

    vendors.desk.printed(&["use", "auto"]);
    assert_eq!(answered_by(&vendors).await, "lead");
    assert_eq!(vendors.settings(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_outside_the_scope_is_refused_and_changes_nothing() {
    let route = "[[route]]\nname = \"near\"\ndialect = \"anthropic\"\nmodels = \"lead-*\"\nmay_go_to = \"same-vendor\"\ncandidates = [\"lead\", { endpoint = \"second\", model = \"gpt-6-sol\" }]\n";
    let vendors = vendors(route, KEYS).await;
    assert_eq!(answered_by(&vendors).await, "lead");
    vendors.desk.exchanges(1).await;
    // The choices follow the request, when its route has been planned.
    vendors
        .desk
        .until("planned", |s| {
            s.clients.iter().any(|client| !client.refused.is_empty())
        })
        .await;
    let output = vendors.desk.run(&["use", "Claude Code", "second"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains("Second cannot be used")
            && error.contains("may not go to")
            && error.contains("allow second in `may_go_to` of the route \"near\""),
        "{error}"
    );
    assert_eq!(answered_by(&vendors).await, "lead");
    assert_eq!(vendors.second.posts(), 0);
}

const SUBSCRIPTION: (&str, &str) = ("authorization", "Bearer sk-lead-oat-1");

/// The client has a subscription, and the chosen provider bills the owner's key.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_the_consent_to_bill_a_key_until_it_is_lifted() {
    let vendors = vendors("", &[("SECOND_KEY", "sk-second")]).await;
    let endpoint = async || {
        let response = vendors.ask(&[AGENT, SUBSCRIPTION]).await;
        assert_eq!(response.status(), 200);
        let endpoint = &response.headers()["x-understudy-endpoint"];
        endpoint.to_str().unwrap().to_owned()
    };
    let listed = vendors.desk.printed(&["use"]);
    assert!(listed.contains("No client has sent a request"), "{listed}");
    assert!(listed.contains("`understudyd url`"), "{listed}");
    assert_eq!(endpoint().await, "lead");
    vendors.desk.exchanges(1).await;
    let client = |s: &api::Snapshot| s.clients.first().is_some_and(|c| c.choices.len() == 2);
    vendors.desk.until("planned", client).await;

    let listed = vendors.desk.printed(&["use"]);
    assert!(listed.contains("Claude Code uses Lead (auto)"), "{listed}");
    assert!(listed.contains("for the next turn, then "), "{listed}");
    let chosen = vendors.desk.printed(&["use", "second"]);
    assert!(
        chosen.contains("Claude Code uses Second until midnight: about $"),
        "{chosen}"
    );
    assert!(chosen.contains("for the next turn, then "), "{chosen}");
    assert!(chosen.contains("today's cap $10"), "{chosen}");
    assert_eq!(endpoint().await, "second");
    // Another client of the same subscription stays with its provider.
    let other = vendors
        .ask(&[("user-agent", "other/1"), SUBSCRIPTION])
        .await;
    assert_eq!(other.headers()["x-understudy-endpoint"], "lead");

    vendors.desk.printed(&["use", "Claude Code", "auto"]);
    assert_eq!(endpoint().await, "lead");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_without_a_key_is_refused_with_the_remedy() {
    let vendors = vendors("", &[]).await;
    vendors.ask(&[AGENT, SUBSCRIPTION]).await;
    vendors.desk.exchanges(1).await;
    let seen = |s: &api::Snapshot| !s.clients.is_empty();
    vendors.desk.until("seen", seen).await;
    let listed = vendors.desk.printed(&["use"]);
    assert!(listed.contains("understudyd key add"), "{listed}");
    let output = vendors.desk.run(&["use", "second"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains("no key for Second AI") && error.contains("`understudyd key add second`"),
        "{error}"
    );
}
