//! Google's Gemini API behind its OpenAI-compatible endpoint.
//!
//! | what | source |
//! |---|---|
//! | errors are a list with one element, `error.status` | manthanabc/paws#103, niki914/zafiro#100 |
//! | `Invalid JSON payload received. Unknown name "…": Cannot find field.` | Vali-98/ChatterUI#227 |
//! | schema keywords refused by name and place | pizza-bot-app/pizza-bot#62, fazer-ai/agents#64 |
//! | thought signatures: first call of each step of the current turn, the dummies | Gemini docs, thought signatures |
//! | `Corrupted thought signature.` | reported with Gemini 3 in several clients, 2026 |
//! | overflow text | Gemini API; quoted in earendil-works/pi and others |
//! | 429: `QuotaFailure`, `RetryInfo`, per minute and per day | google-gemini/gemini-cli#14831; Gemini docs, rate limits |
//! | thinking beside `completion_tokens` | CultivateLabs/raif#470 |
//! | cache: implicit, from 4096 tokens | Gemini docs, context caching |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::schema::{self, Step};
use super::vendor::{Call, Occasion, Overlong, Refusal, never, no_limits};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::delivery::Traits;
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Ids;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Gemini",
    provider: "google",
    dialects: &[Dialect::OpenaiChat],
    models: &["gemini-*"],
    window: 1_048_576,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        ids: Ids::Gemini,
        reasoning_beside: true,
        calls_in_one_event: true,
        signs_calls: Some("google"),
        seal: SEAL,
        ..Traits::PLAIN
    },
    thinks: never,
    cache: CacheRules::Automatic {
        minimum: 4096,
        step: 1,
        lasting: Duration::from_secs(300),
        reports_writes: false,
    },
    limits: no_limits,
    stores: false,
};

const SEAL: Seal = Seal::Of("gemini");

/// Placeholders in Google's documentation for calls of another model.
pub(super) const DUMMIES: [&str; 2] = [
    "context_engineering_is_the_way_to_go",
    "skip_thought_signature_validator",
];

/// Fields that the compatible endpoint accepts. Source: Gemini docs, OpenAI compatibility.
const KNOWN: &[&str] = &[
    "audio",
    "extra_body",
    "frequency_penalty",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "user",
];

/// Keywords that Google's `Schema` does not have.
const KEYWORDS: &[&str] = &[
    "const",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "patternProperties",
    "propertyNames",
    "uniqueItems",
];

fn envelope(refusal: &Refusal) -> Value {
    let mut error = json!({
        "code": refusal.status,
        "message": refusal.message,
        "status": refusal.kind,
    });
    if let Some(details) = &refusal.more {
        error["details"] = Value::clone(details);
    }
    json!([{ "error": error }])
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "INVALID_ARGUMENT", message)
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    if let Some(field) = call.unknown_field(KNOWN) {
        return Err(not_found(format!(
            "Invalid JSON payload received. Unknown name \"{field}\": Cannot find field."
        )));
    }
    for field in ["presence_penalty", "frequency_penalty"] {
        if call.has(field) && call.body[field] != 0 && is_newest(call.model) {
            return Err(invalid("Penalty is not enabled for this model".to_owned()));
        }
    }
    schemas(call)?;
    openai::chat::check_ids(call.body, usize::MAX)
        .map_err(|violation| invalid(violation.to_string()))?;
    if is_newest(call.model) {
        signatures(list(&call.body["messages"]))?;
    }
    Ok(())
}

fn not_found(message: String) -> Refusal {
    let violation = json!({"description": message});
    invalid(message).more(json!([{
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [violation],
    }]))
}

/// Gemini 3 and later require signatures and refuse penalties.
fn is_newest(model: &str) -> bool {
    !model.starts_with("gemini-1") && !model.starts_with("gemini-2")
}

fn schemas(call: &Call<'_>) -> Result<(), Refusal> {
    for (at, tool) in list(&call.body["tools"]).iter().enumerate() {
        let place = format!("tools[0].function_declarations[{at}].parameters");
        if let Some(refusal) = keyword(&tool["function"]["parameters"], &place) {
            return Err(refusal);
        }
    }
    let format = &call.body["response_format"]["json_schema"]["schema"];
    keyword(format, "generation_config.response_schema").map_or(Ok(()), Err)
}

