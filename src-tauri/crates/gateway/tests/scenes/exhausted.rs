//! Every candidate failed: the cost while a client repeats its request, and the parked requests.

use std::time::Duration;

use catalog::{Auth, Dialect, EndpointId, MicroDollars, Secret};
use gateway::{End, Review, UsedUp};
use http::StatusCode;
use serde_json::Value;
use stage::Stage;
use tokio::time::sleep;

use crate::world::{Scene, question, text};

fn failing(fault: &str) -> Scene {
    let scene = Scene::new();
    for stage in [&scene.lead, &scene.second] {
        stage.outage(Some(fault.parse().unwrap()));
    }
    scene
}

fn heal(scene: &Scene) {
    scene.lead.outage(None);
    scene.second.outage(None);
}

/// Number of requests that each upstream has received.
fn posts(scene: &Scene) -> [usize; 2] {
    [&scene.lead, &scene.second].map(|stage: &Stage| stage.received().len())
}

/// One request of a client, the same bytes each time.
async fn ask_again(scene: &Scene, dialect: Dialect, session: &str) -> (StatusCode, String) {
    let response = scene
        .send(dialect, question(dialect), |head| {
            head.header("x-session-id", session)
        })
        .await;
    (response.status(), text(response).await.unwrap())
}

/// Seconds between the eleven attempts of Claude Code 2.1.197, as measured.
const CLAUDE_CODE: [f64; 10] = [0.5, 1.1, 2.3, 4.5, 9.0, 17.0, 35.0, 35.0, 36.0, 37.0];

#[tokio::test(start_paused = true)]
async fn eleven_retries_of_an_agent_cost_each_dead_provider_twelve_requests_and_not_twenty_two() {
    for fault in ["503", "529"] {
        let scene = failing(fault);
        let mut statuses = vec![ask_again(&scene, Dialect::Anthropic, "s").await.0];
        assert_eq!(posts(&scene), [2, 2], "two tries each");
        for (n, wait) in CLAUDE_CODE.into_iter().enumerate() {
            sleep(Duration::from_secs_f64(wait)).await;
            let before = posts(&scene);
            statuses.push(ask_again(&scene, Dialect::Anthropic, "s").await.0);
            let requested = [0, 1].map(|at| posts(&scene)[at] - before[at]);
            // The third failure opens the breakers; after that there is one last resort, or one probe.
            assert_eq!(requested, [1, 1], "{fault}, try {}", n + 2);
        }
        assert_eq!(statuses.len(), 11);
        assert!(statuses.iter().all(|s| s.as_str() == fault), "{statuses:?}");
        assert_eq!(posts(&scene), [12, 12]);
    }
}

