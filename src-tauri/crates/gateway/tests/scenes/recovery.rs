//! A provider fails and recovers: the candidates meanwhile, and the time until it gets requests again.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use gateway::End;
use health::{CallOutcome, FailureKind, Level};
use tokio::time::{Instant, sleep};

use crate::world::{Scene, complete, text};

/// One request with a complete response; the endpoints that got a request for it.
async fn answered(scene: &mut Scene, dialect: Dialect) -> Vec<String> {
    let received = text(scene.ask(dialect).await).await.unwrap();
    assert!(complete(dialect, &received), "{received}");
    let (requested, end) = scene.requested().await;
    assert_eq!(end, End::Complete);
    requested
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_outage_costs_few_requests_and_ends_within_thirty_seconds_of_recovery() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with("503".parse().unwrap());
        let began = Instant::now();
        let (down, every) = (Duration::from_secs(60), Duration::from_millis(5_500));
        let mut back = None;
        for _ in 0..20 {
            if began.elapsed() >= down {
                scene.lead.outage(None);
            }
            let requested = answered(&mut scene, dialect).await;
            let by_lead = requested.last().unwrap() == "lead";
            match back {
                None if by_lead => back = Some(began.elapsed()),
                None => {}
                Some(_) => assert_eq!(requested, ["lead"], "{dialect}: back is back"),
            }
            sleep(every).await;
        }
        let back = back.unwrap();
        assert!(
            back >= down && back <= down + Duration::from_secs(30),
            "{dialect}: {back:?}"
        );
        // Two requests of two attempts, and then one every 30 s: it got few requests while it was down.
        let while_down = scene.lead.received().len() + scene.second.received().len() - 20;
        assert!(while_down <= 6, "{dialect}: {while_down} failed attempts");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_24_with_every_breaker_open_the_best_candidate_is_still_tried() {
    let mut scene = Scene::with("503".parse().unwrap());
    scene.second.outage(Some("503".parse().unwrap()));
    for _ in 0..2 {
        let response = scene.ask(Dialect::Anthropic).await;
        assert!(!response.status().is_success());
        text(response).await.unwrap();
        assert_eq!(scene.requested().await.1, End::Exhausted);
    }
    assert!(
        scene
            .gateway
            .breakers()
            .iter()
            .all(|b| !b.standing.admits()),
        "{:?}",
        scene.gateway.breakers()
    );
    scene.lead.outage(None);
    assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["lead"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_alone_opens_no_breaker_and_makes_one_failure_enough() {
    for (declared, requests_next) in [
        (Level::Degraded, vec!["lead", "second"]),
        (Level::PartialOutage, vec!["second"]),
    ] {
        let mut scene = Scene::new();
        scene.declare(declared);
        assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["lead"]);
        scene.lead.outage(Some("503".parse().unwrap()));
        let first = answered(&mut scene, Dialect::Anthropic).await;
        assert_eq!(first.last().unwrap(), "second");
        assert_eq!(
            answered(&mut scene, Dialect::Anthropic).await,
            requests_next,
            "{declared:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_ends_a_cooldown_early_and_can_open_a_breaker() {
    let mut scene = Scene::with("503".parse().unwrap());
    for _ in 0..2 {
        answered(&mut scene, Dialect::Anthropic).await;
    }
    assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["second"]);
    scene.lead.outage(None);
    let (provider, endpoint, model) = (
        ProviderId::new("lead"),
        EndpointId::new("lead"),
        ModelId::new("m"),
    );
    let probed = |scene: &Scene, outcome: &CallOutcome| {
        scene.gateway.probed(&provider, &endpoint, &model, outcome);
    };
    let failed = CallOutcome::Failed {
        kind: FailureKind::Timeout,
        detail: "no content within 30 s".into(),
    };
    probed(&scene, &failed);
    assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["second"]);
    let ok = CallOutcome::Ok {
        ttft_ms: Some(90),
        total_ms: 100,
    };
    probed(&scene, &ok);
    assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["lead"]);
    // Three failures in a row are enough evidence.
    for _ in 0..3 {
        assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["lead"]);
        probed(&scene, &failed);
        probed(&scene, &failed);
    }
    probed(&scene, &failed);
    assert_eq!(answered(&mut scene, Dialect::Anthropic).await, ["second"]);
}
