//! Usage samples from vendors' documents or public reports, with the expected tokens and micro-dollars.

use catalog::{Catalog, Dialect, EndpointId, MicroDollars, ModelId, Tokens};
use gateway::Outcome;
use wire::{BodyEnd, Completion, Framing, Report, Validator};

use super::super::exchange_row;
use super::{attempt, exchange};

/// Micro-dollars a token: 3 for input, 15 for output, 0.3 read from a cache, 3.75 written to one.
const ACME: &str = r#"
name = "Acme"
[[endpoint]]
id = "acme"
base = "https://api.acme.example"
dialects = ["openai-chat", "anthropic", "openai-responses"]
auth = "bearer"
key_env = "ACME_KEY"
serves = ["acme-*"]
[[model]]
id = "acme-1"
context = 1_000_000
max_output = 100_000
price = { input = 3, output = 15, cache_read = 0.3, cache_write = 3.75, as_of = "2026-11-29" }
"#;

const fn tokens(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Tokens {
    Tokens {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_hour: 0,
    }
}

/// Source, dialect, usage at the end of a stream, its tokens, its cost.
const SAMPLES: &[(&str, Dialect, &str, Tokens, i64)] = &[
    (
        "OpenAI, Chat: cached tokens are part of the prompt",
        Dialect::OpenaiChat,
        r#"{"prompt_tokens":1000,"completion_tokens":30,"total_tokens":1030,"prompt_tokens_details":{"cached_tokens":800}}"#,
        tokens(200, 30, 800, 0),
        200 * 3 + 30 * 15 + 240,
    ),
    (
        "DeepSeek, pricing: hits and misses",
        Dialect::OpenaiChat,
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":60,"prompt_cache_miss_tokens":40}"#,
        tokens(40, 5, 60, 0),
        40 * 3 + 5 * 15 + 18,
    ),
    (
        "Moonshot, chat API: cached tokens on top",
        Dialect::OpenaiChat,
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"cached_tokens":60}"#,
        tokens(40, 5, 60, 0),
        40 * 3 + 5 * 15 + 18,
    ),
    (
        "xAI, vercel/ai#9774: reasoning beside the completion",
        Dialect::OpenaiChat,
        r#"{"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,"completion_tokens_details":{"reasoning_tokens":2809}}"#,
        tokens(10_120, 4308, 0, 0),
        10_120 * 3 + 4308 * 15,
    ),
    (
        "OpenAI: reasoning within the completion",
        Dialect::OpenaiChat,
        r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"completion_tokens_details":{"reasoning_tokens":40}}"#,
        tokens(100, 50, 0, 0),
        100 * 3 + 50 * 15,
    ),
    (
        "Anthropic, streaming: the last figure of each field stands",
        Dialect::Anthropic,
        r#"{"input_tokens":20,"output_tokens":7,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200}"#,
        tokens(20, 7, 1000, 200),
        20 * 3 + 7 * 15 + 300 + 750,
    ),
];

fn report(dialect: Dialect, usage: &str) -> Report {
    let body = match dialect {
        Dialect::OpenaiChat => format!(
            "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"Hi\"}}}}]}}\n\ndata: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}\n\ndata: [DONE]\n\n"
        ),
        // The first event reports more cache tokens than the final event.
        Dialect::Anthropic => [
            r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":1220,"output_tokens":1,"cache_read_input_tokens":1100}}}"#.to_owned(),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#.to_owned(),
            r#"{"type":"content_block_stop","index":0}"#.to_owned(),
            format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{usage}}}"#),
            r#"{"type":"message_stop"}"#.to_owned(),
        ]
        .map(|event| {
            let name = event.split('"').nth(3).unwrap();
            format!("event: {name}\ndata: {event}\n\n")
        })
        .concat(),
        Dialect::OpenaiResponses => format!(
            "event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{{\"type\":\"message\",\"content\":[{{\"text\":\"Hi\"}}]}}],\"usage\":{usage}}}}}\n\n"
        ),
    };
    let mut validator = Validator::new(dialect, Framing::Stream);
    validator.push(body.as_bytes(), &mut Vec::new());
    assert_eq!(
        validator.judge(BodyEnd::Clean),
        Completion::Complete,
        "{body}"
    );
    validator.report().clone()
}

#[test]
fn vendors_usage_is_recorded_in_tokens_and_dollars() {
    let catalog = Catalog::with_files(&[("acme.toml".to_owned(), ACME.to_owned())]).unwrap();
    for (source, dialect, usage, expected, micro) in SAMPLES {
        let report = report(*dialect, usage);
        let mut attempt = attempt(Outcome::Answered(Completion::Complete), Some(200), report);
        attempt.endpoint = EndpointId::new("acme");
        attempt.provider = "acme".into();
        attempt.model = ModelId::new("acme-1");
        let row = exchange_row(&exchange(vec![attempt]), None, &catalog);
        let booked = &row.attempts[0];
        assert_eq!(booked.tokens, Some(*expected), "{source}");
        assert!(!booked.tokens_estimated, "{source}");
        assert_eq!(row.cost, Some(MicroDollars(*micro)), "{source}");
    }
}