#[tokio::test(start_paused = true)]
async fn thirty_retries_of_an_agent_in_thirty_seconds_cost_each_dead_provider_thirty_one() {
    let scene = failing("503");
    for _ in 0..6 {
        for wait in [0.0, 0.2, 0.4, 0.8, 1.6] {
            sleep(Duration::from_secs_f64(wait)).await;
            let (status, _) = ask_again(&scene, Dialect::OpenaiResponses, "s").await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    assert_eq!(posts(&scene), [31, 31]);
}

#[tokio::test(start_paused = true)]
async fn the_forty_first_repeat_in_a_minute_gets_the_reason_and_reaches_no_provider() {
    for dialect in Dialect::ALL {
        let scene = failing("503");
        for n in 0..40 {
            let (status, _) = ask_again(&scene, dialect, "s").await;
            assert!(status.is_server_error(), "{dialect} number {n}: {status}");
        }
        let before = posts(&scene);
        for _ in 0..3 {
            let (status, body) = ask_again(&scene, dialect, "s").await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{dialect}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(
                message.contains("over 40 times within a minute"),
                "{message}"
            );
        }
        assert_eq!(posts(&scene), before, "{dialect}: nobody was asked");
        let (status, _) = ask_again(&scene, dialect, "another").await;
        assert!(status.is_server_error(), "{dialect}: others are served");

        heal(&scene);
        sleep(Duration::from_secs(60)).await;
        let (status, _) = ask_again(&scene, dialect, "s").await;
        assert_eq!(status, StatusCode::OK, "{dialect}: a minute later");
    }
}

#[tokio::test(start_paused = true)]
async fn the_sixth_413_in_a_row_is_a_400() {
    for dialect in Dialect::ALL {
        let scene = failing("413");
        for n in 0..5 {
            let (status, _) = ask_again(&scene, dialect, "s").await;
            assert_eq!(
                status,
                StatusCode::PAYLOAD_TOO_LARGE,
                "{dialect} number {n}"
            );
        }
        let before = posts(&scene);
        let (status, body) = ask_again(&scene, dialect, "s").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{dialect}");
        assert!(body.contains("refused as too large"), "{body}");
        assert_eq!(posts(&scene), before, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_pipeline_request_is_kept_under_the_id_in_its_clients_error() {
    for dialect in Dialect::ALL {
        let mut scene = failing("503");
        let tagged = |head: http::request::Builder| {
            head.header("x-understudy-pipeline", "Leads")
                .header("x-understudy-item", "lead-17")
                .header("anthropic-version", "2023-06-01")
                .header("x-api-key", "secret")
        };
        let mut ids = Vec::new();
        for _ in 0..2 {
            let response = scene.send(dialect, question(dialect), tagged).await;
            assert!(response.status().is_server_error(), "{dialect}");
            let received = response.headers()["x-understudy-review-id"].clone();
            text(response).await.unwrap();
            let Some(Review::Parked(parked)) = scene.ended().await.review else {
                panic!("{dialect}: not kept");
            };
            assert_eq!(parked.id.as_str(), received, "{dialect}");
            assert_eq!(
                parked.headers,
                [("anthropic-version".to_owned(), "2023-06-01".to_owned())],
                "{dialect}: no credential is kept"
            );
            let sent = &scene.lead.received()[0];
            assert_eq!(parked.body, sent.body, "{dialect}: whole");
            ids.push(parked.id);
        }
        heal(&scene);
        sleep(Duration::from_secs(60)).await;
        let response = scene.send(dialect, question(dialect), tagged).await;
        assert_eq!(response.status(), StatusCode::OK, "{dialect}");
        assert!(!response.headers().contains_key("x-understudy-review-id"));
        text(response).await.unwrap();
        let answered = scene.ended().await.review;
        assert!(matches!(answered, Some(Review::Answered { id, .. }) if id == ids[0]));
        assert_eq!(ids[0], ids[1], "{dialect}: one item");
    }
}

/// The fallback is not allowed: the client gets the provider's error, and the user may send the request again tomorrow.
#[tokio::test(start_paused = true)]
async fn at_the_daily_cap_a_pipelines_request_is_parked_and_an_agents_is_not() {
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            let mut scene = Scene::with("503".parse().unwrap());
            scene.change(|config| {
                config.spending.used_up = Some(UsedUp {
                    cap: MicroDollars(10_000_000),
                    spent: MicroDollars(10_020_000),
                });
                let second = config.endpoints.get_mut(&EndpointId::new("second"));
                let second = second.unwrap();
                second.endpoint.auth = Auth::Bearer;
                second.key = Some(Secret::new("a-key"));
            });
            let mut body = question(dialect);
            body["stream"] = streamed.into();
            for pipeline in [true, false] {
                let response = scene
                    .send(dialect, body.clone(), |head| match pipeline {
                        true => head.header("x-understudy-pipeline", "Leads"),
                        false => head.header("x-session-id", "s"),
                    })
                    .await;
                assert_eq!(response.status(), 503, "{dialect} {streamed}");
                let received = response.headers().get("x-understudy-review-id").cloned();
                text(response).await.unwrap();
                let exchange = scene.ended().await;
                assert_eq!(exchange.end, End::Exhausted, "{dialect} {streamed}");
                let parked = match exchange.review {
                    Some(Review::Parked(parked)) => Some(parked.id),
                    _ => None,
                };
                assert_eq!(parked.is_some(), pipeline, "{dialect} {streamed}");
                let received = received.map(|id| id.to_str().unwrap().to_owned());
                assert_eq!(received, parked, "{dialect} {streamed}");
            }
            assert!(scene.second.received().is_empty(), "{dialect}: it costs");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_untagged_request_belongs_to_its_routes_pipeline_and_an_agents_to_none() {
    for dialect in Dialect::ALL {
        let mut scene = failing("503");
        ask_again(&scene, dialect, "s").await;
        let agents = scene.ended().await;
        assert_eq!((agents.pipeline, agents.review), (None, None), "{dialect}");
        scene.change(|config| {
            for route in &mut config.routes {
                route.pipeline = Some("Leads".to_owned());
            }
        });
        let response = scene.ask(dialect).await;
        assert!(response.headers().contains_key("x-understudy-review-id"));
        text(response).await.unwrap();
        let leads = scene.ended().await;
        assert_eq!(leads.pipeline.as_deref(), Some("Leads"), "{dialect}");
        assert!(matches!(leads.review, Some(Review::Parked(_))), "{dialect}");
    }
}

/// OpenAI's libraries send these fields with `extra_body`; a parked request is read and run by its owner.
#[tokio::test(start_paused = true)]
async fn a_parked_request_has_no_key_from_its_body() {
    for dialect in Dialect::ALL {
        let mut scene = failing("503");
        let mut body = question(dialect);
        body["api_key"] = "sk-of-the-client".into();
        body["extra_headers"] = serde_json::json!({ "authorization": "Bearer sk-of-the-client" });
        let tagged = |head: http::request::Builder| head.header("x-understudy-pipeline", "Leads");
        text(scene.send(dialect, body, tagged).await).await.unwrap();
        let Some(Review::Parked(parked)) = scene.ended().await.review else {
            panic!("{dialect}: not kept");
        };
        let parked: Value = serde_json::from_slice(&parked.body).unwrap();
        assert_eq!(parked, question(dialect), "{dialect}: all the rest is kept");
    }
}
