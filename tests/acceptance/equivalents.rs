//! Equivalent models without a route: the owner has keys, and two files in the providers folder.

use reqwest::StatusCode;
use serde_json::json;

use crate::desk::{Desk, Upstream};

/// Acme is down, and Bolt uses another dialect. Their models have tiers.
async fn desk(settings: &str, keys: &[&str]) -> (Desk, Upstream, Upstream) {
    let (acme, bolt) = (Upstream::start().await, Upstream::start().await);
    acme.stage.outage(Some("503".parse().unwrap()));
    let mut desk = Desk::new();
    std::fs::create_dir_all(desk.file("providers")).unwrap();
    let tiers = |id: &str| {
        ["large", "small"].map(|tier| {
            format!(
                "[tier.{tier}]\nmodels = [\"{id}-{tier}-*\"]\nstand_in = \"{id}-{tier}-2\"\n\
                 [[model]]\nid = \"{id}-{tier}-2\"\nmax_output = 4_000\ncontext = 100_000\n"
            )
        })
    };
    for (id, dialect, upstream) in [
        ("acme", "anthropic", &acme),
        ("bolt", "openai-responses", &bolt),
    ] {
        let entry = format!(
            "name = \"{id}\"\n[[endpoint]]\nid = \"{id}\"\nbase = \"{}\"\ndialects = [\"{dialect}\"]\n\
             auth = \"bearer\"\nkey_env = \"{}_KEY\"\nserves = [\"{id}-*\"]\n{}",
            upstream.address,
            id.to_uppercase(),
            tiers(id).concat(),
        );
        std::fs::write(desk.file(&format!("providers/{id}.toml")), entry).unwrap();
    }
    for key in keys {
        desk.env(&format!("{key}_KEY"), "sk-of-mine");
    }
    desk.settings(settings);
    desk.start();
    (desk, acme, bolt)
}

/// Any provider with a key may answer clients that are not coding agents.
const ANY: &str = "[fallback]\nmay_go_to = \"any\"\n";

/// The model that Bolt received, and the model that the response names.
async fn fallback_of(settings: &str, model: &str) -> String {
    let (desk, acme, bolt) = desk(settings, &["ACME", "BOLT"]).await;
    let body = json!({
        "model": model, "max_tokens": 99, "messages": [{ "role": "user", "content": "Hi" }],
    });
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.status(), StatusCode::OK);
    let received = response.headers()["x-understudy-model"].clone();
    assert!(acme.posts() > 0);
    let requested = bolt.stage.received()[0].model.clone().unwrap();
    assert_eq!(received.to_str().unwrap(), requested);
    requested
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_the_same_tier_is_the_fallback() {
    assert_eq!(fallback_of(ANY, "acme-large-9").await, "bolt-large-2");
    assert_eq!(fallback_of(ANY, "acme-small-1").await, "bolt-small-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_equivalent_is_used_and_explained() {
    let settings = "[equivalents]\n\"acme-small-*\" = { bolt = \"bolt-large-2\" }\n";
    let settings = [ANY, settings].concat();
    assert_eq!(fallback_of(&settings, "acme-small-1").await, "bolt-large-2");

    let (desk, _acme, _bolt) = desk(&settings, &["ACME", "BOLT"]).await;
    for (model, why) in [
        ("acme-small-1", "by your settings"),
        ("acme-large-1", "both of the tier \"large\""),
    ] {
        let printed = desk.printed(&["route", "explain", model]);
        let second = "2. bolt with bolt-large-2: fallback 1, translated to openai-responses";
        let line = printed.lines().find(|line| line.starts_with(second));
        assert!(line.is_some_and(|line| line.ends_with(why)), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_a_key_is_no_fallback() {
    let (desk, acme, bolt) = desk("", &["BOLT"]).await;
    let body = json!({
        "model": "acme-large-9", "max_tokens": 99, "messages": [{ "role": "user", "content": "Hi" }],
    });
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let received = response.text().await.unwrap();
    assert!(received.contains("No key for acme. Add one"), "{received}");
    assert_eq!((acme.posts(), bolt.posts()), (0, 0));
}

/// A pipeline's data goes only where its owner allows it, and the error and `route explain` name what was excluded.
#[tokio::test(flavor = "multi_thread")]
async fn an_applications_request_goes_only_to_providers_in_its_scope() {
    let (desk, _acme, bolt) = desk("", &["ACME", "BOLT"]).await;
    let body = json!({
        "model": "acme-large-9", "max_tokens": 99, "messages": [{ "role": "user", "content": "Hi" }],
    });
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let received = response.text().await.unwrap();
    let excluded = "bolt was not used: requests of applications may not go to bolt";
    assert!(received.contains(excluded), "{received}");
    assert_eq!(bolt.posts(), 0);

    let response = desk.ask("/p/Lead%20mails/v1/messages", &body).await;
    let received = response.text().await.unwrap();
    assert!(
        received.contains("requests of the pipeline \\\"Lead mails\\\" may not go to bolt"),
        "{received}"
    );
    assert_eq!(bolt.posts(), 0);
    // The sentence about the outage does not deny the fallback that the next sentence names.
    let is_down = |snapshot: &api::Snapshot| {
        let mut providers = snapshot.providers.iter();
        providers.any(|one| one.id == "acme" && one.level == api::Level::MajorOutage)
    };
    desk.until("acme is down", is_down).await;
    let response = desk.ask("/v1/messages", &body).await;
    let received = response.text().await.unwrap();
    let sentence = received.split("acme is down since ").nth(1);
    assert!(
        sentence.is_some_and(|rest| rest.contains("; no fallback was used. ")),
        "{received}"
    );

    for (arguments, goes) in [
        (&["--application"][..], false),
        (&["--pipeline", "Leads"], false),
        (&[], true),
    ] {
        let command = [&["route", "explain", "acme-large-9"], arguments].concat();
        let printed = desk.printed(&command);
        assert_eq!(
            printed.contains("bolt with bolt-large-2: fallback"),
            goes,
            "{arguments:?}: {printed}"
        );
        assert_eq!(
            printed.contains("may not go to bolt"),
            !goes,
            "{arguments:?}: {printed}"
        );
    }
}
