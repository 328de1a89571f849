//! Faults from published reports, reproduced by an upstream. Excluded: faults in requests of clients to the gateway, and in the
//! gateway's reports to its owner.
//!
//! | entry | played as | also held in |
//! |---|---|---|
//! | A1 a fallback's refusal while the primary cools down | a cue of 529 `times(2)`; the other stage under an outage of 400 | here |
//! | A2 A5 overflow texts, unknown windows | `overflow` as each vendor; [`crate::Stage::window`] | families, rules |
//! | A3 long attempts that the provider ends | `hang-up:after=3,30s`, `hang-up:15s` | here |
//! | A4 a minute's limit worded as a quota | `as-gemini+rate-limit`, `as-gemini+rate-limit-day` | limits |
//! | A6 `tool_use_failed` | `as-groq+tool-use-failed` | here |
//! | A7 an empty answer | `nothing-to-act-on`, twice | judged |
//! | A8 a malformed request | every family's rules | rules |
//! | B1 early reasons | `reasons:`, `reasons:null`, `reasons:none`, `reasons: ` with `cut` or `stall` | here, variations |
//! | B2 B3 reasons that fail, and one that does not | `stop:…` with `truncated` or `nothing-to-act-on`; `as-together` | variations |
//! | B4 the status outranks the event | `status:incomplete`; `as-vllm+max-tokens` | here, variations |
//! | B5 halves of an emoji | `surrogates:split`, `surrogates:lone` | variations |
//! | B6 the last event's end | `last-event:open`, `last-event:bare` | variations |
//! | B7 a document for a stream | `full-document`, `full-document:event-stream` | variations |
//! | B8 K9 K12 a cut answer | the cuts and clean closes, at any number of events | faults |
//! | C1 thinking of another vendor | `as-kimi` and `as-deepseek` over Messages, then `as-anthropic` | here |
//! | C2 quirks of an endpoint | `as-mistral`, `as-groq`, `as-gemini` | rules |
//! | C3 D6 K4 conversations kept by one vendor | `as-openai`, `as-xai`; `as-ollama` answers about nothing | rules |
//! | C4 F1 what reaches a vendor | [`crate::Stage::received`] | here |
//! | D1 D2 thought signatures, thinking that must come back | `as-gemini`, `as-openrouter`, `as-deepseek`, `as-kimi` | rules, families |
//! | D3 K8 fields of one vendor | unknown fields refused as each vendor does | rules |
//! | D4 long ids | `as-vllm`, `ids:46` | here |
//! | D5 a complete Responses object | every Responses answer | here |
//! | D7 strict schemas | `as-anthropic`, `as-openai` | rules |
//! | E1 usage that is taken back | `usage:corrected`, `usage:absurd` | variations |
//! | E2 E3 unusual places | `usage:…`; `as-kimi`, `as-deepseek`, `as-xai`, `as-gemini` | variations, caching |
//! | E4 what is not billed | `as-openrouter+nothing-to-act-on+stop:` | here |
//! | F3 a fitting against a vendor's rules | `rehearsal/as-gemini+tool` of the embedded stage | here |
//! | K1 fields and betas of a newer client | `as-anthropic` | rules |
//! | K2 a provider that times out | `no_content`, `no_content:61s` | faults |
//! | K7 one credential, many paths | `/v1/embeddings`, `/v1/files`, … | here |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::client::{Ending, Reply, generate, generate_with, post, request, send};
use crate::{Family, Fault, ScriptStep, Stage};

async fn play(dialect: Dialect, piece: &str, stream: bool) -> Reply {
    let ask = request(dialect, &format!("m@{piece}"), stream, "Good evening");
    generate(&Stage::any_model(), dialect, &ask).await
}

