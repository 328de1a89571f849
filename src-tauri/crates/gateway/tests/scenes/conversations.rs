//! A client whose vendor stores its conversation, with a fallback that stores nothing: references are sent in full if their
//! content is kept here, and nothing is guessed if not.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId};
use gateway::{CandidateRule, End, Restart};
use serde_json::{Value, json};
use stage::{Family, Fault, ScriptStep, ScriptedPart};

use crate::agent::{Agent, Keeps};
use crate::returns::{VENDORS, Vendor, desk, refused};
use crate::world::{Scene, text};

const KEY: &str = "Bearer sk-client";

fn second(family: Family) -> &'static Vendor {
    VENDORS
        .iter()
        .find(|vendor| vendor.family == family)
        .unwrap()
}

fn stateful(family: Family) -> Scene {
    desk(Dialect::OpenaiResponses, second(family))
}

fn down(scene: &Scene, lead_fails: bool) {
    scene.lead.outage(lead_fails.then(|| Fault::status(503)));
}

async fn send(scene: &Scene, body: Value, key: &str) -> (http::response::Parts, Value) {
    let response = scene
        .send(Dialect::OpenaiResponses, body, |head| {
            head.header("authorization", key)
        })
        .await;
    let (head, body) = response.into_parts();
    let received = text(http::Response::new(body)).await.unwrap();
    (head, serde_json::from_str(&received).unwrap_or_default())
}

fn ask(input: Value) -> Value {
    json!({ "model": "m", "input": input })
}

fn then(previous: &Value, input: Value) -> Value {
    json!({ "model": "m", "input": input, "previous_response_id": previous["id"] })
}

fn sent(received: &[stage::Received]) -> Value {
    serde_json::from_slice(&received.last().unwrap().body).unwrap()
}

/// A reference to a response of the primary, and then to one of the fallback.
#[tokio::test(start_paused = true)]
async fn references_are_sent_in_full_to_a_candidate_that_does_not_store_them() {
    let scene = stateful(Family::Anthropic);
    let answer_with = |text: &str| ScriptStep::answer([ScriptedPart::Text(text.to_owned())]);
    scene.lead.cue(answer_with("of the lead"));
    scene.second.cue(answer_with("of the second"));
    let (_, first) = send(&scene, ask(json!("Hi")), KEY).await;
    down(&scene, true);
    let (head, second) = send(&scene, then(&first, json!("Go on")), KEY).await;
    assert_eq!(head.status, 200);
    assert_eq!(head.headers["x-understudy-provider"], "anthropic");
    assert_eq!(
        head.headers["x-understudy-expanded"],
        "previous_response_id"
    );
    // The client receives the ids of its own request, not those that the fallback got.
    assert_eq!(second["previous_response_id"], first["id"]);
    let messages = sent(&scene.second.received())["messages"].clone();
    let texts = messages.to_string();
    for sentence in ["Hi", "of the lead", "Go on"] {
        assert_eq!(texts.matches(sentence).count(), 1, "{texts}");
    }

    // For a response that the primary stores it gets the id.
    down(&scene, false);
    tokio::time::advance(Duration::from_secs(3600)).await;
    let (head, _) = send(&scene, then(&second, json!("And now?")), KEY).await;
    assert_eq!(
        (head.status, &head.headers["x-understudy-provider"]),
        (http::StatusCode::OK, &"lead".parse().unwrap())
    );
    let body = sent(&scene.lead.received());
    assert_eq!(body["previous_response_id"], first["id"]);
    let texts = body["input"].to_string();
    for (sentence, times) in [
        ("Hi", 0),
        ("of the lead", 0),
        ("Go on", 1),
        ("of the second", 1),
        ("And now?", 1),
    ] {
        assert_eq!(
            texts.matches(sentence).count(),
            times,
            "{sentence}: {texts}"
        );
    }
}

