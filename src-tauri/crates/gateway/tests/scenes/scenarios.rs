//! Every scenario of `tests/scenarios`, with paused time and over pipes.

use std::time::Duration;

use catalog::{Dialect, ModelId};
use gateway::{Restart, Timers};
use http_body_util::BodyExt;
use serde_json::Value;
use stage::Stage;

use crate::outage_scenarios::client::Verdict;
use crate::outage_scenarios::scenario::Expected;
use crate::outage_scenarios::{
    Attempt, ClientResponse, Clock, FALLBACK_MODEL, Form, Restarts, Row, SCENARIOS, Scenario,
    TIMERS, World, play, table,
};
use crate::understudy::speaks_only;
use crate::world::{AGENT, Scene};

impl World for Scene {
    fn clock(&self) -> Clock {
        Clock {
            second: Duration::from_secs(1),
            slack: Duration::ZERO,
        }
    }

    fn lead(&self) -> &Stage {
        &self.lead
    }

    fn second(&self) -> &Stage {
        &self.second
    }

    async fn ask(&self, dialect: Dialect, body: &Value, automated: bool) -> ClientResponse {
        let response = self
            .send(dialect, body.clone(), |head| {
                if automated {
                    head.header("x-understudy-pipeline", "leads")
                } else {
                    head.header("user-agent", AGENT)
                }
            })
            .await;
        let status = response.status().as_u16();
        let model = response.headers().get("x-understudy-model");
        let model_header = model.map(|model| model.to_str().unwrap().to_owned());
        let (mut body, mut received, mut clean) = (response.into_body(), Vec::new(), true);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => received.extend_from_slice(frame.data_ref().unwrap()),
                Err(_) => clean = false,
            }
        }
        ClientResponse {
            status,
            model_header,
            body: received,
            clean,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_scenario_ends_in_a_complete_response_or_a_clear_failure_over_pipes() {
    let mut rows = Vec::new();
    for scenario in &SCENARIOS {
        for form in Form::ALL {
            for dialect in Dialect::ALL {
                let mut scene = scene(scenario);
                let mut played = play(&scene, scenario, "m", dialect, form).await;
                for _ in &played.requested {
                    let exchange = scene.ended().await;
                    played.attempts.extend(exchange.attempts.iter().map(booked));
                }
                rows.push(Row::judge(scenario, &played));
            }
        }
    }
    println!("{}", table("under paused time, over pipes", &rows));
    let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same with one of the two in another dialect than the client's.
#[tokio::test(start_paused = true)]
async fn every_scenario_ends_equally_with_a_translated_candidate() {
    for casting in ["the first", "the second"] {
        for turn in [1, 2] {
            let mut rows = Vec::new();
            for scenario in &SCENARIOS {
                for form in Form::ALL {
                    for (at, dialect) in Dialect::ALL.into_iter().enumerate() {
                        let other = Dialect::ALL[(at + turn) % Dialect::ALL.len()];
                        let mut scene = scene(scenario);
                        let translated = if casting == "the first" {
                            "lead"
                        } else {
                            "second"
                        };
                        scene.change(|config| speaks_only(config, translated, other));
                        let mut played = play(&scene, scenario, "m", dialect, form).await;
                        for _ in &played.requested {
                            let exchange = scene.ended().await;
                            played.attempts.extend(exchange.attempts.iter().map(booked));
                        }
                        rows.push(Row::judge(scenario, &played));
                    }
                }
            }
            let speaks = format!("{casting} speaks the dialect {turn} further");
            println!("{}", table(&format!("under paused time, {speaks}"), &rows));
            let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
            assert!(wrong.is_empty(), "{speaks}: {}", wrong.join("\n"));
        }
    }
}

/// A pipeline with the default timers. The scenarios are failoverbench's (scorecard of 2026-09-12): it ends a provider that
/// never answers at 100 s, and requires a response within 15 s if the first token takes 20 s. The latter needs a shorter timer,
/// since a slow response is a response.
#[tokio::test(start_paused = true)]
async fn a_pipeline_passes_every_scenario_with_the_default_timers_and_the_slow_one_with_a_short_timer()
 {
    for first_content in [60, 10] {
        let mut rows = Vec::new();
        for scenario in &SCENARIOS {
            for form in [Form::Pipeline, Form::Document] {
                for dialect in Dialect::ALL {
                    let scenario = Scenario {
                        expected: match (scenario.name, first_content) {
                            ("accepts and never answers", _) if form.is_streamed() => {
                                |_| Expected::complete(1, 1).within(100)
                            }
                            // The timeout of a document's client is the owner's setting.
                            ("accepts and never answers", _) => {
                                |_| Expected::complete(1, 1).within(905)
                            }
                            ("first token after 20 s", 10) if form.is_streamed() => {
                                |_| Expected::complete(1, 1).within(15)
                            }
                            _ => scenario.expected,
                        },
                        ..*scenario
                    };
                    let mut scene = scene(&scenario);
                    scene.change(|config| {
                        let default = Timers {
                            headers: Duration::from_secs(60),
                            first_content: Duration::from_secs(first_content),
                            last_candidate_first_content: Duration::from_secs(3 * first_content),
                            ..Timers::default()
                        };
                        config.timers = default;
                    });
                    let mut played = play(&scene, &scenario, "m", dialect, form).await;
                    for _ in &played.requested {
                        let exchange = scene.ended().await;
                        played.attempts.extend(exchange.attempts.iter().map(booked));
                    }
                    rows.push(Row::judge(&scenario, &played));
                }
            }
        }
        println!(
            "{}",
            table(
                &format!("of a pipeline, first_content = {first_content}"),
                &rows
            )
        );
        let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
        assert!(wrong.is_empty(), "{first_content}: {}", wrong.join("\n"));
    }
}

/// A check of the suite: if any part of a complete response is missing, its client accepts an incomplete one.
#[tokio::test(start_paused = true)]
async fn a_truncated_response_with_a_proper_end_is_detected() {
    for dialect in Dialect::ALL {
        for form in Form::ALL {
            let scene = scene(&Scenario::PLAIN);
            let played = play(&scene, &Scenario::PLAIN, "m", dialect, form).await;
            let response = &played.requested[0].response;
            let received = String::from_utf8(response.body.clone()).unwrap();
            let verdict = |body: String, clean: bool| {
                let body = body.into_bytes();
                let response = ClientResponse {
                    body,
                    clean,
                    ..response.clone()
                };
                response.verdict(dialect)
            };
            assert_eq!(verdict(received.clone(), true), Verdict::Complete);
            let first_part = received[..received.len() / 2].to_owned();
            assert_eq!(
                verdict(first_part.clone(), true),
                Verdict::IncompleteAccepted
            );
            assert_eq!(verdict(first_part, false), Verdict::Aborted);
            let gap = received.replace("lead 30", "");
            assert_eq!(verdict(gap, true), Verdict::IncompleteAccepted);
            if form.is_streamed() {
                let twice = verdict(received.repeat(2), true);
                assert_eq!(twice, Verdict::IncompleteAccepted, "one after the other");
            }
        }
    }
}

fn scene(scenario: &Scenario) -> Scene {
    let scene = Scene::new();
    scene.change(|config| {
        let [headers, first_content, idle, grace, total, cooldown] =
            TIMERS.map(|(_, seconds)| Duration::from_secs(seconds.into()));
        config.timers = Timers {
            headers,
            first_content,
            last_candidate_first_content: first_content * 3,
            idle,
            grace,
            total,
            cooldown,
            ..Timers::default()
        };
        for route in &mut config.routes {
            if scenario.restarts == Restarts::Always {
                route.restart = Some(Restart::Always);
            }
            if scenario.own_model {
                route.candidates[1].model = Some(ModelId::new(FALLBACK_MODEL));
            }
        }
    });
    scene
}

fn booked(attempt: &gateway::Attempt) -> Attempt {
    Attempt {
        by_second: attempt.endpoint.as_str() == "second",
        model: attempt.model.to_string(),
        output_tokens: attempt
            .report
            .usage_reported
            .then_some(attempt.report.tokens.output),
    }
}