#[tokio::test(start_paused = true)]
async fn a1_a_recovered_primary_and_a_fallback_that_always_refuses() {
    let (lead, second) = (Stage::any_model(), Stage::any_model());
    lead.cue(ScriptStep::fault(Fault::status(529)).times(2));
    for refusal in ["400", "400-policy", "overflow"] {
        second.outage(Some(refusal.parse().unwrap()));
        let reply = generate(
            &second,
            Dialect::Anthropic,
            &request(Dialect::Anthropic, "m", true, "hi"),
        )
        .await;
        assert_eq!(reply.status, 400, "{refusal}");
    }
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let reply = generate(
            &lead,
            Dialect::Anthropic,
            &request(Dialect::Anthropic, "m", true, "hi"),
        )
        .await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [529, 529, 200]);
}

#[tokio::test(start_paused = true)]
async fn a3_an_attempt_that_the_provider_ends_after_a_long_time() {
    for dialect in Dialect::ALL {
        for stream in [true, false] {
            let reply = play(dialect, "hang-up:after=3,30s", stream).await;
            assert_eq!(
                (reply.status, reply.ending),
                (200, Ending::Cut),
                "{dialect}"
            );
            assert_eq!(reply.took, Duration::from_secs(30), "{dialect}");
            assert!(!reply.body.is_empty());
            let reply = play(dialect, "hang-up:15s", stream).await;
            assert_eq!((reply.status, reply.ending), (0, Ending::Cut));
            assert_eq!(reply.took, Duration::from_secs(15));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a6_a_malformed_call_of_the_model() {
    let reply = play(Dialect::OpenaiChat, "as-groq+tool-use-failed", true).await;
    assert_eq!(reply.status, 400);
    let error = reply.json()["error"].take();
    assert_eq!(error["code"], "tool_use_failed");
    assert!(
        error["failed_generation"]
            .as_str()
            .unwrap()
            .starts_with("<function=Bash")
    );
}

#[tokio::test(start_paused = true)]
async fn b1_early_reasons_before_a_cut_or_a_pause() {
    for word in ["", "null", "none", " "] {
        let cut = play(
            Dialect::OpenaiChat,
            &format!("reasons:{word}+cut:after=2"),
            true,
        )
        .await;
        assert_eq!(cut.ending, Ending::Cut);
        let paused = play(
            Dialect::OpenaiChat,
            &format!("reasons:{word}+stall:after=2,11s"),
            true,
        )
        .await;
        assert_eq!(
            (paused.ending, paused.took),
            (Ending::Clean, Duration::from_secs(11))
        );
        for reply in [&cut, &paused] {
            assert_eq!(reply.events()[1]["choices"][0]["finish_reason"], word);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn b4_a_stream_that_always_ends_completed() {
    let last = play(Dialect::OpenaiResponses, "as-vllm+max-tokens", true)
        .await
        .events()
        .pop()
        .unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["status"], "incomplete");
    assert_eq!(
        last["response"]["incomplete_details"]["reason"],
        "max_output_tokens"
    );
}

/// An error after any number of events, with the text of any trouble, in every dialect.
#[tokio::test(start_paused = true)]
async fn b_an_error_after_a_number_of_events() {
    for dialect in Dialect::ALL {
        for after in [0, 1, 4] {
            let reply = play(
                dialect,
                &format!("error-event:after={after},overload"),
                true,
            )
            .await;
            assert_eq!((reply.status, reply.ending), (200, Ending::Clean));
            let events = reply.events();
            let content = events.iter().filter(|event| {
                event["delta"]["text"].is_string()
                    || event["type"] == "response.output_text.delta"
                    || event["choices"][0]["delta"]["content"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty())
            });
            assert_eq!(content.count(), after, "{dialect}");
            assert!(
                events.last().unwrap().to_string().contains("verloaded"),
                "{dialect}"
            );
        }
    }
    let reply = play(
        Dialect::OpenaiChat,
        "as-openrouter+error-event:after=2",
        true,
    )
    .await;
    let last = reply.events().pop().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "error");
    assert_eq!(
        last["error"]["message"],
        "Provider disconnected unexpectedly"
    );
}

#[tokio::test(start_paused = true)]
async fn c1_a_session_with_another_vendors_turn_is_refused_by_its_own_vendor() {
    for (family, model) in [
        (Family::Moonshot, "kimi-k2.6"),
        (Family::DeepSeek, "deepseek-v4-pro"),
    ] {
        let away = Stage::any_model().acting(family);
        let mut ask = request(Dialect::Anthropic, model, false, "Good evening");
        let content = generate(&away, Dialect::Anthropic, &ask).await.json()["content"].take();
        assert_eq!(content[0]["type"], "thinking", "it thinks unasked");
        ask["messages"] = json!([
            ask["messages"][0],
            {"role": "assistant", "content": content},
            {"role": "user", "content": "And now?"},
        ]);
        assert_eq!(generate(&away, Dialect::Anthropic, &ask).await.status, 200);
        ask["model"] = "claude-sonnet-4-5".into();
        let home = Stage::any_model().acting(Family::Anthropic);
        let reply = generate(&home, Dialect::Anthropic, &ask).await;
        assert_eq!(reply.status, 400);
        assert!(
            reply
                .text()
                .contains("Invalid `signature` in `thinking` block"),
            "{family}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn c3_an_unknown_conversation_gets_a_200_without_its_content() {
    let stage = Stage::any_model().acting(Family::Ollama);
    let mut ask = request(Dialect::OpenaiResponses, "qwen3:8b", false, "And then?");
    ask["previous_response_id"] = "resp_of_another".into();
    let reply = generate(&stage, Dialect::OpenaiResponses, &ask).await;
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (200, &json!("completed"))
    );
}

#[tokio::test(start_paused = true)]
async fn c4_every_received_header_and_field_is_recorded() {
    let stage = Stage::any_model();
    let headers = "x-auth-token: secret\r\ncf-access-client-secret: secret\r\nx-amz-security-token: secret\r\n";
    let mut ask = request(Dialect::Anthropic, "m", false, "hi");
    ask["metadata"] = json!({"user_id": "someone"});
    generate_with(&stage, Dialect::Anthropic, headers, &ask).await;
    let received = stage.received().remove(0);
    for header in [
        "x-auth-token",
        "cf-access-client-secret",
        "x-amz-security-token",
    ] {
        assert!(received.headers.contains_key(header), "{header}");
    }
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(body["metadata"]["user_id"], "someone");
}

#[tokio::test(start_paused = true)]
async fn d4_long_ids_return_only_to_their_own_provider() {
    let own = Stage::any_model().acting(Family::Vllm);
    let mut ask = request(Dialect::OpenaiChat, "m@tool", false, "hi");
    let message =
        generate(&own, Dialect::OpenaiChat, &ask).await.json()["choices"][0]["message"].take();
    let id = message["tool_calls"][0]["id"].clone();
    assert_eq!(id.as_str().unwrap().len(), 46);
    let result = json!({"role": "tool", "tool_call_id": id, "content": "done"});
    ask["messages"] = json!([ask["messages"][0], message, result]);
    assert_eq!(generate(&own, Dialect::OpenaiChat, &ask).await.status, 200);
    ask["model"] = "gpt-4o".into();
    for field in ["refusal", "annotations"] {
        ask["messages"][1].as_object_mut().unwrap().remove(field);
    }
    let other = generate(
        &Stage::any_model().acting(Family::OpenAi),
        Dialect::OpenaiChat,
        &ask,
    )
    .await;
    assert!(
        other
            .text()
            .contains("maximum length 40, but got a string with length 46"),
        "{}",
        other.text()
    );
}

/// The fields of a response object. Source: the Open Responses specification, `ResponseResource`.
#[tokio::test(start_paused = true)]
async fn d5_a_response_has_every_field_and_repeats_its_request() {
    let mut ask = request(Dialect::OpenaiResponses, "m", true, "hi");
    ask["temperature"] = json!(0.5);
    ask["metadata"] = json!({"run": "7"});
    ask["parallel_tool_calls"] = false.into();
    let events = generate(&Stage::any_model(), Dialect::OpenaiResponses, &ask)
        .await
        .events();
    for response in [&events[0]["response"], &events.last().unwrap()["response"]] {
        for field in [
            "background",
            "completed_at",
            "created_at",
            "error",
            "frequency_penalty",
            "id",
            "incomplete_details",
            "instructions",
            "max_output_tokens",
            "max_tool_calls",
            "metadata",
            "model",
            "object",
            "output",
            "parallel_tool_calls",
            "presence_penalty",
            "previous_response_id",
            "prompt_cache_key",
            "reasoning",
            "safety_identifier",
            "service_tier",
            "status",
            "store",
            "temperature",
            "text",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "truncation",
            "usage",
        ] {
            assert!(response.get(field).is_some(), "{field}");
        }
        assert_eq!(response["temperature"], 0.5);
        assert_eq!(response["metadata"], ask["metadata"]);
        assert_eq!(response["tools"], ask["tools"]);
        assert_eq!(response["parallel_tool_calls"], false);
    }
    assert!(events.last().unwrap()["response"]["completed_at"].is_u64());
}

#[tokio::test(start_paused = true)]
async fn e4_no_output_and_no_reason() {
    let reply = play(
        Dialect::OpenaiChat,
        "as-openrouter+nothing-to-act-on+stop:",
        true,
    )
    .await;
    let events = reply.events();
    let last = events.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "");
    assert_eq!(last["usage"]["completion_tokens"], 0);
}

#[tokio::test(start_paused = true)]
async fn f3_a_models_name_selects_the_vendor_of_the_embedded_stage() {
    let stage = Stage::embedded();
    let ask = request(Dialect::OpenaiChat, "rehearsal/as-gemini+tool", false, "hi");
    let first = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
    let call = &first["choices"][0]["message"]["tool_calls"][0];
    assert!(call["extra_content"]["google"]["thought_signature"].is_string());
    let mut unknown = ask.clone();
    unknown["store"] = true.into();
    assert_eq!(
        generate(&stage, Dialect::OpenaiChat, &unknown).await.status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn k7_the_other_paths_of_a_credential() {
    let stage = Stage::any_model();
    let body = json!({"model": "text-embedding-3-small", "input": ["one", "two"]});
    let received = post(&stage, "/v1/embeddings", &body).await.json();
    assert_eq!(received["data"].as_array().unwrap().len(), 2);
    assert_ne!(
        received["data"][0]["embedding"],
        received["data"][1]["embedding"]
    );
    let received = post(&stage, "/v1/moderations", &json!({"input": "hi"}))
        .await
        .json();
    assert_eq!(received["results"][0]["flagged"], false);
    for (method, path, kind) in [
        ("POST", "/v1/files", "file"),
        ("GET", "/v1/files/file-abc", "file"),
        ("DELETE", "/v1/files/file-abc", "file"),
        ("POST", "/v1/images/generations", "image"),
        ("POST", "/v1/audio/transcriptions", "transcription"),
        ("POST", "/v1/batches", "batch"),
        ("GET", "/v1/messages/batches", "list"),
        ("POST", "/v1/traces/ingest", "trace"),
        ("GET", "/v1/models/gpt-4o", "model"),
        ("GET", "/v1/responses/resp_1", "response"),
    ] {
        let reply = send(&stage, method, path, "{}").await;
        assert_eq!(reply.status, 200, "{method} {path}");
        assert_eq!(reply.json()["object"], kind, "{method} {path}");
    }
    assert_eq!(send(&stage, "POST", "/v1/nothing", "{}").await.status, 404);
    assert_eq!(
        send(&Stage::embedded(), "POST", "/v1/embeddings", "{}")
            .await
            .status,
        404
    );
}
