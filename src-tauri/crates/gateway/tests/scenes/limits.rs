//! Refusals for quantity, for length, and for a model's output: the next step, end to end.

use std::time::Duration;

use catalog::{Auth, Dialect, EndpointId, Model, ModelId, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Cause, Consent, End, Outcome, Standing};
use tokio::time::Instant;
use wire::FailureClass;

use crate::by_hand::{Requests, always, raw};
use crate::world::{Scene, complete, question, text};

/// Start of the scene's clock.
fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn refusing(status: u16, headers: &[(&str, String)], body: &str) -> (Scene, Requests) {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\n{headers}connection: close\r\n\r\n"
    );
    always([raw(head), raw(body)])
}

const GEMINI: &str = r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 2.0s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}]"#;

#[tokio::test(start_paused = true)]
async fn a_quota_per_minute_is_waited_for() {
    let (mut scene, requested) = refusing(429, &[], GEMINI);
    let since = Instant::now();
    let received = text(scene.ask(Dialect::OpenaiChat).await).await.unwrap();
    assert!(complete(Dialect::OpenaiChat, &received), "{received}");
    let exchange = scene.ended().await;
    let classes: Vec<Option<FailureClass>> = exchange
        .attempts
        .iter()
        .map(|attempt| match &attempt.outcome {
            Outcome::Failed { class, .. } => Some(*class),
            Outcome::Answered(_) | Outcome::Local { .. } | Outcome::ClientLeft => None,
        })
        .collect();
    assert_eq!(
        classes,
        [
            Some(FailureClass::RateLimit),
            Some(FailureClass::RateLimit),
            None
        ]
    );
    assert_eq!(requested.count(), 2);
    let took = since.elapsed();
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(4)).contains(&took),
        "{took:?}"
    );
}

const PLAN: &str = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."}}"#;

fn plan_headers(reset: DateTime<Utc>) -> Vec<(&'static str, String)> {
    vec![
        ("anthropic-ratelimit-unified-status", "rejected".to_owned()),
        (
            "anthropic-ratelimit-unified-representative-claim",
            "five_hour".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-reset",
            reset.timestamp().to_string(),
        ),
        ("retry-after", "7999".to_owned()),
    ]
}

/// It is not used until exactly its reset.
#[tokio::test(start_paused = true)]
async fn a_used_up_plan_gets_one_request_and_is_skipped_until_its_reset() {
    let reset = start() + TimeDelta::hours(3);
    let (mut scene, requested) = refusing(429, &plan_headers(reset), PLAN);
    let dialect = Dialect::Anthropic;
    assert!(complete(
        dialect,
        &text(scene.ask(dialect).await).await.unwrap()
    ));
    let exchange = scene.ended().await;
    let Outcome::Failed {
        class,
        fault,
        resets_at,
        ..
    } = &exchange.attempts[0].outcome
    else {
        panic!("{:?}", exchange.attempts[0].outcome);
    };
    assert_eq!(
        (*class, *fault, *resets_at),
        (
            FailureClass::Limit,
            gateway::Fault::Ours(Cause::Account),
            Some(reset)
        )
    );
    assert_eq!((exchange.attempts.len(), requested.count()), (2, 1));
    let breaker = &scene.gateway.breakers()[0];
    assert_eq!(
        (breaker.class, breaker.standing),
        (Some(FailureClass::Limit), Standing::Open { until: reset })
    );
    for (wait, requests_then) in [
        (TimeDelta::zero(), 1),
        (TimeDelta::minutes(179), 1),
        (TimeDelta::minutes(2), 2),
    ] {
        tokio::time::advance(wait.to_std().unwrap()).await;
        assert!(complete(
            dialect,
            &text(scene.ask(dialect).await).await.unwrap()
        ));
        assert_eq!(requested.count(), requests_then, "after {wait}");
    }
}

