//! One model of a login fails, and another of the same login answers; the later turns of the session.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Dialect, EndpointId, MicroDollars, Model, Price, Rank, Rates, Tier};
use gateway::{End, Siblings};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};
use tokio::time::sleep;

use crate::world::{Scene, complete, question, text};

/// A vendor with two models, and no other provider.
pub(crate) fn desk(sibling: Siblings) -> Scene {
    let scene = Scene::new();
    scene.change(|config| {
        config.sibling = sibling;
        for route in &mut config.routes {
            route.candidates.truncate(1);
            route.sibling = Some(sibling);
        }
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.models = [("opus", 5), ("sonnet", 3)]
            .map(|(id, dollars)| {
                let rate = MicroDollars(dollars * 1_000_000);
                let rates = Rates {
                    input: rate,
                    output: rate,
                    cache_read: rate,
                    cache_write: rate,
                    cache_write_hour: rate,
                };
                Model {
                    prices: vec![Price::list(rates, "2026-11-26")],
                    ..Model::new(id.into())
                }
            })
            .to_vec();
        let rank = |model: &str| Rank {
            models: vec![model.into()],
            fallback_model: Some(model.into()),
        };
        lead.tiers = BTreeMap::from([(Tier::Large, rank("opus")), (Tier::Medium, rank("sonnet"))]);
    });
    scene
}

/// Sets the response of the lead's Opus from now on; `None`: as usual.
fn opus(scene: &Scene, fault: Option<&str>) {
    scene.lead.clear_cues();
    if let Some(fault) = fault {
        scene.lead.cue(ScriptStep {
            fault: Some(fault.parse().unwrap()),
            model: Some("opus".into()),
            times: Some(1000),
            ..ScriptStep::default()
        });
    }
}

fn to_opus(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["model"] = "opus".into();
    body
}

/// One turn of a session: the requested models, and the client's announcements.
async fn turn(scene: &mut Scene, body: Value, dialect: Dialect) -> (Vec<String>, End, String) {
    let response = scene
        .send(dialect, body, |head| head.header("session-id", "s1"))
        .await;
    let received = text(response).await.unwrap();
    let exchange = scene.ended().await;
    let models = exchange.attempts.iter().map(|a| a.model.to_string());
    (models.collect(), exchange.end, received)
}

#[tokio::test(start_paused = true)]
async fn a_sibling_answers_for_a_model_that_fails_alone() {
    for dialect in Dialect::ALL {
        for fault in ["529", "500", "cut-in-text", "silent"] {
            let mut scene = desk(Siblings::On);
            opus(&scene, Some(fault));
            let mut body = to_opus(dialect);
            body["stream"] = (fault != "cut-in-text").into();
            let response = scene.send(dialect, body, |head| head).await;
            assert_eq!(response.status(), 200, "{dialect} {fault}");
            assert_eq!(response.headers()["x-understudy-model"], "sonnet");
            assert!(response.headers().contains_key("x-understudy-fallback"));
            let received = text(response).await.unwrap();
            assert!(
                received.contains("sonnet"),
                "the response names who answered: {received}"
            );
            assert_eq!(scene.ended().await.end, End::Complete, "{dialect} {fault}");
        }
    }
}

/// A wrong key, a used-up quota, a refused request and an unreachable host do not concern only the model.
#[tokio::test(start_paused = true)]
async fn a_sibling_gets_no_request_unless_the_model_itself_failed() {
    for dialect in Dialect::ALL {
        for fault in ["429", "429-quota", "401", "400", "404", "refuse"] {
            let mut scene = desk(Siblings::On);
            match fault {
                "refuse" => scene.lead.outage(Some(Fault::Refuse)),
                fault => opus(&scene, Some(fault)),
            }
            let (models, _, _) = turn(&mut scene, to_opus(dialect), dialect).await;
            assert!(
                !models.contains(&"sonnet".to_owned()),
                "{dialect} {fault}: {models:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_owners_consent_no_sibling_is_used() {
    for policy in [Siblings::Ask, Siblings::Off] {
        let mut scene = desk(policy);
        opus(&scene, Some("529"));
        let (models, end, _) =
            turn(&mut scene, to_opus(Dialect::Anthropic), Dialect::Anthropic).await;
        assert_eq!(models, ["opus", "opus"], "{policy:?}");
        assert_eq!(end, End::Exhausted);
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_models_of_the_login_fail_the_sibling_is_tried_once_in_five_minutes() {
    let dialect = Dialect::Anthropic;
    let mut scene = desk(Siblings::On);
    scene.lead.outage(Some(Fault::status(529)));
    let (models, end, received) = turn(&mut scene, to_opus(dialect), dialect).await;
    assert_eq!(models, ["opus", "opus", "sonnet"]);
    assert_eq!(end, End::Exhausted);
    assert!(received.contains("overloaded_error"), "{received}");
    let (models, _, _) = turn(&mut scene, to_opus(dialect), dialect).await;
    assert!(!models.contains(&"sonnet".to_owned()), "{models:?}");
}

fn with_tool_result() -> Value {
    json!({
        "model": "opus", "max_tokens": 99, "stream": true,
        "tools": [{ "name": "Bash", "input_schema": { "type": "object" } }],
        "messages": [
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "Bash", "input": {} }] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "content": "ok" }] },
        ],
    })
}

#[tokio::test(start_paused = true)]
async fn a_session_that_moved_stays_until_the_model_has_been_healthy_for_five_minutes() {
    let dialect = Dialect::Anthropic;
    let mut scene = desk(Siblings::On);
    opus(&scene, Some("529"));
    let (models, _, _) = turn(&mut scene, to_opus(dialect), dialect).await;
    assert_eq!(models, ["opus", "opus", "sonnet"]);
    opus(&scene, None);
    // Another session shows that it answers again.
    let other = scene
        .send(dialect, to_opus(dialect), |head| {
            head.header("session-id", "s2")
        })
        .await;
    text(other).await.unwrap();
    assert_eq!(scene.ended().await.attempts[0].model.as_str(), "opus");
    for _ in 0..4 {
        sleep(Duration::from_secs(60)).await;
        let (models, _, received) = turn(&mut scene, to_opus(dialect), dialect).await;
        assert_eq!(models, ["sonnet"]);
        assert!(complete(dialect, &received));
    }
    sleep(Duration::from_secs(61)).await;
    // Never within a tool loop.
    let (models, _, _) = turn(&mut scene, with_tool_result(), dialect).await;
    assert_eq!(models, ["sonnet"]);
    let (models, _, _) = turn(&mut scene, to_opus(dialect), dialect).await;
    assert_eq!(models, ["opus"]);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_flaps_every_minute_for_an_hour_moves_a_session_at_most_twice() {
    let dialect = Dialect::Anthropic;
    let mut scene = desk(Siblings::On);
    let (mut moves, mut with) = (0, "opus".to_owned());
    for turns in 0..180 {
        if turns % 3 == 0 {
            opus(&scene, (turns / 3 % 2 == 0).then_some("529"));
        }
        let (models, end, _) = turn(&mut scene, to_opus(dialect), dialect).await;
        assert_eq!(end, End::Complete);
        let by = models.last().unwrap();
        moves += usize::from(*by != with);
        with.clone_from(by);
        sleep(Duration::from_secs(20)).await;
    }
    assert!(moves <= 2, "{moves} moves");
}
