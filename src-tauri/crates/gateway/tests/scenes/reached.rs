//! The record of a failed attempt: enough to estimate its cost.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use catalog::Dialect;
use gateway::{End, Outcome};
use stage::{Fault, ScriptStep, ScriptedPart, Stage};
use tokio::time::timeout;

use crate::world::{Scene, question, text};

#[tokio::test(start_paused = true)]
async fn an_unreachable_provider_received_nothing() {
    let connect =
        gateway::connect(|_| async { Err(Error::from(ErrorKind::ConnectionRefused).into()) });
    for dialect in Dialect::ALL {
        let mut scene = Scene::dialling(Stage::any_model(), Stage::any_model(), connect.clone());
        text(scene.ask(dialect).await).await.unwrap();
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Exhausted);
        assert!(exchange.attempts.iter().all(|a| a.request_bytes == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_or_truncates_has_received_the_request() {
    for fault in ["529", "reset", "cut-in-text"] {
        for dialect in Dialect::ALL {
            let mut scene = Scene::with(fault.parse().unwrap());
            drop(text(scene.ask(dialect).await).await);
            let exchange = scene.ended().await;
            let sent = question(dialect).to_string().len() as u64;
            let first = &exchange.attempts[0];
            assert_eq!(first.request_bytes, sent, "{dialect} {fault}: {first:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_response_at_a_disconnect_is_recorded_as_far_as_it_arrived() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_secs(1))),
            ..ScriptStep::answer([ScriptedPart::Text(vec!["word"; 400].join(" "))])
        });
        scene.verified();
        let asking = scene.ask(dialect);
        let left = timeout(Duration::from_secs(12), asking).await;
        assert!(left.is_err(), "{dialect}: it is held for longer");
        let exchange = scene.ended().await;
        let attempt = &exchange.attempts[0];
        assert_eq!(attempt.outcome, Outcome::ClientLeft, "{dialect}");
        let report = &attempt.report;
        assert!(
            report.text_bytes + report.thinking_bytes > 0,
            "{dialect}: {report:?}"
        );
    }
}
