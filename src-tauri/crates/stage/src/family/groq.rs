//! Groq.
//!
//! | what | source |
//! |---|---|
//! | `reasoning_content` in a message is refused | NousResearch/hermes-agent#11089 |
//! | unsupported fields | Groq docs, OpenAI compatibility |
//! | `tool_use_failed` with `failed_generation` | Groq docs, tool use |
//! | TPM, TPD, the text of a limit, headers | Groq docs, rate limits; public recordings |
//! | one request above the minute: 413 | Groq docs, rate limits |
//! | `Please reduce the length of the messages or completion.` | Groq API, code `context_length_exceeded` |
//! | cache: no charge for writes, about two hours | Groq docs, prompt caching |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::vendor::{Call, Headers, Occasion, Overlong, Refusal};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::clock::go_duration;
use crate::delivery::Traits;
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Groq",
    provider: "groq",
    dialects: &[Dialect::OpenaiChat],
    models: &["openai/gpt-oss-*", "groq/*"],
    window: 131_072,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        reasoning: Reasoning::Plain,
        calls_in_one_event: true,
        seal: Seal::Of("groq"),
        ..Traits::PLAIN
    },
    thinks: |call| call.model.contains("gpt-oss"),
    cache: CacheRules::Automatic {
        minimum: 1024,
        step: 128,
        lasting: Duration::from_secs(2 * 3600),
        reports_writes: false,
    },
    limits,
    stores: false,
};

fn envelope(refusal: &Refusal) -> Value {
    let mut error = json!({"message": refusal.message, "type": refusal.kind});
    if let Some(code) = &refusal.code {
        error["code"] = Value::clone(code);
    }
    if let Some(failed) = &refusal.more {
        error["failed_generation"] = Value::clone(failed);
    }
    json!({ "error": error })
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "invalid_request_error", message)
}

/// Source: Groq docs, OpenAI compatibility: "the following fields are not supported and will result in a 400 error".
const UNSUPPORTED: [&str; 3] = ["logprobs", "logit_bias", "top_logprobs"];

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    for field in UNSUPPORTED {
        if call.has(field) {
            return Err(invalid(format!("property '{field}' is unsupported")));
        }
    }
    if call.body["n"].as_u64().is_some_and(|n| n > 1) {
        return Err(invalid("'n' : number must be at most 1".to_owned()));
    }
    for (at, message) in list(&call.body["messages"]).iter().enumerate() {
        if !message["reasoning_content"].is_null() {
            let role = message["role"].as_str().unwrap_or_default();
            return Err(invalid(format!(
                "'messages.{at}' : for 'role:{role}' the following must be satisfied[('messages.{at}' : property 'reasoning_content' is unsupported)]"
            )));
        }
    }
    openai::chat::check_ids(call.body, usize::MAX)
        .map_err(|violation| invalid(violation.to_string()))
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    let limit = |what: &str,
                 limit: u64,
                 used: u64,
                 requested: u64,
                 kind: &'static str,
                 wait: &str| {
        Refusal::new(
            429,
            kind,
            format!(
                "Rate limit reached for model `{}` in organization `org_rehearsal` service tier `on_demand` on {what}: Limit {limit}, Used {used}, Requested {requested}. Please try again in {wait}. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
                of.model
            ),
        )
        .code("rate_limit_exceeded")
    };
    Some(match trouble {
        Trouble::Overflow => invalid("Please reduce the length of the messages or completion.".to_owned())
            .param("messages")
            .code("context_length_exceeded"),
        Trouble::RateLimit => limit("tokens per minute (TPM)", 8000, 7800, of.tokens, "tokens", "7.66s")
            .header("retry-after", 8)
            .header("x-ratelimit-remaining-tokens", 200)
            .header("x-ratelimit-reset-tokens", go_duration(7660)),
        // No header reports the daily tokens.
        Trouble::RateLimitDay => {
            limit("tokens per day (TPD)", 200_000, 197_494, 4035, "tokens", "11m0.528s")
                .header("retry-after", 661)
        }
        Trouble::KeyRefused => Refusal::new(401, "invalid_request_error", "Invalid API Key")
            .code("invalid_api_key"),
        Trouble::Overload => Refusal::new(
            503,
            "internal_server_error",
            format!(
                "{} is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com to see if there is an active incident.",
                of.model
            ),
        ),
        Trouble::ToolUseFailed => invalid(
            "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details."
                .to_owned(),
        )
        .code("tool_use_failed")
        .more(json!(format!(
            "<function={}{{\"command\": \"echo rehearsal\"</function>",
            of.tool.unwrap_or("rehearsal_tool")
        ))),
        Trouble::NoModel => Refusal::new(
            404,
            "invalid_request_error",
            format!(
                "The model `{}` does not exist or you do not have access to it.",
                of.model
            ),
        )
        .code("model_not_found"),
        Trouble::Internal => {
            Refusal::new(500, "internal_server_error", "Internal Server Error")
        }
        // It bills in arrears, with a spending limit for which no source quotes an error.
        Trouble::Quota | Trouble::PlanLimit | Trouble::Declined => return None,
    })
}

/// Requests are limited per day, tokens per minute.
fn limits(of: &Occasion<'_>) -> Headers {
    let left = 8000_u64.saturating_sub(of.tokens);
    let headers = [
        ("x-ratelimit-limit-requests", "1000".to_owned()),
        ("x-ratelimit-remaining-requests", "999".to_owned()),
        ("x-ratelimit-reset-requests", go_duration(86_400)),
        ("x-ratelimit-limit-tokens", "8000".to_owned()),
        ("x-ratelimit-remaining-tokens", left.to_string()),
        (
            "x-ratelimit-reset-tokens",
            go_duration((8000 - left) * 60_000 / 8000),
        ),
    ];
    headers.map(|(name, value)| (name.into(), value)).into()
}
