//! xAI.
//!
//! | what | source |
//! |---|---|
//! | errors are `{"code": "…", "error": "…"}` | xAI API; quoted in many clients |
//! | `Model … does not support parameter presencePenalty.`, `Argument not supported on this model: …` | xAI docs, reasoning; live reports of 2026 |
//! | credits: 403, `used all available credits or reached its monthly spending limit` | public incident logs, 2026 |
//! | `Too many requests for team … Requests per Minute (actual/limit): …` | public reports, 2026 |
//! | `Content violates usage guidelines. …`, 403 | UKGovernmentBEIS/inspect_ai#2267 |
//! | a wrong key is a 400 | public reports, 2026 |
//! | thinking beside `completion_tokens`: 2640 + 182 + 672 = 3494 | vercel/ai#9774 |
//! | usage in every chunk | xAI docs, streaming |
//! | Responses are stored for 30 days | xAI docs, Responses API |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::vendor::{Call, Occasion, Overlong, Refusal, no_limits};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::delivery::{Traits, UsagePlace};
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "xAI",
    provider: "xai",
    dialects: &[Dialect::OpenaiChat, Dialect::OpenaiResponses],
    models: &["grok-*"],
    window: 500_000,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        reasoning: Reasoning::Content,
        usage: UsagePlace::EachChunk,
        reasoning_beside: true,
        calls_in_one_event: true,
        seal: SEAL,
        ..Traits::PLAIN
    },
    thinks: |call| reasons(call.model),
    cache: CacheRules::Automatic {
        minimum: 1,
        step: 1,
        lasting: Duration::from_secs(300),
        reports_writes: false,
    },
    limits: no_limits,
    stores: true,
};

const SEAL: Seal = Seal::Of("xai");

fn envelope(refusal: &Refusal) -> Value {
    json!({"code": refusal.kind, "error": refusal.message})
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "invalid-argument", message)
}

fn reasons(model: &str) -> bool {
    !model.contains("non-reasoning")
}

/// Each parameter with its name in the refusal.
const PENALTIES: [(&str, &str); 2] = [
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
];

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    if reasons(call.model) {
        for (field, name) in PENALTIES {
            if call.has(field) {
                return Err(invalid(format!(
                    "Model {} does not support parameter {name}.",
                    call.model
                )));
            }
        }
        if call.has("stop") {
            return Err(invalid(
                "Argument not supported on this model: stop".to_owned(),
            ));
        }
    }
    match call.dialect {
        Dialect::OpenaiResponses => openai::responses::check(
            call.body,
            openai::responses::Held::Kept(call.kept, &call.owner()),
            SEAL,
        )
        .map_err(|violation| invalid(violation.to_string())),
        Dialect::OpenaiChat | Dialect::Anthropic => openai::chat::check_ids(call.body, usize::MAX)
            .map_err(|violation| invalid(violation.to_string())),
    }
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => invalid(format!(
            "This model's maximum prompt length is {} but the request contains {} tokens.",
            of.window,
            of.too_many()
        )),
        Trouble::RateLimit => Refusal::new(
            429,
            "resource-exhausted",
            format!(
                "Too many requests for team 00000000-0000-4000-8000-000000000000 and model {}. Your team's rate limit is - Requests per Minute (actual/limit): 481/480.",
                of.model
            ),
        ),
        Trouble::Quota => Refusal::new(
            403,
            "The caller does not have permission to execute the specified operation",
            "Your team 00000000-0000-4000-8000-000000000000 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.",
        ),
        Trouble::KeyRefused => Refusal::new(
            400,
            "Client specified an invalid argument",
            "Incorrect API key provided: re***al. You can obtain an API key from https://console.x.ai.",
        ),
        Trouble::Overload => Refusal::new(
            503,
            "The service is currently unavailable",
            "The model is currently at capacity due to high demand. Please try again in a few minutes or use a different model.",
        ),
        Trouble::NoModel => Refusal::new(
            404,
            "Some requested entity was not found",
            format!(
                "The model {} does not exist or your team 00000000-0000-4000-8000-000000000000 does not have access to it.",
                of.model
            ),
        ),
        Trouble::Internal => Refusal::new(500, "Internal error", "Internal server error"),
        Trouble::Declined => Refusal::new(
            403,
            "The caller does not have permission to execute the specified operation",
            format!(
                "Content violates usage guidelines. Team: 00000000-0000-4000-8000-000000000000, API key ID: rehearsal, Model: {}, Failed check: SAFETY_CHECK_TYPE_BIO",
                of.model
            ),
        ),
        // No source documents the texts of these errors.
        Trouble::RateLimitDay | Trouble::PlanLimit | Trouble::ToolUseFailed => return None,
    })
}
