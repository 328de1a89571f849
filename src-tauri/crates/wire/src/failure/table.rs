//! Status and words → class.

use super::class::FailureClass;
use super::declined::DECLINED;
use super::overflow::TOO_LONG;

/// A row applies if the status is one of these (empty: any status), and the error's type, code or message contains one
/// of these words (empty: any text).
pub(super) struct Row {
    pub(super) status: &'static [u16],
    pub(super) texts: &'static [&'static str],
    pub(super) class: FailureClass,
}

const fn row(status: &'static [u16], texts: &'static [&'static str], class: FailureClass) -> Row {
    Row {
        status,
        texts,
        class,
    }
}

/// Stands for the status of an error event in a stream, or of an error in the body of a 200.
pub(super) const IN_BODY: u16 = 200;

/// Groq could not parse the model's tool call or JSON; a retry may succeed (console.groq.com, "Tool use", "Structured
/// outputs"). The model's text is in the body, and no word of it describes the error.
pub(super) const MODEL_FAULT: &[&str] = &[
    "tool_use_failed",
    "failed_generation",
    "json_validate_failed",
    "output_parse_failed",
];

/// No money or no permission: waiting does not help.
pub(super) const MONEY: &[&str] = &[
    "insufficient_quota",
    "credit balance",
    "insufficient credits",
    "insufficient balance",
    "insufficient funds",
    "billing_error",
    "billing_hard_limit",
    "billing hard limit",
    "billing_not_active",
    "used all available credits",
    "usage_not_included",
    // Claude Code 2.1.332 checks these texts: the plan works with usage credits only.
    "credits_required",
    "usage credits are required",
    "extra usage is required",
    "service_spend_limit_reached",
    "workspace_member_credits_depleted",
];

/// A plan, or a spending cap of the user, is used up. Some errors state the reset.
pub(super) const PLAN: &[&str] = &[
    "spend limit",
    "spend_limit",
    "spending limit",
    "usage limit",
    "usage_limit_reached",
    // Z.ai's 1310 (docs.z.ai, "Error codes").
    "limit exhausted",
    "budget_exceeded",
    "budget has been exceeded",
    "key limit exceeded",
];

/// Google uses this text for a quota per minute, a quota per day and an unpaid project; OpenAI only for an empty
/// account.
pub(super) const ALLOWANCE: &[&str] = &[
    "exceeded_current_quota",
    "exceeded your current quota",
    "plan and billing",
    "plans & billing",
];

/// The first row that applies decides. All words are lower case.
pub(super) const TABLE: &[Row] = &[
    row(&[IN_BODY, 400, 422], MODEL_FAULT, FailureClass::Transient),
    row(&[402], &[], FailureClass::Quota),
    row(&[IN_BODY, 400, 401, 403, 429], MONEY, FailureClass::Quota),
    row(&[IN_BODY, 400, 401, 403, 429], PLAN, FailureClass::Quota),
    row(
        &[IN_BODY, 400, 401, 403, 429],
        ALLOWANCE,
        FailureClass::Quota,
    ),
    // Groq: a single request exceeds the quota per minute.
    row(&[413], &["tokens per minute"], FailureClass::RateLimit),
    row(
        &[IN_BODY, 400, 413, 422, 500],
        TOO_LONG,
        FailureClass::ContextTooLong,
    ),
    row(
        &[IN_BODY, 400, 403, 422],
        DECLINED,
        FailureClass::ContentPolicy,
    ),
    // Something else that the request names is missing, not the model.
    row(
        &[400, 404],
        &[
            "previous_response_not_found",
            "previous response with id",
            "item with id",
            "file not found",
        ],
        FailureClass::Caller,
    ),
    row(
        &[IN_BODY, 400, 403, 422],
        &[
            "model_not_found",
            "model not found",
            "model not exist",
            "does not exist or you do not have access",
            "model_not_available",
            "invalid model",
            "unknown model",
            "no such model",
            "not a valid model",
            "unsupported model",
            "not have access to model",
            "model_decommissioned",
            "decommissioned",
            "no endpoints found",
        ],
        FailureClass::ModelGone,
    ),
    row(&[404, 410], &[], FailureClass::ModelGone),
    row(
        &[400],
        &[
            "invalid_api_key",
            "incorrect api key",
            "api key not valid",
            "api_key_invalid",
        ],
        FailureClass::Credential,
    ),
    row(&[401, 403, 407], &[], FailureClass::Credential),
    row(&[429], &[], FailureClass::RateLimit),
    row(&[408, 409, 425], &[], FailureClass::Transient),
    // The dialects' error types, for errors without a status.
    row(
        &[IN_BODY],
        &["rate_limit", "rate limit", "too_many_requests"],
        FailureClass::RateLimit,
    ),
    row(
        &[IN_BODY],
        &[
            "authentication_error",
            "permission_error",
            "invalid_api_key",
        ],
        FailureClass::Credential,
    ),
    row(&[IN_BODY], &["not_found_error"], FailureClass::ModelGone),
    row(
        &[IN_BODY],
        &["invalid_request", "invalid_prompt", "request_too_large"],
        FailureClass::Caller,
    ),
];

/// `search_text`: in lower case.
pub(super) fn look_up(status: u16, search_text: &str) -> FailureClass {
    let row = TABLE.iter().find(|row| {
        let status_fits = row.status.is_empty() || row.status.contains(&status);
        status_fits && (row.texts.is_empty() || has_any(search_text, row.texts))
    });
    match (row, status) {
        (Some(row), _) => row.class,
        // Any other 4xx is about the request. A redirect or an error without a status is not.
        (None, 400..=499) => FailureClass::Caller,
        (None, _) => FailureClass::Transient,
    }
}

pub(super) fn has_any(search_text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| search_text.contains(word))
}
