//! vLLM as a server of the user's own model.
//!
//! | what | source |
//! |---|---|
//! | errors `{"error": {"message", "type": "BadRequestError", "param", "code": 400}}`, 401 `{"error": "Unauthorized"}` | vLLM source, `entrypoints/openai` |
//! | overflow text | vLLM 0.16, `renderers/params.py` |
//! | ids `chatcmpl-tool-` and 32 hexadecimal digits | vLLM source, `entrypoints/chat_utils.py` |
//! | `finish_reason: "abort"` | vLLM source, `FinishReason` |
//! | `response.completed` with status `incomplete` | vllm-project/vllm#45386 |
//! | Responses are stored only when it was started so | vLLM docs, environment variables |

use catalog::Dialect;
use serde_json::{Value, json};

use super::vendor::{Call, Occasion, Overlong, Refusal, messages_envelope, never, no_limits};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::delivery::Traits;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::{Ids, Reasoning};

pub(super) static VENDOR: Vendor = Vendor {
    name: "vLLM",
    provider: "vllm",
    dialects: &Dialect::ALL,
    models: &[],
    window: 32_768,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope,
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        ids: Ids::Vllm,
        reasoning: Reasoning::Plain,
        always_completed: true,
        seal: Seal::Of("vllm"),
        ..Traits::PLAIN
    },
    thinks: never,
    cache: CacheRules::None,
    limits: no_limits,
    stores: false,
};

fn envelope(dialect: Dialect, refusal: &Refusal) -> Value {
    match (dialect, refusal.status) {
        // Sent by a layer that does not depend on the dialect.
        (_, 401) => json!({"error": refusal.message}),
        (Dialect::Anthropic, _) => messages_envelope(refusal),
        (Dialect::OpenaiChat | Dialect::OpenaiResponses, status) => json!({"error": {
            "message": refusal.message,
            "type": refusal.kind,
            "param": refusal.param,
            "code": status,
        }}),
    }
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    match (call.dialect, call.body["previous_response_id"].as_str()) {
        (Dialect::OpenaiResponses, Some(id)) => Err(Refusal::new(
            404,
            "NotFoundError",
            format!("Response with id '{id}' not found."),
        )
        .param("previous_response_id")),
        (Dialect::OpenaiResponses, None) => {
            let held = openai::responses::Held::Nothing;
            match openai::responses::check(call.body, held, VENDOR.traits.seal) {
                Err(violation @ openai::responses::Violation::NoItem(_)) => {
                    Err(Refusal::new(400, "BadRequestError", violation.to_string()))
                }
                _ => Ok(()),
            }
        }
        (Dialect::OpenaiChat | Dialect::Anthropic, _) => Ok(()),
    }
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => {
            let (input, output) = (of.too_many(), of.output);
            let room = of.window.saturating_sub(output);
            Refusal::new(
                400,
                "BadRequestError",
                format!(
                    "You passed {input} input tokens and requested {output} output tokens. However, the model's context length is only {} tokens, resulting in a maximum input length of {room} tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value={input})",
                    of.window
                ),
            )
            .param("input_tokens")
        }
        Trouble::KeyRefused => Refusal::new(401, "Unauthorized", "Unauthorized"),
        Trouble::NoModel => Refusal::new(
            404,
            "NotFoundError",
            format!("The model `{}` does not exist.", of.model),
        )
        .param("model"),
        Trouble::Internal => Refusal::new(
            500,
            "InternalServerError",
            "EngineCore encountered an issue. See stack trace (above) for the root cause.",
        ),
        // It has no limits and no billing, and queues every request.
        Trouble::RateLimit
        | Trouble::RateLimitDay
        | Trouble::Quota
        | Trouble::PlanLimit
        | Trouble::Overload
        | Trouble::Declined
        | Trouble::ToolUseFailed => return None,
    })
}
