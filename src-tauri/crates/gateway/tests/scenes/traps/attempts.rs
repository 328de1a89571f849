//! The candidates, the number of attempts, and the records of a failed attempt.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId};
use gateway::{CandidateRule, End, Outcome, Restart, Timers};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stage::{Fault, ResponseEnd as Answered, ScriptStep, ScriptedPart};
use tokio::time::{Instant, timeout};

use crate::by_hand::{Beat, STREAM, always, first_content, raw, recorded, streaming};
use crate::delivery::{delivered, is_complete};
use crate::world::{Scene, complete, question, question_with_tool, text};

fn pipeline(head: http::request::Builder) -> http::request::Builder {
    head.header("x-understudy-pipeline", "leads")
}

#[tokio::test(start_paused = true)]
async fn trap_03_headers_and_then_nothing_is_a_timeout_with_its_own_name() {
    for dialect in Dialect::ALL {
        let (mut scene, requested) = always([raw(STREAM), Beat::Stall]);
        let since = Instant::now();
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        let limit = Timers::default().first_content;
        assert!(
            (limit..limit + Duration::from_secs(1)).contains(&since.elapsed()),
            "the timer for headers was met: {dialect} {:?}",
            since.elapsed()
        );
        assert_eq!(
            requested.count(),
            1,
            "{dialect}: silence is not asked again"
        );
        assert_eq!(scene.requested().await.0, ["lead", "second"], "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_04_an_error_after_the_opening_event_fails_over() {
    for dialect in Dialect::ALL {
        let error = match dialect {
            Dialect::Anthropic => {
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
            }
            Dialect::OpenaiChat => {
                "data: {\"error\":{\"type\":\"server_error\",\"message\":\"Overloaded\"}}\n\n"
            }
            Dialect::OpenaiResponses => {
                "event: error\ndata: {\"type\":\"error\",\"sequence_number\":3,\"code\":\"server_error\",\"message\":\"Overloaded\",\"param\":null}\n\n"
            }
        };
        let mut events = recorded(dialect, "text");
        events.truncate(first_content(dialect));
        events.push(error.to_owned());
        let (mut scene, _) = streaming(&events);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert!(!received.contains("TRANSCRIPT"), "{dialect}: {received}");
        assert_eq!(
            scene.requested().await,
            (
                vec!["lead".into(), "lead".into(), "second".into()],
                End::Complete
            ),
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_13_nothing_of_a_failed_attempt_is_left_in_the_next() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        // The first response was truncated in a tool call, with usage reported and a block open.
        scene.lead.cue(ScriptStep {
            times: Some(2),
            ..ScriptStep::fault(Fault::CutInTool)
        });
        let question = question_with_tool(dialect);
        let response = scene.send(dialect, question.clone(), pipeline).await;
        let id = if dialect == Dialect::Anthropic {
            "request-id"
        } else {
            "x-request-id"
        };
        let header = response.headers()[id].to_str().unwrap().to_owned();
        let received = text(response).await.unwrap();
        let exchange = scene.ended().await;
        let requested = exchange.attempts.iter().map(|a| a.endpoint.as_str());
        assert!(requested.eq(["lead", "lead", "second"]), "{dialect}");

        // The same question to a stage with the same number of earlier requests: the same response, byte for byte.
        let alone = Scene::new();
        let direct = alone.send(dialect, question, pipeline).await;
        assert_eq!(direct.headers()[id], header.as_str(), "{dialect}");
        assert_eq!(text(direct).await.unwrap(), received, "{dialect}");
        let last = exchange.attempts.last().unwrap();
        assert_eq!(last.report.tool_calls.len(), 0, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_14_after_the_commit_there_is_one_lifecycle_and_each_tool_call_once() {
    for dialect in Dialect::ALL {
        let bash = |command: &str| ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": command }),
        };
        let mut scene = Scene::new().of_agent();
        scene.restarts(Restart::Always);
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::CutBeforeFinal),
            ..ScriptStep::answer([
                ScriptedPart::Text("I will look.".into()),
                bash("first-call"),
            ])
        });
        scene.second.cue(ScriptStep::answer([
            ScriptedPart::Text("I will look again.".into()),
            bash("second-call"),
        ]));
        let question = question_with_tool(dialect);
        let response = scene.send(dialect, question, |head| head).await;
        let received = text(response).await.unwrap();
        assert!(
            is_complete(dialect, received.as_bytes()),
            "{dialect}: {received}"
        );
        for once in ["event: message_start", "event: response.created", "[DONE]"] {
            assert!(
                received.matches(once).count() <= 1,
                "{dialect}: {once}: {received}"
            );
        }
        let data = received
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let added: Vec<Value> = data
            .filter_map(|data| serde_json::from_str::<Value>(data).ok())
            .filter(|event| event["type"] == "response.output_item.added")
            .map(|event| event["output_index"].clone())
            .collect();
        let mut indexes = added.clone();
        indexes.dedup();
        assert_eq!(indexes, added, "{dialect}: no index twice");
        let exchange = scene.ended().await;
        assert_eq!((exchange.end, exchange.restarts), (End::Complete, 1));
        assert!(!received.contains("first-call"), "{dialect}: {received}");
        assert_eq!(
            exchange.attempts[1].report.tool_calls.len(),
            1,
            "{dialect}: the call of the second answer"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_15_a_refusal_of_the_second_never_hides_the_first_one_s_error() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::status(503));
        scene.second.outage(Some(Fault::status(400)));
        let response = scene.ask(dialect).await;
        assert_eq!(response.status(), 503, "{dialect}");
        text(response).await.unwrap();
        assert_eq!(scene.requested().await.1, End::Exhausted, "{dialect}");

        // Within a response: a broken connection without a 400.
        let mut scene = Scene::with(Fault::CutInText);
        scene.restarts(Restart::Always);
        scene.second.outage(Some(Fault::status(400)));
        let (received, end) = delivered(scene.ask(dialect).await).await;
        assert!(end.is_err(), "{dialect}");
        let received = String::from_utf8(received).unwrap();
        assert!(
            !received.contains("The request is not valid"),
            "{dialect}: {received}"
        );
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_16_rate_limits_in_the_middle_do_not_spin() {
    let limited = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow down\"}}\n\n";
    let mut events = recorded(Dialect::Anthropic, "text");
    events.truncate(first_content(Dialect::Anthropic) + 1);
    events.push(limited.to_owned());
    let (mut scene, requested) = streaming(&events);
    scene.restarts(Restart::Always);
    scene.second.outage(Some(Fault::ErrorEvent));
    let since = Instant::now();
    let (_, end) = delivered(scene.ask(Dialect::Anthropic).await).await;
    assert!(end.is_err());
    assert!(since.elapsed() < Duration::from_secs(60));
    let (all, how) = scene.requested().await;
    assert_eq!(how, End::Cut);
    assert!(all.len() <= 6, "{all:?}");
    assert_eq!(requested.count() + scene.second.received().len(), all.len());
}

#[tokio::test(start_paused = true)]
async fn trap_17_a_client_that_leaves_ends_all_that_is_done_for_it_and_its_tokens_are_booked() {
    for dialect in Dialect::ALL {
        // During the backoff.
        let mut scene = Scene::with(Fault::status(503));
        let waited = timeout(Duration::from_millis(100), scene.ask(dialect)).await;
        assert!(waited.is_err(), "{dialect}");
        assert_eq!(scene.requested().await.1, End::ClientLeft);
        assert!(
            timeout(Duration::from_secs(60), std::future::pending::<()>())
                .await
                .is_err()
        );
        assert_eq!(scene.lead.received().len(), 1, "{dialect}: none after it");
        assert_eq!(scene.second.received().len(), 0, "{dialect}");

        // During the second attempt, which is running and held.
        let mut scene = Scene::with(Fault::CutAfterOpening);
        scene.second.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_secs(1))),
            ..ScriptStep::answer([ScriptedPart::Text("and so on ".repeat(20))])
        });
        scene.verified();
        let waited = timeout(Duration::from_secs(12), scene.ask(dialect)).await;
        assert!(waited.is_err(), "{dialect}");
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::ClientLeft, "{dialect}");
        tokio::task::yield_now().await;
        let upstream = scene.second.received();
        assert_eq!(upstream.len(), 1, "{dialect}");
        assert_eq!(upstream[0].answered.end, Answered::ClientLeft, "{dialect}");
        let last = exchange.attempts.last().unwrap();
        assert_eq!(last.outcome, Outcome::ClientLeft, "{dialect}");
        assert!(
            last.report.text_bytes > 0,
            "{dialect}: what was generated is known: {:?}",
            last.report
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_20_a_short_retry_after_is_waited_for_and_a_long_one_is_not() {
    for (fault, at_least, candidates) in [
        ("429:retry-after=2", 2, vec!["lead", "lead"]),
        ("429:retry-after-ms=1500", 1, vec!["lead", "lead"]),
        ("429:retry-after=0", 0, vec!["lead", "lead"]),
        ("429:retry-after=-7", 0, vec!["lead", "lead"]),
        ("429:retry-after=1000000000", 0, vec!["lead", "second"]),
        (
            "429:x-ratelimit-reset-requests=6m0s",
            0,
            vec!["lead", "second"],
        ),
    ] {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep::fault(fault.parse().unwrap()));
        let since = Instant::now();
        let dialect = Dialect::OpenaiChat;
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{fault}: {received}");
        assert_eq!(scene.requested().await.0, candidates, "{fault}");
        let took = since.elapsed();
        assert!(
            (Duration::from_secs(at_least)..Duration::from_secs(at_least + 2)).contains(&took),
            "{fault}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_21_without_money_the_same_key_is_not_tried_again() {
    for dialect in Dialect::ALL {
        for fault in ["429-quota", "400-quota", "429-quota:retry-after=1", "402"] {
            let mut scene = Scene::with(fault.parse().unwrap());
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                complete(dialect, &received),
                "{dialect} {fault}: {received}"
            );
            assert_eq!(
                scene.requested().await.0,
                ["lead", "second"],
                "{dialect} {fault}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_22_the_caller_s_own_fault_is_one_attempt_and_comes_back_unchanged() {
    for dialect in Dialect::ALL {
        for fault in ["400-context", "400-policy", "400", "422"] {
            let mut scene = Scene::with(fault.parse().unwrap());
            // The second's window is not larger, so a context error is returned to the caller too.
            scene.windows(Some(200_000), Some(100_000));
            let response = scene.ask(dialect).await;
            assert_eq!(response.status().as_str(), &fault[..3], "{dialect}");
            let received = text(response).await.unwrap();
            let (requested, _) = scene.requested().await;
            assert_eq!(requested, ["lead"], "{dialect} {fault}");

            let alone = Scene::with(fault.parse().unwrap());
            alone.change(|config| config.paused = true);
            let direct = text(alone.ask(dialect).await).await.unwrap();
            assert_eq!(received, direct, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_26_an_error_before_the_stream_keeps_its_status_and_its_words() {
    for dialect in Dialect::ALL {
        for status in [500, 502, 503, 529] {
            let mut scene = Scene::with(Fault::status(status));
            scene.second.outage(Some(Fault::status(500)));
            let response = scene.ask(dialect).await;
            assert_eq!(response.status(), status, "{dialect}");
            assert_eq!(response.headers()["content-type"], "application/json");
            let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
            assert!(
                received["error"]["message"].is_string(),
                "{dialect}: {received}"
            );
            assert_eq!(scene.requested().await.1, End::Exhausted, "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_27_an_error_in_a_stream_is_in_the_client_s_own_dialect() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::NoHeaders(None));
        scene.second.outage(Some(Fault::status(503)));
        let response = scene.send(dialect, question(dialect), pipeline).await;
        let (received, end) = delivered(response).await;
        assert!(end.is_err(), "{dialect}");
        let received = String::from_utf8(received).unwrap();
        let last = received.lines().rfind(|line| line.starts_with("data: "));
        let event: Value = serde_json::from_str(&last.unwrap()["data: ".len()..]).unwrap();
        let message = match dialect {
            Dialect::Anthropic => {
                assert_eq!(event["type"], "error", "{received}");
                &event["error"]["message"]
            }
            Dialect::OpenaiChat => &event["error"]["message"],
            Dialect::OpenaiResponses => match event["type"].as_str() {
                Some("response.failed") => &event["response"]["error"]["message"],
                Some("error") => &event["message"],
                other => panic!("{other:?}: {received}"),
            },
        };
        assert!(message.is_string(), "{dialect}: {received}");
        assert_eq!(scene.requested().await.1, End::Exhausted, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_28_however_many_candidates_there_are_six_attempts_and_no_wait_after_the_last() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::status(500));
        scene.change(|config| {
            for route in &mut config.routes {
                let many = (0..9).map(|n| CandidateRule {
                    model: Some(ModelId::new(format!("m{n}"))),
                    ..CandidateRule::new(EndpointId::new("lead"))
                });
                route.candidates = many.collect();
            }
        });
        let since = Instant::now();
        let status = scene.ask(dialect).await.status();
        let took = since.elapsed();
        assert_eq!(status, 500, "{dialect}");
        assert_eq!(scene.lead.received().len(), 6, "{dialect}");
        let exchange = scene.ended().await;
        let last = exchange.attempts.last().unwrap();
        assert_eq!(took, last.started_after + last.total, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_31b_a_connection_that_breaks_costs_one_request_an_attempt() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::Reset,
            Fault::CutAfterOpening,
            Fault::CutInText,
            Fault::TruncatedBody,
            Fault::Stall {
                after: 1,
                lasting: None,
            },
        ] {
            for restart in [Restart::Never, Restart::Always] {
                let mut scene = Scene::with(fault.clone());
                scene.restarts(restart);
                let _ = delivered(scene.ask(dialect).await).await;
                let (requested, _) = scene.requested().await;
                let booked = |who: &str| requested.iter().filter(|id| *id == who).count();
                assert_eq!(
                    (scene.lead.received().len(), scene.second.received().len()),
                    (booked("lead"), booked("second")),
                    "{dialect} {fault} {restart:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_55_each_attempt_is_booked_to_its_provider() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::CutInText);
        scene.restarts(Restart::Always);
        scene.change(|config| {
            for route in &mut config.routes {
                route.candidates[1].model = Some(ModelId::new("stand-in"));
            }
        });
        let mut body = scene.ask(dialect).await.into_body();
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
        let exchange = scene.ended().await;
        let [first, second] = exchange.attempts.as_slice() else {
            panic!("{dialect}: {:?}", exchange.attempts);
        };
        assert_eq!(
            (first.provider.as_str(), first.model.as_str()),
            ("lead", "m"),
            "{dialect}"
        );
        assert!(first.report.text_bytes > 0, "{dialect}: a cut one too");
        assert!(matches!(first.outcome, Outcome::Failed { .. }), "{dialect}");
        assert_eq!(
            (second.provider.as_str(), second.model.as_str()),
            ("second", "stand-in"),
            "{dialect}"
        );
        assert_eq!(
            second.report.model.as_deref(),
            Some("stand-in"),
            "{dialect}"
        );
    }
}
