//! Z.ai (GLM).
//!
//! | what | source |
//! |---|---|
//! | error codes 1113, 1211, 1234, 1261, 1301, 1302, 1304, 1305, 1308, 1310 | Z.ai docs, error codes; public reports of 2026 |
//! | `Usage limit reached for 5 hour. Your limit will reset at …`, in China Standard Time without a zone | public reports of 2026 |
//! | finish reasons `sensitive`, `network_error`, `model_context_window_exceeded` | Z.ai docs, chat completion |
//! | thinking by default from GLM-4.5 on | Z.ai docs, thinking mode |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::Vendor;
use super::vendor::{Call, Occasion, Overlong, Refusal, messages_envelope, no_limits, nothing};
use crate::cache::CacheRules;
use crate::clock::written;
use crate::delivery::{Traits, UsagePlace};
use crate::plan::WindowName;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Z.ai",
    provider: "zai",
    dialects: &[Dialect::Anthropic, Dialect::OpenaiChat],
    models: &["glm-*"],
    window: 202_752,
    overlong: Overlong::Refused,
    refuses: nothing,
    words,
    envelope,
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        reasoning: Reasoning::Content,
        usage: UsagePlace::Always,
        seal: Seal::Of("zai"),
        stops: ["stop", "model_context_window_exceeded", "sensitive"],
        ..Traits::PLAIN
    },
    thinks,
    cache: CacheRules::Automatic {
        minimum: 512,
        step: 1,
        lasting: Duration::from_secs(300),
        reports_writes: false,
    },
    limits: no_limits,
    stores: false,
};

fn envelope(dialect: Dialect, refusal: &Refusal) -> Value {
    match dialect {
        Dialect::Anthropic => messages_envelope(refusal),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"error": {"code": refusal.code, "message": refusal.message}})
        }
    }
}

fn thinks(call: &Call<'_>) -> bool {
    call.body["thinking"]["type"] != "disabled"
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    /// Offset of China's time zone in seconds.
    const AHEAD: u64 = 8 * 3600;
    let refusal = |status: u16, kind: &'static str, code: &str, message: &str| {
        Refusal::new(status, kind, message).code(code)
    };
    Some(match trouble {
        Trouble::Overflow => refusal(
            400,
            "invalid_request_error",
            "1261",
            "Prompt exceeds max length",
        ),
        Trouble::RateLimit => refusal(
            429,
            "rate_limit_error",
            "1302",
            "Rate limit reached for requests",
        ),
        Trouble::RateLimitDay => refusal(
            429,
            "rate_limit_error",
            "1304",
            "The daily call limit for this API has been reached. For further requests, please contact customer service to purchase.",
        ),
        Trouble::Quota => refusal(
            429,
            "rate_limit_error",
            "1113",
            "Insufficient balance or no resource package. Please recharge.",
        ),
        Trouble::PlanLimit => {
            let plan = of.plan();
            let window = plan.exhausted()?;
            let reset = written(window.resets_at + AHEAD);
            match window.name {
                WindowName::FiveHours => {
                    let message =
                        format!("Usage limit reached for 5 hour. Your limit will reset at {reset}");
                    refusal(429, "rate_limit_error", "1308", &message)
                }
                WindowName::SevenDays | WindowName::SevenDaysLarge => {
                    let message =
                        format!("Weekly/Monthly Limit Exhausted. Your limit will reset at {reset}");
                    refusal(429, "rate_limit_error", "1310", &message)
                }
            }
        }
        Trouble::KeyRefused => refusal(
            401,
            "authentication_error",
            "401",
            "token expired or incorrect",
        ),
        Trouble::Overload => refusal(
            429,
            "overloaded_error",
            "1305",
            "The service may be temporarily overloaded, please try again later",
        ),
        Trouble::Declined => refusal(
            400,
            "invalid_request_error",
            "1301",
            "System detected potentially unsafe or sensitive content in input or generation. Please avoid using prompts that may generate sensitive content.",
        ),
        Trouble::NoModel => refusal(
            400,
            "invalid_request_error",
            "1211",
            "Unknown Model, please check the model code.",
        ),
        Trouble::Internal => refusal(
            500,
            "api_error",
            "1234",
            "Network error, error id: rehearsal, please contact customer service.",
        ),
        Trouble::ToolUseFailed => return None,
    })
}