/// A response of two candidates is stored by no vendor: both get it in full.
#[tokio::test(start_paused = true)]
async fn a_reference_to_a_continued_response_is_sent_in_full() {
    for family in [Family::Anthropic, Family::Gemini] {
        let scene = stateful(family).of_agent();
        scene.restarts(Restart::Always);
        let mut agent = Agent::new(Keeps::Previous, true);
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::CutInText),
            ..ScriptStep::answer([ScriptedPart::Text(
                "The answer is on its way, and it is long enough to be cut.".to_owned(),
            )])
        });
        scene.second.cue(ScriptStep::answer([ScriptedPart::Text(
            "Once more, whole.".to_owned(),
        )]));
        for lead_fails in [false, false, true] {
            down(&scene, lead_fails);
            let body = agent.next("Go on");
            let response = scene
                .send(Dialect::OpenaiResponses, body, |head| {
                    head.header("authorization", KEY)
                })
                .await;
            assert_eq!(response.status(), 200, "{family}");
            agent.take(&text(response).await.unwrap());
            tokio::time::advance(Duration::from_secs(3600)).await;
        }
        assert_eq!(refused(&scene.lead.received()), None);
        for received in [scene.lead.received(), scene.second.received()] {
            let in_full = |request: &stage::Received| {
                String::from_utf8_lossy(&request.body).contains("Once more, whole.")
            };
            assert!(received.iter().any(in_full), "{family}: {received:?}");
        }
    }
}

/// A request to the client's own vendor is rewritten only for ids that Understudy made.
#[tokio::test(start_paused = true)]
async fn the_clients_own_vendor_gets_its_own_references_byte_for_byte() {
    for keeps in [Keeps::Previous, Keeps::Items] {
        let scene = stateful(Family::Gemini);
        let mut agent = Agent::new(keeps, true);
        for number in 0..4 {
            scene.lead.cue(ScriptStep::answer([
                ScriptedPart::Thinking(format!("thought {number}")),
                ScriptedPart::Text(format!("answer {number}")),
            ]));
            let body = agent.next(&format!("question {number}"));
            let response = scene
                .send(Dialect::OpenaiResponses, body.clone(), |head| {
                    head.header("authorization", KEY)
                })
                .await;
            assert!(!response.headers().contains_key("x-understudy-expanded"));
            agent.take(&text(response).await.unwrap());
            let received = scene.lead.received();
            let received = String::from_utf8_lossy(&received.last().unwrap().body).into_owned();
            assert_eq!(received, body.to_string(), "{keeps:?}, request {number}");
        }
    }
}

/// The steps of a case before the reference is made.
struct Unkept {
    name: &'static str,
    first: fn() -> Value,
    before: fn(&Scene),
    after: fn(&Scene),
    later: Duration,
    key: &'static str,
}

const UNKEPT: Unkept = Unkept {
    name: "",
    first: || ask(json!("Hi")),
    before: |_| {},
    after: |_| {},
    later: Duration::ZERO,
    key: KEY,
};

