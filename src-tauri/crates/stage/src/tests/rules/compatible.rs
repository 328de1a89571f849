//! Vendors that are compatible with OpenAI: their differences.

use catalog::Dialect::{Anthropic as MESSAGES, OpenaiChat as CHAT, OpenaiResponses as RESPONSES};
use serde_json::{Value, json};

use super::{Row, TAKEN, answer, chat_turn, hold};
use crate::Family::{self, DeepSeek, Groq, Mistral, Moonshot, Ollama, OpenRouter, Vllm, Xai};

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn messages_turn(thinking: bool) -> Value {
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}});
    let thought = json!({"type": "thinking", "thinking": "Hm.", "signature": "of another vendor"});
    let content = if thinking {
        vec![thought, call]
    } else {
        vec![call]
    };
    json!({"messages": [
        user("hi"),
        {"role": "assistant", "content": content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}]},
    ]})
}

#[tokio::test(start_paused = true)]
async fn deepseek_requires_its_thinking_with_tool_results() {
    let expected_text =
        "The `reasoning_content` in the thinking mode must be passed back to the API.";
    let mut quiet = chat_turn("call_1", &json!({}), &[]);
    quiet["thinking"] = json!({"type": "disabled"});
    let rows = [
        (chat_turn("call_1", &json!({}), &[]), expected_text),
        (
            chat_turn("call_1", &json!({"reasoning_content": "Hm."}), &[]),
            TAKEN,
        ),
        (
            chat_turn("call_1", &json!({"reasoning_content": ""}), &[]),
            TAKEN,
        ),
        (quiet, TAKEN),
    ];
    hold(DeepSeek, CHAT, "deepseek-v4-pro", "", rows).await;
    let rows = [(chat_turn("call_1", &json!({}), &[]), TAKEN)];
    hold(DeepSeek, CHAT, "deepseek-chat", "", rows).await;
    let expected_text =
        "The `content[].thinking` in the thinking mode must be passed back to the API.";
    let rows = [
        (messages_turn(false), expected_text),
        (messages_turn(true), TAKEN),
    ];
    hold(DeepSeek, MESSAGES, "deepseek-v4-pro", "", rows).await;
    let rows = [(
        json!({"previous_response_id": "resp_1"}),
        "Previous response with id 'resp_1' not found.",
    )];
    hold(DeepSeek, RESPONSES, "deepseek-v4-pro", "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn mistral_refuses_unknown_fields_and_a_wrong_order() {
    let model = "mistral-large-4";
    let after = [user("Thanks.")];
    let dangling = json!({"messages": [user("hi"), {"role": "assistant", "content": "hello"}]});
    let rows: [Row; 9] = [
        (
            json!({"stream_options": {"include_usage": true}}),
            "\"extra_forbidden\"",
        ),
        (
            json!({"stream_options": {}}),
            "\"loc\":[\"body\",\"stream_options\"]",
        ),
        (
            chat_turn("abcdefghi", &json!({"reasoning_content": "Hm."}), &[]),
            "[\"body\",\"messages\",1,\"assistant\",\"reasoning_content\"]",
        ),
        (
            chat_turn("call_0fypS1hVX", &json!({}), &[]),
            "Tool call id was call_0fypS1hVX but must be a-z, A-Z, 0-9, with a length of 9.",
        ),
        (chat_turn("abcdefghi", &json!({}), &[]), TAKEN),
        (
            chat_turn("abcdefghi", &json!({}), &after),
            "Unexpected role 'user' after role 'tool'",
        ),
        (
            dangling,
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
        ),
        (json!({"store": true}), "Extra inputs are not permitted"),
        (json!({"random_seed": 7}), TAKEN),
    ];
    hold(Mistral, CHAT, model, "", rows).await;
    let received = answer(Mistral, CHAT, model, "", &chat_turn("x", &json!({}), &[]))
        .await
        .json();
    assert_eq!(
        (&received["object"], &received["code"]),
        (&json!("error"), &json!("3280"))
    );
    let refused = answer(Mistral, CHAT, model, "", &json!({"store": true})).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test(start_paused = true)]
async fn groq_refuses_thinking_that_others_require() {
    let expected_text = "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]";
    let rows = [
        (
            chat_turn("call_1", &json!({"reasoning_content": "Hm."}), &[]),
            expected_text,
        ),
        (
            chat_turn("call_1", &json!({"reasoning": "Hm."}), &[]),
            TAKEN,
        ),
        (
            json!({"logprobs": true}),
            "property 'logprobs' is unsupported",
        ),
        (json!({"n": 2}), "number must be at most 1"),
    ];
    hold(Groq, CHAT, "openai/gpt-oss-120b", "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn xai_refuses_penalties_and_stop_sequences_of_reasoning_models() {
    let rows = || {
        [
            (
                json!({"presence_penalty": 0.5}),
                "Model grok-4.7 does not support parameter presencePenalty.",
            ),
            (
                json!({"stop": ["END"]}),
                "Argument not supported on this model: stop",
            ),
        ]
    };
    hold(Xai, CHAT, "grok-4.7", "", rows()).await;
    let taken = rows().map(|(patch, _)| (patch, TAKEN));
    hold(Xai, CHAT, "grok-4.20-non-reasoning", "", taken).await;
    let received = answer(Xai, CHAT, "grok-4.7", "", &json!({"stop": "END"}))
        .await
        .json();
    assert_eq!(received["code"], "invalid-argument");
    assert!(received["error"].is_string());
}

#[tokio::test(start_paused = true)]
async fn moonshot_requires_its_thinking_and_its_temperature() {
    let expected_text = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1";
    let rows = [
        (chat_turn("call_1", &json!({}), &[]), expected_text),
        (
            chat_turn("call_1", &json!({"reasoning_content": ""}), &[]),
            TAKEN,
        ),
        (
            json!({"temperature": 0.2}),
            "invalid temperature: only 1 is allowed for this model",
        ),
        (
            json!({"messages": [user("hi"), {"role": "tool", "tool_call_id": "a", "content": ""}]}),
            "tool_call_id  is not found",
        ),
    ];
    hold(Moonshot, CHAT, "kimi-k2.6", "", rows).await;
    let rows = [
        (messages_turn(false), expected_text),
        (messages_turn(true), TAKEN),
    ];
    hold(Moonshot, MESSAGES, "kimi-k2.6", "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn openrouter_requires_the_signature_of_a_signed_turn() {
    let expected_text = "Function call is missing a thought_signature";
    let details = |signature: &str| json!({"reasoning_details": [{"type": "reasoning.text", "signature": signature}]});
    let own = crate::signature::Seal::Of("openrouter").sign("Hm.");
    let rows = [
        (chat_turn("call_1", &json!({}), &[]), expected_text),
        (
            chat_turn("call_1", &details("of another"), &[]),
            expected_text,
        ),
        (chat_turn("call_1", &details(&own), &[]), TAKEN),
    ];
    hold(OpenRouter, CHAT, "google/gemini-3-pro-preview", "", rows).await;
    let rows = [(chat_turn("call_1", &json!({}), &[]), TAKEN)];
    hold(OpenRouter, CHAT, "openai/gpt-6-luna", "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_users_own_server_accepts_unknown_fields() {
    let odd = json!({"favourite_colour": 1});
    for (family, dialect) in [
        (Vllm, CHAT),
        (Ollama, CHAT),
        (Vllm, MESSAGES),
        (Ollama, RESPONSES),
    ] {
        hold(family, dialect, "m", "", [(odd.clone(), TAKEN)]).await;
    }
    // vLLM stores nothing and returns an error; Ollama ignores the field.
    let refers = json!({"previous_response_id": "resp_1"});
    hold(
        Vllm,
        RESPONSES,
        "m",
        "",
        [(refers.clone(), "Response with id 'resp_1' not found.")],
    )
    .await;
    hold(Ollama, RESPONSES, "m", "", [(refers, TAKEN)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_prompt_beyond_the_window_is_refused_or_truncated() {
    let long = json!({"messages": [user(&"word ".repeat(8000))]});
    for (family, expected_text) in [
        (
            Family::Vllm,
            "However, the model's context length is only 2048 tokens",
        ),
        (
            Family::Moonshot,
            "Your request exceeded model token limit: 2048 (requested: 100",
        ),
        (
            Family::Gemini,
            "exceeds the maximum number of tokens allowed (2048).",
        ),
    ] {
        let mut body = super::patched(super::request(CHAT, "m", false, ""), &long);
        body.as_object_mut().unwrap().remove("stream_options");
        let stage = crate::Stage::any_model().acting(family);
        stage.window(Some(2048));
        let reply = super::generate_with(&stage, CHAT, "", &body).await;
        assert_eq!(reply.status, 400);
        assert!(
            reply.text().contains(expected_text),
            "{family}: {}",
            reply.text()
        );
    }
    let reply = answer(Ollama, CHAT, "m", "", &long).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json()["usage"]["prompt_tokens"],
        4096,
        "as if nothing had happened"
    );
}
