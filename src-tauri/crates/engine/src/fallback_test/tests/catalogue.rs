use std::collections::BTreeSet;

use catalog::{Dialect, EndpointId, ModelId, Provider, REHEARSAL};

use super::desk::{Desk, models};

/// Both steps, streamed and not streamed, at every endpoint with each of its models, for clients of every dialect.
#[tokio::test]
async fn every_fallback_completes_a_tool_turn_under_its_vendors_rules() {
    let desk = Desk::new();
    let mut wrong = BTreeSet::new();
    let mut tested = 0;
    let real = |provider: &&Provider| provider.id.as_str() != REHEARSAL;
    for provider in desk.catalog.providers().iter().filter(real) {
        for endpoint in &provider.endpoints {
            for model in models(provider) {
                for (dialect, streamed) in Dialect::ALL.map(|d| [(d, true), (d, false)]).concat() {
                    let (played, stage) = desk.test(dialect, streamed, &endpoint.id, &model).await;
                    tested += 1;
                    let received = stage.received();
                    let sent = received
                        .iter()
                        .map(|request| String::from_utf8_lossy(&request.body).into_owned());
                    if let Some(failure) = played.failure {
                        let sent = sent.last().unwrap_or_default();
                        wrong.insert(format!(
                            "{dialect} (stream {streamed}) → {} {model}: step {}: {}\n  {sent}",
                            endpoint.id, failure.step, failure.why
                        ));
                    } else {
                        assert_eq!(sent.count(), 2, "{dialect} → {} {model}", endpoint.id);
                    }
                }
            }
        }
    }
    assert!(tested > 500, "{tested}");
    assert!(
        wrong.is_empty(),
        "{} of {tested}:\n{}",
        wrong.len(),
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// The test finds a catalogue entry that lacks a requirement of its server before an outage does.
#[tokio::test]
async fn an_entry_without_a_required_option_fails_at_the_step_that_needs_it() {
    let desk = Desk::with(
        "[[endpoint]]\nid = \"kimi\"\nname = \"Kimi\"\nbase = \"http://127.0.0.1:5001\"\ndialects = [\"openai-chat\"]\n",
    );
    let (endpoint, model) = (EndpointId::new("kimi"), ModelId::new("kimi-k3"));
    for dialect in Dialect::ALL {
        let (played, _) = desk.test(dialect, true, &endpoint, &model).await;
        let failure = played.failure.unwrap();
        assert_eq!(failure.step, 2, "{dialect}");
        assert!(
            failure
                .why
                .starts_with("the provider refused the request: ")
                && failure.why.contains("reasoning_content is missing"),
            "{}",
            failure.why
        );
        assert_eq!(played.exchanges.len(), 2);
    }
}
