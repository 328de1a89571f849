//! Variations in every dialect in which they exist: the bytes, and the content that a client assembles from them.

use catalog::Dialect;
use serde_json::{Value, json};

use super::client::{Ending, Reply, generate, request};
use crate::{Family, Fault, ScriptStep, ScriptedPart, Stage};

async fn play(dialect: Dialect, piece: &str, stream: bool) -> Reply {
    let ask = request(dialect, &format!("m@{piece}"), stream, "Good evening");
    let reply = generate(&Stage::any_model(), dialect, &ask).await;
    assert_eq!(reply.status, 200, "{dialect} {piece}: {}", reply.text());
    reply
}

async fn chat(piece: &str) -> Vec<Value> {
    play(Dialect::OpenaiChat, piece, true).await.events()
}

fn reasons(events: &[Value]) -> Vec<&Value> {
    let reasons = events
        .iter()
        .map(|event| &event["choices"][0]["finish_reason"]);
    reasons.filter(|reason| !reason.is_null()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_stop_reason_can_be_any_word_in_every_dialect() {
    for word in [
        "",
        "eos",
        "network_error",
        "abort",
        "null",
        "function_call_filter: MALFORMED_FUNCTION_CALL",
    ] {
        let piece = format!("stop:{word}");
        assert_eq!(reasons(&chat(&piece).await), [word]);
        let full = play(Dialect::OpenaiChat, &piece, false).await.json();
        assert_eq!(full["choices"][0]["finish_reason"], word);
        let events = play(Dialect::Anthropic, &piece, true).await.events();
        assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], word);
        let last = play(Dialect::OpenaiResponses, &piece, true)
            .await
            .events()
            .pop()
            .unwrap();
        assert_eq!(last["type"], "response.incomplete");
        assert_eq!(last["response"]["incomplete_details"]["reason"], word);
    }
}

#[tokio::test(start_paused = true)]
async fn an_early_reason_is_on_earlier_chunks_and_combines_with_a_cut() {
    let events = chat("reasons:").await;
    let received = reasons(&events);
    assert!(received.len() > 3);
    assert_eq!(
        (received[0], received[received.len() - 1]),
        (&json!(""), &json!("stop"))
    );
    let reply = play(Dialect::OpenaiChat, "reasons:+cut:after=2", true).await;
    assert_eq!((reply.ending, reply.events().len()), (Ending::Cut, 3));
    let events = play(Dialect::Anthropic, "reasons:none", true)
        .await
        .events();
    assert_eq!(events[0]["message"]["stop_reason"], "none");
}

#[tokio::test(start_paused = true)]
async fn a_partial_or_empty_response_can_end_with_any_reason() {
    let full = chat("steady").await.len();
    let truncated = chat("half+stop:abort").await;
    assert!(truncated.len() < full);
    assert_eq!(reasons(&truncated), ["abort"]);
    let empty = chat("nothing-to-act-on+stop:network_error").await;
    assert!(empty.iter().all(|event| {
        event["choices"][0]["delta"]["content"]
            .as_str()
            .is_none_or(str::is_empty)
    }));
    assert_eq!(reasons(&empty), ["network_error"]);
}

#[tokio::test(start_paused = true)]
async fn the_status_can_differ_from_the_name_of_its_event() {
    for status in ["incomplete", "failed", "cancelled"] {
        let piece = format!("status:{status}");
        let last = play(Dialect::OpenaiResponses, &piece, true)
            .await
            .events()
            .pop()
            .unwrap();
        assert_eq!(last["type"], "response.completed");
        assert_eq!(last["response"]["status"], status);
    }
}

#[tokio::test(start_paused = true)]
async fn usage_is_in_the_stated_place() {
    let of = |events: &[Value], place: &str| -> Vec<Value> {
        let found = events.iter().filter_map(|event| event.pointer(place));
        found.filter(|usage| usage.is_object()).cloned().collect()
    };
    let top = "/usage";
    assert_eq!(of(&chat("usage:none").await, top).len(), 0);
    let always = chat("usage:always").await;
    assert!(
        always.last().unwrap()["usage"].is_object()
            && !always.last().unwrap()["choices"][0].is_null()
    );
    let in_choice = chat("usage:in-choice").await;
    assert_eq!(
        (
            of(&in_choice, top).len(),
            of(&in_choice, "/choices/0/usage").len()
        ),
        (0, 1)
    );
    let each = chat("usage:each-chunk").await;
    assert_eq!(of(&each, top).len(), each.len());
    let output: Vec<u64> = each
        .iter()
        .map(|event| event["usage"]["completion_tokens"].as_u64().unwrap())
        .collect();
    assert!(output.is_sorted() && output[0] < output[output.len() - 1]);

    let beside = of(&chat("thinking+usage:reasoning-beside").await, top).remove(0);
    let count = |name: &str| beside[name].as_u64().unwrap();
    let thought = beside["completion_tokens_details"]["reasoning_tokens"]
        .as_u64()
        .unwrap();
    assert!(thought > 0);
    assert_eq!(
        count("total_tokens"),
        count("prompt_tokens") + count("completion_tokens") + thought
    );
    let hits = of(&chat("usage:hit-and-miss").await, top).remove(0);
    assert_eq!(hits["prompt_cache_miss_tokens"], hits["prompt_tokens"]);
    assert_eq!(
        of(&chat("usage:cached-on-top").await, top)[0]["cached_tokens"],
        0
    );
}

