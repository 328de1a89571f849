//! Options of applications and of other servers that only tune, or that request a vendor's own service: none of them excludes a
//! candidate of another dialect, and each is listed. Sources: the API references of OpenAI, Anthropic, OpenRouter, vLLM, Qwen
//! and Ollama; n8n's and the AI SDK's model options.

use catalog::Dialect;
use serde_json::{Value, json};
use translate::{Fidelity, Untranslatable, Why, read, write};

use crate::golden::fallback_target;

const CHAT: Dialect = Dialect::OpenaiChat;
const MESSAGES: Dialect = Dialect::Anthropic;
const RESPONSES: Dialect = Dialect::OpenaiResponses;

/// Dialect, fields, the listed name, the reason. `None`: written if the other dialect has it, and then not listed.
const ROWS: &[(Dialect, &str, &str, Option<Why>)] = &[
    // Sampling.
    (CHAT, r#"{"top_k":40}"#, "top_k", None),
    (MESSAGES, r#"{"top_k":40}"#, "top_k", None),
    (CHAT, r#"{"min_p":0.05}"#, "min_p", Some(Why::Sampling)),
    (CHAT, r#"{"top_a":0.1}"#, "top_a", Some(Why::Sampling)),
    (CHAT, r#"{"seed":7}"#, "seed", None),
    (
        CHAT,
        r#"{"frequency_penalty":0.2}"#,
        "frequency_penalty",
        Some(Why::Penalty),
    ),
    (
        CHAT,
        r#"{"presence_penalty":-0.2}"#,
        "presence_penalty",
        Some(Why::Penalty),
    ),
    (
        CHAT,
        r#"{"repetition_penalty":1.1}"#,
        "repetition_penalty",
        Some(Why::Penalty),
    ),
    // Thinking.
    (
        CHAT,
        r#"{"enable_thinking":true}"#,
        "enable_thinking",
        Some(Why::Effort),
    ),
    (
        CHAT,
        r#"{"chat_template_kwargs":{"enable_thinking":false}}"#,
        "chat_template_kwargs",
        Some(Why::Effort),
    ),
    (
        CHAT,
        r#"{"thinking_budget":1024}"#,
        "thinking_budget",
        Some(Why::Effort),
    ),
    (
        MESSAGES,
        r#"{"thinking":{"type":"adaptive"}}"#,
        "thinking: adaptive",
        Some(Why::Effort),
    ),
    // Caches.
    (
        CHAT,
        r#"{"prompt_cache_key":"k"}"#,
        "prompt_cache_key",
        Some(Why::CacheMark),
    ),
    (
        CHAT,
        r#"{"prompt_cache_options":{"mode":"explicit"}}"#,
        "prompt_cache_options",
        Some(Why::CacheMark),
    ),
    (
        CHAT,
        r#"{"prompt_cache_retention":"24h"}"#,
        "prompt_cache_retention",
        Some(Why::CacheMark),
    ),
    (
        CHAT,
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","prompt_cache_breakpoint":{}}]}]}"#,
        "messages[].content[].prompt_cache_breakpoint",
        Some(Why::CacheMark),
    ),
    (
        RESPONSES,
        r#"{"prompt_cache_options":{"mode":"explicit"}}"#,
        "prompt_cache_options",
        Some(Why::CacheMark),
    ),
    (
        RESPONSES,
        r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"a","prompt_cache_breakpoint":{}}]}]}"#,
        "input[].content[].prompt_cache_breakpoint",
        Some(Why::CacheMark),
    ),
    // Storage, accounting, identity.
    (CHAT, r#"{"store":true}"#, "store", Some(Why::Handling)),
    (RESPONSES, r#"{"store":true}"#, "store", Some(Why::Handling)),
    (
        CHAT,
        r#"{"usage":{"include":true}}"#,
        "usage",
        Some(Why::Handling),
    ),
    (
        CHAT,
        r#"{"session_id":"s"}"#,
        "session_id",
        Some(Why::Identity),
    ),
    (CHAT, r#"{"user":"u"}"#, "user", Some(Why::Identity)),
    (
        CHAT,
        r#"{"service_tier":"flex"}"#,
        "service_tier",
        Some(Why::Handling),
    ),
    // An empty value is not an absent one.
    (
        CHAT,
        r#"{"web_search_options":{},"tools":[{"type":"function","function":{"name":"f"}}]}"#,
        "tools[]: web_search_options",
        Some(Why::VendorTool),
    ),
    (CHAT, r#"{"provider":{}}"#, "provider", Some(Why::Handling)),
    (
        CHAT,
        r#"{"of_tomorrow":{}}"#,
        "of_tomorrow",
        Some(Why::Unknown),
    ),
    (
        CHAT,
        r#"{"of_tomorrow":[]}"#,
        "of_tomorrow",
        Some(Why::Unknown),
    ),
    (
        MESSAGES,
        r#"{"of_tomorrow":{}}"#,
        "of_tomorrow",
        Some(Why::Unknown),
    ),
    (
        RESPONSES,
        r#"{"of_tomorrow":[]}"#,
        "of_tomorrow",
        Some(Why::Unknown),
    ),
];

fn requested(dialect: Dialect, fields: &str) -> Vec<u8> {
    let mut body = match dialect {
        MESSAGES | CHAT => {
            json!({ "model": "m", "max_tokens": 100, "messages": [{ "role": "user", "content": "hi" }] })
        }
        RESPONSES => {
            json!({ "model": "m", "input": "hi", "max_output_tokens": 100, "store": false })
        }
    };
    let fields: Value = serde_json::from_str(fields).unwrap();
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string().into_bytes()
}

#[test]
fn tuning_options_are_dropped_and_listed_in_every_direction() {
    let mut wrong = Vec::new();
    for (from, fields, what, why) in ROWS {
        for to in Dialect::ALL {
            let body = requested(*from, fields);
            let place = format!("{from} to {to}: {fields}");
            let translated = |fidelity: Fidelity| -> Result<_, Untranslatable> {
                let conversation = read(*from, &body)?.with_fidelity(fidelity);
                Ok(write(*from, to, &conversation, &fallback_target())?.left_out)
            };
            let listed = match translated(Fidelity::Agent) {
                Ok(listed) => listed,
                Err(why) => {
                    wrong.push(format!("{place}: {why}"));
                    continue;
                }
            };
            let row = listed.iter().find(|dropped| dropped.what == *what);
            match (row, why) {
                (Some(row), Some(why)) if row.why == *why => {}
                (None, Some(_)) if *from == to => {}
                (_, Some(_)) => wrong.push(format!("{place}: {listed:?}")),
                (_, None) => {}
            }
            for fidelity in [Fidelity::Pipeline, Fidelity::Exact] {
                let tolerated = listed.iter().all(|dropped| fidelity.tolerates(dropped.why));
                assert_eq!(
                    translated(fidelity).is_ok(),
                    tolerated,
                    "{place}: {fidelity}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// If the search is the only tool, the request depends on it: empty options request it too.
#[test]
fn a_vendors_search_is_not_dropped_silently() {
    let body = requested(CHAT, r#"{"web_search_options":{}}"#);
    let why = read(CHAT, &body).unwrap_err();
    assert!(matches!(why, Untranslatable::BuiltInTool { .. }), "{why}");
}

/// Messages requires an output limit; clients of the other dialects seldom set one.
#[test]
fn an_invented_limit_and_an_effort_that_the_model_lacks_are_listed() {
    let unlimited = |dialect: Dialect| {
        let mut body: Value = serde_json::from_slice(&requested(dialect, "{}")).unwrap();
        let fields = body.as_object_mut().unwrap();
        fields.remove("max_tokens");
        fields.remove("max_output_tokens");
        body.to_string().into_bytes()
    };
    for from in [CHAT, RESPONSES] {
        for to in Dialect::ALL {
            let conversation = read(from, &unlimited(from)).unwrap();
            let listed = write(from, to, &conversation, &fallback_target())
                .unwrap()
                .left_out;
            let added = listed.iter().find(|row| row.why == Why::Added);
            let added = added.map(|row| row.what.as_str());
            let expected = (to == MESSAGES).then_some("max_tokens: 32000");
            assert_eq!(added, expected, "{from} to {to}");
        }
    }
    for (from, fields) in [
        (CHAT, r#"{"reasoning_effort":"minimal"}"#),
        (CHAT, r#"{"reasoning":{"effort":"xhigh"}}"#),
        (RESPONSES, r#"{"reasoning":{"effort":"xhigh"}}"#),
        (MESSAGES, r#"{"output_config":{"effort":"max"}}"#),
    ] {
        for to in Dialect::ALL {
            let conversation = read(from, &requested(from, fields)).unwrap();
            let listed = write(from, to, &conversation, &fallback_target())
                .unwrap()
                .left_out;
            let effort = listed.iter().any(|row| row.why == Why::Effort);
            assert!(effort, "{from} to {to}: {fields}: {listed:?}");
        }
    }
}
