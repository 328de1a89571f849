//! Rows whose expectation is right and which `wire` does not meet yet. The tables pass them over; a row that `wire` has come to
//! meet is taken away here, and the table holds it from then on.

use catalog::Dialect;

use crate::{Family, Trouble};

/// Overflows in words that are in no table: each is `ContextTooLong`, and is read as the caller's fault. The limit of a minute
/// that Google words as a quota is `RateLimit`.
const CLASSES: &[(Family, Trouble)] = &[
    // "The input token count (N) exceeds the maximum number of tokens allowed (M)."
    (Family::Gemini, Trouble::Overflow),
    // "You exceeded your current quota … retry in 2.0s", quotaId …PerMinute…, retryDelay 2s.
    (Family::Gemini, Trouble::RateLimit),
    // "This model's maximum prompt length is M but the request contains N tokens."
    (Family::Xai, Trouble::Overflow),
    // "Your request exceeded model token limit: M (requested: N)"
    (Family::Moonshot, Trouble::Overflow),
    // code 1261, "Prompt exceeds max length"
    (Family::Zai, Trouble::Overflow),
    // "The input (N tokens) is longer than the model's context length (M tokens)."
    (Family::Together, Trouble::Overflow),
    // "… However, the model's context length is only M tokens, …"
    (Family::Vllm, Trouble::Overflow),
    // "prompt too long; exceeded max context length by N tokens"
    (Family::Ollama, Trouble::Overflow),
];

/// Together's `eos` is a clean stop.
pub(super) fn complete(family: Family, _: Dialect) -> bool {
    family == Family::Together
}

pub(super) fn class(family: Family, _: Dialect, trouble: Trouble) -> bool {
    CLASSES.contains(&(family, trouble))
}