/// A request with references that are not kept goes to its own vendor unchanged, and to no other endpoint.
#[tokio::test(start_paused = true)]
async fn a_reference_without_a_kept_response_is_unsupported_by_other_endpoints() {
    let cases = [
        Unkept {
            name: "the client wants nothing stored",
            first: || json!({ "model": "m", "input": "Hi", "store": false }),
            ..UNKEPT
        },
        Unkept {
            name: "switched off",
            before: |scene| scene.change(|config| config.keep_conversations = false),
            ..UNKEPT
        },
        Unkept {
            name: "switched off since",
            after: |scene| scene.change(|config| config.keep_conversations = false),
            ..UNKEPT
        },
        Unkept {
            name: "there was no fallback",
            before: |scene| {
                scene.change(|config| {
                    for route in &mut config.routes {
                        route.candidates.truncate(1);
                    }
                });
            },
            after: |scene| {
                scene.change(|config| {
                    for route in &mut config.routes {
                        let mut rule = CandidateRule::new(EndpointId::new("second"));
                        rule.model = Some(ModelId::new(second(Family::DeepSeek).model));
                        route.candidates.push(rule);
                    }
                });
            },
            ..UNKEPT
        },
        Unkept {
            name: "another client's",
            key: "Bearer sk-another",
            ..UNKEPT
        },
        Unkept {
            name: "older than a day",
            later: Duration::from_secs(25 * 3600),
            ..UNKEPT
        },
        Unkept {
            name: "the ledger could not be written",
            before: |scene| scene.records.lose(),
            ..UNKEPT
        },
    ];
    for case in cases {
        let mut scene = stateful(Family::DeepSeek);
        // Two accounts of one vendor: a vendor refuses references to another account's responses.
        scene.lead.act(stage::VendorChoice::Plain);
        (case.before)(&scene);
        let (head, first) = send(&scene, (case.first)(), KEY).await;
        assert_eq!(head.status, 200, "{}", case.name);
        (case.after)(&scene);
        tokio::time::advance(case.later).await;
        scene.ended().await;

        for lead_fails in [false, true] {
            down(&scene, lead_fails);
            let body = then(&first, json!("Go on"));
            let (head, _) = send(&scene, body.clone(), case.key).await;
            let expected = if lead_fails { 503 } else { 200 };
            assert_eq!(head.status, expected, "{}", case.name);
            let received = scene.lead.received();
            let received = String::from_utf8_lossy(&received.last().unwrap().body).into_owned();
            assert_eq!(received, body.to_string(), "{}", case.name);
            assert_eq!(scene.second.received().len(), 0, "{}", case.name);
            let why = scene.ended().await.passed_over;
            let why = why.first().map(|passed| passed.why.to_string());
            assert!(
                why.as_ref()
                    .is_some_and(|why| why.contains("previous_response_id")),
                "{}: {why:?}",
                case.name
            );
        }
    }
}

/// Content of one credential's conversation is never sent for another, whichever id it guesses.
#[tokio::test(start_paused = true)]
async fn an_id_of_another_client_finds_nothing() {
    let scene = stateful(Family::Anthropic);
    scene.lead.act(stage::VendorChoice::Plain);
    down(&scene, true);
    let (_, first) = send(&scene, ask(json!("SECRET")), KEY).await;
    let item = json!({ "type": "item_reference", "id": first["output"][0]["id"] });
    for body in [
        then(&first, json!("What was it?")),
        ask(json!([item, { "role": "user", "content": "What was it?" }])),
    ] {
        for lead_fails in [true, false] {
            down(&scene, lead_fails);
            tokio::time::advance(Duration::from_secs(3600)).await;
            scene.lead.forget_received();
            scene.second.forget_received();
            send(&scene, body.clone(), "Bearer sk-another").await;
            for received in [scene.lead.received(), scene.second.received()] {
                for request in received {
                    assert!(!String::from_utf8_lossy(&request.body).contains("SECRET"));
                }
            }
        }
    }
}

/// Storing a response neither delays nor fails it; a lookup waits in the queue for a limited time.
#[tokio::test(start_paused = true)]
async fn a_slow_ledger_loses_the_reference_and_not_the_response() {
    let mut scene = stateful(Family::Anthropic);
    scene.lead.act(stage::VendorChoice::Plain);
    down(&scene, true);
    let busy = scene.records.busy().await;
    let began = tokio::time::Instant::now();
    let (head, first) = send(&scene, ask(json!("Hi")), KEY).await;
    assert_eq!(head.status, 200);
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(scene.ended().await.end, End::Complete);
    let began = tokio::time::Instant::now();
    let (head, _) = send(&scene, then(&first, json!("Go on")), KEY).await;
    assert_eq!(head.status, 503);
    assert!(
        began.elapsed() >= Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    drop(busy);
    let (head, _) = send(&scene, then(&first, json!("Go on")), KEY).await;
    assert_eq!(head.status, 200);
}

/// A conversation of more than a day with the vendor's ids: the content of a turn's references is kept for a day from that
/// turn.
#[tokio::test(start_paused = true)]
async fn a_conversation_is_kept_while_it_is_used_every_day() {
    for keeps in [Keeps::Previous, Keeps::Items] {
        let scene = stateful(Family::Mistral);
        let mut agent = Agent::new(keeps, false);
        for number in 0..6 {
            down(&scene, number % 3 == 2);
            let body = agent.next(&format!("question {number}"));
            let response = scene
                .send(Dialect::OpenaiResponses, body, |head| {
                    head.header("authorization", KEY)
                })
                .await;
            assert_eq!(response.status(), 200, "{keeps:?}, request {number}");
            agent.take(&text(response).await.unwrap());
            tokio::time::advance(Duration::from_secs(20 * 3600)).await;
        }
        let received = scene.second.received();
        let last = String::from_utf8_lossy(&received.last().unwrap().body).into_owned();
        for number in 0..6 {
            let question = format!("question {number}");
            assert!(last.contains(&question), "{keeps:?}: {question}: {last}");
        }
        assert_eq!(refused(&scene.lead.received()), None);
    }
}

fn calls_bash() -> ScriptStep {
    ScriptStep::answer([
        ScriptedPart::Thinking("Let me look.".to_owned()),
        ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": "ls" }),
        },
    ])
}

