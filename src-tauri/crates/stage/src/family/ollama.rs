//! Ollama.
//!
//! | what | source |
//! |---|---|
//! | error types by status | ollama/ollama, `openai/openai.go` |
//! | `model "…" not found, try pulling it first` | ollama/ollama, `server/routes.go` |
//! | `server busy, please try again. …` | ollama/ollama, `server/sched.go` |
//! | a prompt beyond `num_ctx` loses its beginning without an error; 4096 tokens by default | Ollama docs, FAQ |
//! | `prompt too long; exceeded max context length by N tokens`, where truncation is off | ollama/ollama, `llm/server.go` |
//! | Responses without state | Ollama docs, OpenAI compatibility |

use catalog::Dialect;
use serde_json::Value;

use super::Vendor;
use super::vendor::{
    Occasion, Overlong, Refusal, messages_envelope, never, no_limits, nothing, openai_envelope,
};
use crate::cache::CacheRules;
use crate::delivery::Traits;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Ollama",
    provider: "ollama",
    dialects: &Dialect::ALL,
    models: &[],
    window: 4096,
    overlong: Overlong::CutOff,
    // It ignores unknown fields, and references to conversations that it did not store.
    refuses: nothing,
    words,
    envelope,
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        reasoning: Reasoning::Plain,
        calls_in_one_event: true,
        seal: Seal::Of("ollama"),
        ..Traits::PLAIN
    },
    thinks: never,
    cache: CacheRules::None,
    limits: no_limits,
    stores: false,
};

fn envelope(dialect: Dialect, refusal: &Refusal) -> Value {
    match dialect {
        Dialect::Anthropic => messages_envelope(refusal),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => openai_envelope(refusal),
    }
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => Refusal::new(
            400,
            "invalid_request_error",
            format!(
                "prompt too long; exceeded max context length by {} tokens",
                of.too_many() - of.window
            ),
        ),
        Trouble::Overload => Refusal::new(
            503,
            "api_error",
            "server busy, please try again.  maximum pending requests exceeded",
        ),
        Trouble::NoModel => Refusal::new(
            404,
            "not_found_error",
            format!("model \"{}\" not found, try pulling it first", of.model),
        ),
        Trouble::Internal => Refusal::new(
            500,
            "api_error",
            "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details",
        ),
        // It has no limits, no billing and no keys.
        Trouble::RateLimit
        | Trouble::RateLimitDay
        | Trouble::Quota
        | Trouble::PlanLimit
        | Trouble::KeyRefused
        | Trouble::Declined
        | Trouble::ToolUseFailed => return None,
    })
}
