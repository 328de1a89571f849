//! Together.
//!
//! | what | source |
//! |---|---|
//! | statuses and causes | Together docs, error codes |
//! | `Invalid API key provided.`, code `invalid_api_key` | public recordings of its API |
//! | `The input (N tokens) is longer than the model's context length (M tokens).` | Together API; screenpipe, earendil-works/pi |
//! | `model_rate_limit` | Together API, 429 of a model |
//! | finish reason `eos` | Together's API reference, chat completions |

use catalog::Dialect;
use serde_json::{Value, json};

use super::Vendor;
use super::vendor::{Occasion, Overlong, Refusal, never, no_limits, nothing, openai_envelope};
use crate::cache::CacheRules;
use crate::delivery::{Traits, UsagePlace};
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Together",
    provider: "together",
    dialects: &[Dialect::OpenaiChat],
    models: &[],
    window: 202_752,
    overlong: Overlong::Refused,
    refuses: nothing,
    words,
    envelope: |_, refusal| envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        reasoning: Reasoning::Plain,
        usage: UsagePlace::Always,
        seal: Seal::Of("together"),
        stops: ["eos", "length", "content_filter"],
        ..Traits::PLAIN
    },
    thinks: never,
    cache: CacheRules::None,
    limits: no_limits,
    stores: false,
};

fn envelope(refusal: &Refusal) -> Value {
    let mut envelope = json!({"id": "rehearsal-0"});
    envelope["error"] = openai_envelope(refusal)["error"].take();
    envelope
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => Refusal::new(
            400,
            "invalid_request_error",
            format!(
                "The input ({} tokens) is longer than the model's context length ({} tokens).",
                of.too_many(),
                of.window
            ),
        ),
        Trouble::RateLimit => Refusal::new(
            429,
            "model_rate_limit",
            format!(
                "You have reached the rate limit specific to this model {}. The maximum rate limit for this model is 6.0 queries and 180000000 tokens per minute. This limit differs from the general rate limits published at Together AI rate limits documentation (https://docs.together.ai/docs/rate-limits).",
                of.model
            ),
        ),
        Trouble::Quota => Refusal::new(
            402,
            "credit_limit",
            "The account associated with the API key has reached its maximum allowed monthly spending limit.",
        ),
        Trouble::KeyRefused => Refusal::new(
            401,
            "invalid_request_error",
            "Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.",
        )
        .code("invalid_api_key"),
        Trouble::Overload => Refusal::new(
            503,
            "service_unavailable",
            "The server is overloaded or not ready yet.",
        ),
        Trouble::NoModel => Refusal::new(
            404,
            "invalid_request_error",
            format!(
                "Unable to access model {}. Please visit https://api.together.ai/models to view the list of supported models.",
                of.model
            ),
        )
        .code("model_not_available"),
        Trouble::Internal => Refusal::new(500, "server_error", "Internal server error"),
        Trouble::RateLimitDay
        | Trouble::PlanLimit
        | Trouble::Declined
        | Trouble::ToolUseFailed => return None,
    })
}