/// Signatures that the vendor requires with a call come from the ledger if the client's ids are too short for them.
#[tokio::test(start_paused = true)]
async fn a_required_signature_is_sent_with_the_tool_result() {
    for keeps in [
        Keeps::Itself(Dialect::OpenaiChat),
        Keeps::Itself(Dialect::OpenaiResponses),
        Keeps::Previous,
        Keeps::Items,
    ] {
        for streamed in [true, false] {
            for lost in [false, true] {
                let stateless = matches!(keeps, Keeps::Itself(_));
                if lost && !stateless {
                    continue;
                }
                let case = format!("{keeps:?}, streamed: {streamed}, lost: {lost}");
                let scene = desk(keeps.dialect(), second(Family::Gemini));
                down(&scene, true);
                if lost {
                    scene.records.lose();
                }
                let sent = two_steps(&scene, keeps, streamed).await;
                let call = &sent["messages"][1]["tool_calls"][0];
                let signature = call["extra_content"]["google"]["thought_signature"]
                    .as_str()
                    .unwrap_or_default();
                let dummy = signature == "skip_thought_signature_validator";
                assert_eq!(dummy, lost, "{case}: {sent}");
                assert!(!signature.is_empty(), "{case}: {sent}");
            }
        }
    }
}

/// The thinking itself, unless the client sets `store: false`.
#[tokio::test(start_paused = true)]
async fn the_thinking_before_a_call_is_sent_with_its_result() {
    for vendor in &VENDORS {
        if !matches!(vendor.family, Family::DeepSeek | Family::Moonshot) {
            continue;
        }
        for (keeps, kept) in [
            (Keeps::Itself(Dialect::Anthropic), "Let me look."),
            (Keeps::Itself(Dialect::OpenaiChat), "Let me look."),
            (Keeps::Itself(Dialect::OpenaiResponses), ""),
            (Keeps::Previous, "Let me look."),
        ] {
            for streamed in [true, false] {
                let case = format!("{keeps:?}, {} {:?}, {streamed}", vendor.family, vendor.only);
                let scene = desk(keeps.dialect(), vendor);
                down(&scene, true);
                let sent = two_steps(&scene, keeps, streamed).await;
                let answer = &sent["messages"][1];
                let thinking = match vendor.only {
                    Some(Dialect::Anthropic) => &answer["content"][0]["thinking"],
                    _ => &answer["reasoning_content"],
                };
                assert_eq!(*thinking, kept, "{case}: {sent}");
            }
        }
    }
}

/// A call of the second candidate with its result; returns the request that the second got with the result.
async fn two_steps(scene: &Scene, keeps: Keeps, streamed: bool) -> Value {
    let mut agent = Agent::new(keeps, streamed);
    for _ in 0..2 {
        scene.second.cue(calls_bash());
        let body = agent.next("Hi");
        let response = scene.send(keeps.dialect(), body, |head| head).await;
        agent.take(&text(response).await.unwrap());
    }
    let received = scene.second.received();
    assert_eq!((refused(&received), received.len()), (None, 2));
    sent(&received)
}