/// The vendor's response is forwarded: the client shows the reset, and waits for it.
#[tokio::test(start_paused = true)]
async fn without_another_candidate_a_used_up_plan_is_passed_on_with_its_headers() {
    let reset = start() + TimeDelta::hours(3);
    let (mut scene, _) = refusing(429, &plan_headers(reset), PLAN);
    scene.change(|config| {
        for route in &mut config.routes {
            route.candidates.pop();
        }
    });
    let response = scene.ask(Dialect::Anthropic).await;
    assert_eq!(response.status(), 429);
    for (name, value) in plan_headers(reset) {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    assert_eq!(text(response).await.unwrap(), PLAN);
    assert_eq!(
        scene.requested().await,
        (vec!["lead".into()], End::Exhausted)
    );
}

/// The same refusal without the plan's marks is a throttle, although it has the plan's reset times.
#[tokio::test(start_paused = true)]
async fn a_throttle_is_retried() {
    let reset = start() + TimeDelta::hours(3);
    let headers = [
        ("anthropic-ratelimit-unified-status", "allowed".to_owned()),
        (
            "anthropic-ratelimit-unified-reset",
            reset.timestamp().to_string(),
        ),
        (
            "anthropic-ratelimit-unified-5h-reset",
            reset.timestamp().to_string(),
        ),
    ];
    for status in [429, 529] {
        let (mut scene, requested) = refusing(status, &headers, PLAN);
        assert!(complete(
            Dialect::Anthropic,
            &text(scene.ask(Dialect::Anthropic).await).await.unwrap()
        ));
        assert_eq!(requested.count(), 2, "{status}");
        assert_eq!(
            scene.requested().await.0,
            ["lead", "lead", "second"],
            "{status}"
        );
    }
}

/// The model's output is not an error of the caller, and no evidence against its provider.
#[tokio::test(start_paused = true)]
async fn a_malformed_tool_call_is_retried_and_then_failed_over() {
    let body = r#"{"error":{"message":"Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=Bash"}}"#;
    for dialect in Dialect::ALL {
        let (mut scene, requested) = refusing(400, &[], body);
        assert!(
            complete(dialect, &text(scene.ask(dialect).await).await.unwrap()),
            "{dialect}"
        );
        assert_eq!(requested.count(), 2, "{dialect}");
        let exchange = scene.ended().await;
        assert_eq!(exchange.attempts.len(), 3, "{dialect}");
        for attempt in &exchange.attempts[..2] {
            assert!(
                matches!(
                    attempt.outcome,
                    Outcome::Failed {
                        class: FailureClass::Transient,
                        fault: gateway::Fault::Ours(Cause::Response),
                        ..
                    }
                ),
                "{:?}",
                attempt.outcome
            );
        }
        assert!(scene.gateway.breakers().is_empty(), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_in_the_providers_error_decides_which_candidate_is_larger() {
    let texts = [
        "The input token count (1196265) exceeds the maximum number of tokens allowed (131072).",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "Invalid request: Your request exceeded model token limit: 131072 (requested: 291351)",
    ];
    for dialect in Dialect::ALL {
        for words in texts {
            for (second, requested) in
                [(1_000_000, vec!["lead", "second"]), (131_072, vec!["lead"])]
            {
                let body = serde_json::json!({"error": {"message": words, "type": "invalid_request_error"}}).to_string();
                let (mut scene, _) = refusing(400, &[], &body);
                scene.change(|config| {
                    let endpoint = config
                        .endpoints
                        .get_mut(&EndpointId::new("second"))
                        .unwrap();
                    endpoint.models = vec![Model {
                        context: Some(second),
                        ..Model::new(ModelId::new("m"))
                    }];
                });
                let received = text(scene.ask(dialect).await).await.unwrap();
                assert_eq!(
                    complete(dialect, &received),
                    requested.len() == 2,
                    "{dialect} {words}: {received}"
                );
                assert_eq!(scene.requested().await.0, requested, "{dialect} {words}");
            }
        }
    }
}

/// The primary refuses because of a used-up plan; the second endpoint costs money.
fn used_up(reset: DateTime<Utc>) -> (Scene, Requests) {
    let (scene, requested) = refusing(429, &plan_headers(reset), PLAN);
    scene.change(|config| {
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.auth = Auth::Bearer;
        second.key = Some(Secret::new("paid"));
        config.spending.subscription_to_paid_key = Consent::Yes;
    });
    (scene, requested)
}

const LOGIN: &str = "Bearer sk-ant-oat01-x";

fn logs_in(scene: &Scene) {
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::XApiKey;
    });
}

/// With consent for a paid key in an outage: a limit needs its own setting.
#[tokio::test(start_paused = true)]
async fn a_clients_used_up_plan_reaches_the_client_every_time_and_no_fallback() {
    let reset = start() + TimeDelta::hours(3);
    let (mut scene, requested) = used_up(reset);
    logs_in(&scene);
    for request in 1..=5 {
        let response = scene
            .send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
                head.header("authorization", LOGIN)
            })
            .await;
        assert_eq!(response.status(), 429);
        for (name, value) in plan_headers(reset) {
            assert_eq!(response.headers()[name], value, "{name}");
        }
        assert_eq!(text(response).await.unwrap(), PLAN);
        assert_eq!(scene.requested().await.0, ["lead"], "request {request}");
        assert_eq!(requested.count(), request);
    }
    // Another login may still have its plan.
    assert!(scene.gateway.breakers().is_empty());

    scene.change(|config| config.spending.for_limits = true);
    let response = scene
        .send(Dialect::Anthropic, question(Dialect::Anthropic), |head| {
            head.header("authorization", LOGIN)
        })
        .await;
    assert_eq!(response.headers()["x-understudy-fallback"], "limit");
    text(response).await.unwrap();
    assert_eq!(scene.requested().await.0, ["lead", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_paid_key_does_not_take_over_for_a_limit_of_another_key_and_a_free_server_does() {
    for (free, for_limits) in [(false, false), (true, false), (false, true)] {
        let reset = start() + TimeDelta::hours(3);
        let (mut scene, _) = used_up(reset);
        scene.change(|config| {
            config.spending.for_limits = for_limits;
            if free {
                let second = config
                    .endpoints
                    .get_mut(&EndpointId::new("second"))
                    .unwrap();
                second.endpoint.auth = Auth::None;
                second.key = None;
            }
        });
        for request in 0..3 {
            let response = scene.ask(Dialect::Anthropic).await;
            let carried = free || for_limits;
            let status = if carried { 200 } else { 429 };
            assert_eq!(response.status(), status, "{free} {for_limits} {request}");
            text(response).await.unwrap();
            let (requested, _) = scene.requested().await;
            assert_eq!(
                requested.contains(&"second".to_owned()),
                carried,
                "{requested:?}"
            );
        }
    }
}
