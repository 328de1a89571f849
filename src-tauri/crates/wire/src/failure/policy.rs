//! Recognizes refusals for the content of a request. The tests list the vendors' full texts with their sources.

use super::class::FailureClass;
use super::table;

/// Codes that are numbers. A number is never looked up in a text.
const CODES: &[&str] = &[
    "1301", // Z.ai (docs.z.ai, "Errors")
];

/// The class by the table of words, or by a code that is a number.
pub(super) fn class(status: u16, code: &str, search_text: &str) -> FailureClass {
    let found = table::look_up(status, search_text);
    // Without a status, an error with an unknown text is transient.
    let unknown = match found {
        FailureClass::Caller => true,
        FailureClass::Transient => status == table::IN_BODY,
        FailureClass::RateLimit
        | FailureClass::Limit
        | FailureClass::Timeout
        | FailureClass::Quota
        | FailureClass::Credential
        | FailureClass::ModelGone
        | FailureClass::ContextTooLong
        | FailureClass::ContentPolicy => false,
    };
    if unknown && CODES.contains(&code) {
        return FailureClass::ContentPolicy;
    }
    found
}

#[cfg(test)]
mod tests;
