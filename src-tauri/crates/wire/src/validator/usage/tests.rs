//! Usage objects of vendors, each row with its source.

use catalog::{Dialect, Tokens};

use super::super::{Framing, Validator};

const fn tokens(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Tokens {
    Tokens {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour: 0,
    }
}

fn read(dialect: Dialect, framing: Framing, body: &str) -> (Tokens, bool) {
    let mut validator = Validator::new(dialect, framing);
    for slice in body.as_bytes().chunks(5) {
        validator.push(slice, &mut Vec::new());
    }
    assert_eq!(validator.broken(), None, "{body}");
    let report = validator.report();
    (report.tokens, report.usage_reported)
}

/// A Chat response with this usage: streamed at the top of the last chunk, in its choice, in `x_groq`, and as a document.
fn chat(usage: &str) -> Vec<(Framing, String)> {
    let text = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Hi"}}]}"#;
    let stop = |choice: &str, chunk: &str| {
        format!(
            "data: {text}\n\ndata: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"{choice}}}]{chunk}}}\n\ndata: [DONE]\n\n"
        )
    };
    let complete = |choice: &str, body: &str| {
        format!(
            r#"{{"id":"c","choices":[{{"message":{{"content":"Hi"}},"finish_reason":"stop"{choice}}}]{body}}}"#
        )
    };
    let usage = format!(r#","usage":{usage}"#);
    vec![
        (Framing::Stream, stop("", &usage)),
        (Framing::Stream, stop(&usage, "")),
        (
            Framing::Stream,
            stop("", &format!(r#","x_groq":{{"id":"x"{usage}}}"#)),
        ),
        (
            Framing::Stream,
            stop("", "").replace(
                "data: [DONE]",
                &format!("data: {{\"id\":\"c\",\"choices\":[]{usage}}}\n\ndata: [DONE]"),
            ),
        ),
        (Framing::Document, complete("", &usage)),
        (Framing::Document, complete(&usage, "")),
    ]
}

fn response(usage: &str) -> Vec<(Framing, String)> {
    let body = format!(
        r#"{{"id":"r","status":"completed","output":[{{"type":"message","content":[{{"text":"Hi"}}]}}],"usage":{usage}}}"#
    );
    let stream = format!("data: {{\"type\":\"response.completed\",\"response\":{body}}}\n\n");
    vec![(Framing::Stream, stream), (Framing::Document, body)]
}

#[test]
fn chat_usage_of_each_vendor_in_every_place() {
    let table: &[(&str, &str, Tokens)] = &[
        (
            "OpenAI API reference, CompletionUsage",
            r#"{"prompt_tokens":1000,"completion_tokens":30,"total_tokens":1030,"prompt_tokens_details":{"cached_tokens":800,"cache_write_tokens":50},"completion_tokens_details":{"reasoning_tokens":20}}"#,
            tokens(150, 30, 800, 50),
        ),
        (
            "Moonshot, Chat, usage.cached_tokens",
            r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cached_tokens":60}"#,
            tokens(40, 5, 60, 0),
        ),
        (
            "DeepSeek, Context caching",
            r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
            tokens(36, 5, 64, 0),
        ),
        (
            "the same without the sum",
            r#"{"completion_tokens":5,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
            tokens(36, 5, 64, 0),
        ),
        (
            "xAI and Gemini's Chat endpoint: reasoning beside the completion",
            r#"{"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,"completion_tokens_details":{"reasoning_tokens":2809}}"#,
            tokens(10120, 4308, 0, 0),
        ),
        (
            "the same without the details",
            r#"{"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428}"#,
            tokens(10120, 4308, 0, 0),
        ),
        (
            "nothing but thought (vercel/ai, completion 0)",
            r#"{"prompt_tokens":951,"completion_tokens":0,"total_tokens":6952}"#,
            tokens(951, 6001, 0, 0),
        ),
        (
            "DashScope, Context cache",
            r#"{"prompt_tokens":3000,"completion_tokens":10,"total_tokens":3010,"prompt_tokens_details":{"cached_tokens":1000,"cache_creation_input_tokens":500}}"#,
            tokens(1500, 10, 1000, 500),
        ),
        (
            "LiteLLM, with Anthropic's names beside OpenAI's",
            r#"{"prompt_tokens":3000,"completion_tokens":10,"total_tokens":3010,"cache_read_input_tokens":1000,"cache_creation_input_tokens":500}"#,
            tokens(1500, 10, 1000, 500),
        ),
        (
            "a router that writes both dialects' names (QuantumNous/new-api)",
            r#"{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"input_tokens":0,"output_tokens":0}"#,
            tokens(10, 3, 0, 0),
        ),
        (
            "the names of Responses alone",
            r#"{"input_tokens":10,"output_tokens":3,"input_tokens_details":{"cached_tokens":4}}"#,
            tokens(6, 3, 4, 0),
        ),
        (
            "odd shapes in what is only observed",
            r#"{"prompt_tokens":10,"completion_tokens":3.0,"total_tokens":null,"prompt_tokens_details":[],"cached_tokens":"no"}"#,
            tokens(10, 3, 0, 0),
        ),
    ];
    for (source, usage, expected) in table {
        for (framing, body) in chat(usage) {
            assert_eq!(
                read(Dialect::OpenaiChat, framing, &body),
                (*expected, true),
                "{source}: {body}"
            );
        }
        // Responses has the same object with other field names.
        let usage = usage
            .replace("\"prompt_tokens", "\"input_tokens")
            .replace("\"completion_tokens", "\"output_tokens");
        if usage.matches("\"input_tokens\"").count() == 1 {
            for (framing, body) in response(&usage) {
                assert_eq!(
                    read(Dialect::OpenaiResponses, framing, &body),
                    (*expected, true),
                    "{source}: {body}"
                );
            }
        }
    }
}

#[test]
fn usage_without_counts_counts_as_absent() {
    for usage in [
        "null",
        "{}",
        "[]",
        "\"none\"",
        "7",
        r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
    ] {
        for (framing, body) in chat(usage) {
            assert_eq!(
                read(Dialect::OpenaiChat, framing, &body),
                (Tokens::default(), false),
                "{body}"
            );
        }
        for (framing, body) in response(usage) {
            assert_eq!(
                read(Dialect::OpenaiResponses, framing, &body),
                (Tokens::default(), false),
                "{body}"
            );
        }
    }
}

/// In order of arrival: Messages in `message_start` and `message_delta`, Chat in chunks.
#[test]
fn the_last_nonzero_value_of_each_count_applies() {
    let table: &[(&str, &[&str], Tokens)] = &[
        (
            "the API's own: input at the start, output at the end",
            &[
                r#"{"input_tokens":25,"output_tokens":1}"#,
                r#"{"output_tokens":15}"#,
            ],
            tokens(25, 15, 0, 0),
        ),
        (
            "a vendor that tells the cache only at the end, and corrects the input downwards",
            &[
                r#"{"input_tokens":100,"output_tokens":1}"#,
                r#"{"input_tokens":20,"cache_read_input_tokens":80,"output_tokens":9}"#,
            ],
            tokens(20, 9, 80, 0),
        ),
        (
            "zeros where it knows nothing",
            &[
                r#"{"input_tokens":100,"cache_read_input_tokens":7,"output_tokens":1}"#,
                r#"{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":9}"#,
            ],
            tokens(100, 9, 7, 0),
        ),
        (
            "cumulative deltas, the last one smaller",
            &[
                r#"{"input_tokens":10,"output_tokens":50}"#,
                r#"{"output_tokens":80}"#,
                r#"{"output_tokens":70}"#,
            ],
            tokens(10, 70, 0, 0),
        ),
        (
            "Anthropic docs, Prompt caching: writes by lifetime alone",
            &[
                r#"{"input_tokens":4,"output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":456,"ephemeral_1h_input_tokens":100}}"#,
                r#"{"output_tokens":9}"#,
            ],
            Tokens {
                cache_write_hour: 100,
                ..tokens(4, 9, 0, 556)
            },
        ),
        (
            "the same beside their sum",
            &[
                r#"{"input_tokens":4,"cache_creation_input_tokens":556,"cache_creation":{"ephemeral_5m_input_tokens":456,"ephemeral_1h_input_tokens":100}}"#,
                r#"{"output_tokens":9}"#,
            ],
            Tokens {
                cache_write_hour: 100,
                ..tokens(4, 9, 0, 556)
            },
        ),
    ];
    for (source, released, expected) in table {
        let mut body = format!(
            "data: {{\"type\":\"message_start\",\"message\":{{\"id\":\"m\",\"usage\":{}}}}}\n\ndata: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"text\",\"text\":\"Hi\"}}}}\n\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n",
            released[0]
        );
        for usage in &released[1..] {
            body += &format!(
                "data: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}},\"usage\":{usage}}}\n\n"
            );
        }
        assert_eq!(
            read(Dialect::Anthropic, Framing::Stream, &body),
            (*expected, true),
            "{source}"
        );
    }
    let chunk = |usage: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}}}}],\"usage\":{usage}}}\n\n")
    };
    let body = [
        chunk(r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":80}}"#),
        chunk(r#"{"prompt_tokens":100,"completion_tokens":4}"#),
    ]
    .concat();
    assert_eq!(
        read(Dialect::OpenaiChat, Framing::Stream, &body).0,
        tokens(20, 4, 80, 0),
        "the cache of an earlier chunk is counted once"
    );
}

#[test]
fn huge_counts_saturate() {
    let most = u64::MAX;
    let usage = format!(
        r#"{{"prompt_tokens":{most},"completion_tokens":{most},"total_tokens":{most},"prompt_tokens_details":{{"cached_tokens":{most},"cache_write_tokens":{most}}}}}"#
    );
    for (framing, body) in chat(&usage) {
        assert_eq!(
            read(Dialect::OpenaiChat, framing, &body).0,
            tokens(0, most, most, most),
            "{body}"
        );
    }
    let hits = format!(r#"{{"prompt_cache_hit_tokens":{most},"prompt_cache_miss_tokens":{most}}}"#);
    for (framing, body) in chat(&hits) {
        assert_eq!(
            read(Dialect::OpenaiChat, framing, &body).0,
            tokens(0, 0, most, 0),
            "{body}"
        );
    }
}

/// The tier is at the top of a Chat response, in the response object of Responses, and in the usage of Messages.
#[test]
fn the_service_tier_is_read_in_each_dialect() {
    let tier = |dialect, framing, body: &str| {
        let mut validator = Validator::new(dialect, framing);
        validator.push(body.as_bytes(), &mut Vec::new());
        assert_eq!(validator.broken(), None, "{body}");
        validator.report().service_tier.clone()
    };
    let counts = r#"{"prompt_tokens":1,"completion_tokens":1}"#;
    let chat = chat(&format!(r#"{counts},"service_tier":"flex""#)).into_iter();
    // The places of usage that are at the top.
    let top: Vec<_> = chat
        .filter(|(_, body)| body.contains(r#""service_tier":"flex"}"#) && !body.contains("x_groq"))
        .filter(|(framing, body)| {
            *framing == Framing::Document || !body.contains(r#"finish_reason":"stop","usage"#)
        })
        .filter(|(_, body)| !body.contains(r#""stop","usage":{"prompt_tokens":1,"completion_tokens":1},"service_tier":"flex"}]"#))
        .collect();
    assert!(top.len() >= 3, "{top:?}");
    for (framing, body) in top {
        let found = tier(Dialect::OpenaiChat, framing, &body);
        assert_eq!(found.as_deref(), Some("flex"), "{body}");
    }
    for (framing, body) in
        response(r#"{"input_tokens":1,"output_tokens":1},"service_tier":"priority""#)
    {
        let found = tier(Dialect::OpenaiResponses, framing, &body);
        assert_eq!(found.as_deref(), Some("priority"), "{body}");
    }
    let message = |usage: &str| {
        format!(
            r#"{{"type":"message","content":[{{"type":"text","text":"Hi"}}],"stop_reason":"end_turn","usage":{{{usage}}}}}"#
        )
    };
    for (usage, expected) in [
        (
            r#""input_tokens":1,"output_tokens":1,"service_tier":"standard""#,
            Some("standard"),
        ),
        (
            r#""input_tokens":1,"output_tokens":1,"service_tier":null"#,
            None,
        ),
        (
            r#""input_tokens":1,"output_tokens":1,"service_tier":7"#,
            None,
        ),
        (r#""input_tokens":1,"output_tokens":1"#, None),
    ] {
        let found = tier(Dialect::Anthropic, Framing::Document, &message(usage));
        assert_eq!(found.as_deref(), expected, "{usage}");
    }
}