#[tokio::test(start_paused = true)]
async fn usage_can_be_corrected_or_absurd() {
    let places = [
        (
            Dialect::Anthropic,
            "/message/usage/input_tokens",
            "/usage/input_tokens",
        ),
        (
            Dialect::OpenaiChat,
            "/usage/prompt_tokens",
            "/usage/prompt_tokens",
        ),
        (
            Dialect::OpenaiResponses,
            "/response/usage/input_tokens",
            "/response/usage/input_tokens",
        ),
    ];
    for (dialect, early, late) in places {
        let events = play(dialect, "usage:corrected", true).await.events();
        let first = events
            .iter()
            .find_map(|event| event.pointer(early)?.as_u64())
            .unwrap();
        let last = events
            .iter()
            .rev()
            .find_map(|event| event.pointer(late)?.as_u64())
            .unwrap();
        assert!(first > last, "{dialect}: {first} {last}");
        let events = play(dialect, "usage:absurd", true).await.events();
        let received = events
            .iter()
            .rev()
            .find_map(|event| event.pointer(late)?.as_u64());
        assert!(received.unwrap() > 10_000_000);
    }
}

#[tokio::test(start_paused = true)]
async fn call_ids_have_each_vendors_format() {
    for (ids, dialect) in [
        ("functions", Dialect::OpenaiChat),
        ("vllm", Dialect::OpenaiResponses),
        ("nine", Dialect::OpenaiChat),
        ("46", Dialect::Anthropic),
    ] {
        let full = play(dialect, &format!("parallel-tools+ids:{ids}"), false)
            .await
            .json();
        let call = |at: usize| match dialect {
            Dialect::Anthropic => full["content"][at + 1]["id"].clone(),
            Dialect::OpenaiChat => full["choices"][0]["message"]["tool_calls"][at]["id"].clone(),
            Dialect::OpenaiResponses => full["output"][at + 1]["call_id"].clone(),
        };
        let (first, second) = (call(0), call(1));
        assert_ne!(first, second, "{ids}");
        let first = first.as_str().unwrap();
        match ids {
            "functions" => assert_eq!(
                (first, second.as_str()),
                ("functions.Bash:0", Some("functions.Bash:1"))
            ),
            "vllm" => assert_eq!(
                (first.len(), first.starts_with("chatcmpl-tool-")),
                (46, true)
            ),
            "nine" => assert!(first.len() == 9 && first.bytes().all(|b| b.is_ascii_alphanumeric())),
            _ => assert_eq!(first.len(), 46),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn thinking_is_in_the_named_field() {
    for (field, path) in [
        ("reasoning_content", "/choices/0/delta/reasoning_content"),
        ("reasoning", "/choices/0/delta/reasoning"),
        ("details", "/choices/0/delta/reasoning_details/0/text"),
        ("parts", "/choices/0/delta/content/0/thinking/0/text"),
    ] {
        let events = chat(&format!("thinking+reasoning:{field}")).await;
        let thought: String = events
            .iter()
            .filter_map(|event| event.pointer(path)?.as_str())
            .collect();
        assert!(
            thought.starts_with("The user wants to see"),
            "{field}: {thought}"
        );
    }
    let signature = chat("thinking+reasoning:details").await;
    let signed = signature.iter().filter(|event| {
        event["choices"][0]["delta"]["reasoning_details"][0]["signature"].is_string()
    });
    assert_eq!(signed.count(), 1);
}

/// Joined as JSON strings they are the emoji; each one alone is not valid text.
#[tokio::test(start_paused = true)]
async fn an_emoji_can_be_split_or_have_a_lone_surrogate() {
    for dialect in Dialect::ALL {
        for piece in ["surrogates:split", "tool+surrogates:split"] {
            let reply = play(dialect, piece, true).await;
            let events: Vec<&str> = reply.text().split("\n\n").collect();
            let delta = |truncated: &str| {
                let found = events
                    .iter()
                    .position(|event| event.contains("delta") && event.contains(truncated));
                found.unwrap_or_else(|| panic!("{dialect} {piece}: {}", reply.text()))
            };
            assert_eq!(delta("\\ude80"), delta("\\ud83d") + 1, "{dialect} {piece}");
            let full = play(dialect, piece, false).await;
            assert!(full.text().contains("\\ud83d\\ude80"), "{dialect}");
            assert!(
                full.json().to_string().contains('🚀'),
                "{dialect}: legal JSON"
            );
        }
        let full = play(dialect, "surrogates:lone", false).await;
        assert!(
            full.text().contains("\\ud83d lifts")
                && serde_json::from_slice::<Value>(&full.body).is_err()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_event_can_lack_its_end() {
    for dialect in Dialect::ALL {
        for (piece, breaks) in [("last-event:open", 1), ("last-event:bare", 0)] {
            let reply = play(dialect, piece, true).await;
            assert_eq!(reply.ending, Ending::Clean);
            let text = reply.text();
            assert_eq!(
                text.len() - text.trim_end().len(),
                breaks,
                "{dialect} {piece}"
            );
            let last = text
                .lines()
                .last()
                .and_then(|line| line.strip_prefix("data: "));
            let last = last.unwrap();
            assert!(
                last == "[DONE]" || serde_json::from_str::<Value>(last).is_ok(),
                "{last}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_request_can_get_one_document() {
    for dialect in Dialect::ALL {
        for (piece, content_type) in [
            ("whole-document", "application/json"),
            (
                "whole-document:event-stream",
                "text/event-stream; charset=utf-8",
            ),
        ] {
            let reply = play(dialect, piece, true).await;
            assert_eq!(reply.header("content-type"), Some(content_type));
            assert!(reply.json()["id"].is_string(), "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn keep_alives_are_between_the_events() {
    for (dialect, piece, sign) in [
        (
            Dialect::OpenaiChat,
            "as-openrouter",
            ": OPENROUTER PROCESSING\n\n",
        ),
        (
            Dialect::OpenaiChat,
            "as-deepseek+keep-alive",
            ": keep-alive\n\n",
        ),
        (Dialect::Anthropic, "keep-alive", "event: ping\n"),
        (Dialect::OpenaiResponses, "keep-alive", ": ping\n\n"),
    ] {
        let reply = play(dialect, &format!("{piece}+long"), true).await;
        assert!(
            reply.text().starts_with(sign) && reply.text().matches(sign).count() > 2,
            "{piece}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn calls_can_be_in_one_event_and_without_index() {
    let events = chat("parallel-tools+calls:whole+calls:unnumbered").await;
    let calls: Vec<&Value> = events
        .iter()
        .map(|event| &event["choices"][0]["delta"]["tool_calls"][0])
        .filter(|call| call.is_object())
        .collect();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call["index"], 0);
        assert_eq!(
            call["function"]["arguments"],
            r#"{"command":"echo rehearsal"}"#
        );
    }
    assert_ne!(calls[0]["id"], calls[1]["id"]);
}

#[tokio::test(start_paused = true)]
async fn contradictory_and_unknown_variations_are_reported() {
    for (dialect, piece, status, expected_text) in [
        (
            Dialect::OpenaiChat,
            "usage:none+usage:always",
            501,
            "`usage:none` and `usage:always` contradict each other",
        ),
        (
            Dialect::OpenaiChat,
            "surrogates:split+surrogates:lone",
            501,
            "contradict each other",
        ),
        (
            Dialect::Anthropic,
            "usage:in-choice",
            501,
            "`usage:in-choice` exists in openai-chat only",
        ),
        (
            Dialect::OpenaiChat,
            "status:failed",
            501,
            "`status:failed` exists in openai-responses only",
        ),
        (
            Dialect::OpenaiChat,
            "529+503",
            404,
            "`529` and `503` cannot be played together",
        ),
        (
            Dialect::OpenaiChat,
            "usage:odd",
            404,
            "there is no `usage:odd`",
        ),
        (
            Dialect::OpenaiChat,
            "as-nobody",
            404,
            "there is no `as-nobody`",
        ),
        (
            Dialect::OpenaiChat,
            "as-groq+plan-limit",
            501,
            "cannot play `plan-limit` as Groq",
        ),
    ] {
        let ask = request(dialect, &format!("m@{piece}"), true, "Good evening");
        let reply = generate(&Stage::any_model(), dialect, &ask).await;
        assert_eq!(reply.status, status, "{piece}: {}", reply.text());
        assert!(
            reply.json()["error"]["message"]
                .as_str()
                .unwrap()
                .contains(expected_text),
            "{piece}: {}",
            reply.text()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_step_names_variations_and_a_vendor_too() {
    let stage = Stage::any_model();
    let cue: ScriptStep = serde_json::from_value(json!({
        "as": "kimi", "answer": [{"tool": {"name": "Bash", "input": {}}}], "variations": ["half"], "fault": "usage:none",
    }))
    .unwrap();
    stage.cue(cue);
    stage.cue(
        ScriptStep::answer([ScriptedPart::Text("hi".into())])
            .with("stop:eos".parse().unwrap())
            .acting(Family::Together),
    );
    let ask = request(Dialect::OpenaiChat, "m", false, "Good evening");
    let first = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
    assert_eq!(
        first["choices"][0]["message"]["tool_calls"][0]["id"],
        "functions.Bash:0"
    );
    assert!(first["usage"].is_null());
    let second = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
    assert_eq!(second["choices"][0]["finish_reason"], "eos");
    let families: Vec<Option<Family>> = stage
        .received()
        .iter()
        .map(|request| request.family)
        .collect();
    assert_eq!(families, [Some(Family::Moonshot), Some(Family::Together)]);
    assert!(matches!("usage:in-choice".parse(), Ok(Fault::Variation(_))));
}