fn keyword(schema: &Value, place: &str) -> Option<Refusal> {
    let name_and_place = schema::find(schema, &mut |schema: &Value, path: &[Step]| {
        let mut keywords = KEYWORDS.iter();
        let keyword = keywords.find(|keyword| !schema[**keyword].is_null())?;
        Some((*keyword, path.iter().map(step).collect::<String>()))
    });
    let (name, path) = name_and_place?;
    Some(not_found(format!(
        "Invalid JSON payload received. Unknown name \"{name}\" at '{place}{path}': Cannot find field."
    )))
}

/// Google represents a map as a list of pairs.
fn step(step: &Step) -> String {
    match step {
        Step::Property(at, _) => format!(".properties[{at}].value"),
        Step::Items => ".items".to_owned(),
        Step::Alternative(keyword, at) => {
            let keyword = keyword.replace("Of", "_of");
            format!(".{keyword}[{at}]")
        }
        Step::Definition(name) => format!(".defs[{name}].value"),
    }
}

/// In the current turn, which begins with the user's last text, the first call of each step needs a signature.
fn signatures(messages: &[Value]) -> Result<(), Refusal> {
    let begins = messages
        .iter()
        .rposition(|message| message["role"] == "user")
        .unwrap_or_default();
    let turns = messages.iter().filter(|m| !is_system(m));
    let before = messages[..begins].iter().filter(|m| !is_system(m)).count();
    for (position, message) in turns.enumerate().skip(before) {
        let Some(first) = list(&message["tool_calls"]).first() else {
            continue;
        };
        let name = first["function"]["name"].as_str().unwrap_or_default();
        let signature = first["extra_content"]["google"]["thought_signature"].as_str();
        match signature {
            Some(signature) if DUMMIES.contains(&signature) || SEAL.made(signature) => {}
            Some(_) => return Err(invalid("Corrupted thought signature.".to_owned())),
            None => {
                return Err(invalid(format!(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:{name}` , position {}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
                    position + 1
                )));
            }
        }
    }
    Ok(())
}

fn is_system(message: &Value) -> bool {
    matches!(message["role"].as_str(), Some("system" | "developer"))
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => invalid(format!(
            "The input token count ({}) exceeds the maximum number of tokens allowed ({}).",
            of.too_many(),
            of.window
        )),
        Trouble::RateLimit => exhausted(
            of,
            "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            10,
            "2s",
        ),
        // The delay in the error of a daily limit is not the reset: 25 s was observed.
        Trouble::RateLimitDay => exhausted(
            of,
            "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            250,
            "25s",
        ),
        Trouble::Quota => Refusal::new(429, "RESOURCE_EXHAUSTED", SPENT),
        Trouble::KeyRefused => {
            invalid("API key not valid. Please pass a valid API key.".to_owned()).more(json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }]))
        }
        Trouble::Overload => Refusal::new(
            503,
            "UNAVAILABLE",
            "The model is overloaded. Please try again later.",
        ),
        Trouble::NoModel => Refusal::new(
            404,
            "NOT_FOUND",
            format!(
                "models/{} is not found for API version v1main, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.",
                of.model
            ),
        ),
        Trouble::Internal => Refusal::new(
            500,
            "INTERNAL",
            "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
        ),
        // It declines with a finish reason; a malformed call has a finish reason too.
        Trouble::PlanLimit | Trouble::Declined | Trouble::ToolUseFailed => return None,
    })
}

const SPENT: &str = "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

fn exhausted(of: &Occasion<'_>, quota: &str, limit: u64, delay: &str) -> Refusal {
    let metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests";
    Refusal::new(
        429,
        "RESOURCE_EXHAUSTED",
        format!(
            "{SPENT}\n* Quota exceeded for metric: {metric}, limit: {limit}, model: {}\nPlease retry in {}.",
            of.model,
            delay.replace('s', ".0s")
        ),
    )
    .more(json!([
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{
                "quotaMetric": metric,
                "quotaId": quota,
                "quotaDimensions": {"location": "global", "model": of.model},
                "quotaValue": limit.to_string(),
            }],
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
    ]))
}
