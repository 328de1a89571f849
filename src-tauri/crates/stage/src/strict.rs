//! The rules that each vendor holds a request to, as far as a rebuilt or translated history could break them.

mod anthropic;
mod openai_chat;
mod openai_responses;

use catalog::Dialect;
use serde_json::Value;

/// # Errors
/// What is wrong, in the words of the vendor.
pub(crate) fn check(dialect: Dialect, body: &Value) -> Result<(), String> {
    match dialect {
        Dialect::Anthropic => anthropic::check(body).map_err(|wrong| wrong.to_string()),
        Dialect::OpenaiChat => openai_chat::check(body).map_err(|wrong| wrong.to_string()),
        Dialect::OpenaiResponses => {
            openai_responses::check(body).map_err(|wrong| wrong.to_string())
        }
    }
}

/// OpenAI's functions: `^[a-zA-Z0-9_-]{1,64}$`.
fn is_function_name(name: &Value) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    name.as_str()
        .is_some_and(|name| (1..=64).contains(&name.len()) && name.bytes().all(plain))
}
