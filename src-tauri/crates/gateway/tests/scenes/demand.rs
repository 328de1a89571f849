//! A route may require more of a response than completeness.

use catalog::Dialect;
use gateway::{Demand, End, Schema};
use serde_json::json;
use stage::{ScriptStep, ScriptedPart};

use crate::world::{Scene, question, text};

#[tokio::test(start_paused = true)]
async fn a_response_that_breaks_the_demand_is_retried_once_and_then_fails_over() {
    let schema = r#"{"type":"object","required":["score"]}"#;
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            let mut scene = Scene::new();
            scene.change(|config| {
                for route in &mut config.routes {
                    route.demand = Some(Demand::Schema(Schema::new(schema).unwrap()));
                }
            });
            let part = |text: &str| ScriptStep::answer([ScriptedPart::Text(text.to_owned())]);
            scene.lead.cue(part("I would rather chat.").times(2));
            scene.second.cue(part(r#"{"score": 3}"#));
            let mut body = question(dialect);
            body["stream"] = json!(streamed);
            let received = text(scene.send(dialect, body, |head| head).await)
                .await
                .unwrap();
            assert!(
                received.contains("score"),
                "{dialect} {streamed}: {received}"
            );
            assert!(
                !received.contains("rather chat"),
                "{dialect} {streamed}: {received}"
            );
            let (requested, end) = scene.requested().await;
            assert_eq!(
                requested,
                ["lead", "lead", "second"],
                "{dialect} {streamed}"
            );
            assert_eq!(end, End::Complete, "{dialect} {streamed}");
        }
    }
}
