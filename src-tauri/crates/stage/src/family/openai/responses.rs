//! The rules of Responses. Wording and rules: OpenAI's API reference and the errors that its API returns.

use serde_json::Value;

use crate::family::Refusal;
use crate::kept::Kept;
use crate::request::list;
use crate::signature::Seal;

/// Maximum characters of a call's id.
const LONGEST_ID: usize = 64;

/// A violation, with the vendor's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("Missing required parameter: 'input'.")]
    NoInput,
    #[error("No tool call found for function call output with call_id {0}.")]
    UnexpectedResult(String),
    #[error("No tool output found for function call {0}.")]
    NoResult(String),
    #[error(
        "Invalid 'input[{0}].call_id': string too long. Expected a string with maximum length 64, but got a string with length {1} instead."
    )]
    LongId(usize, usize),
    #[error("The encrypted content for item {0} could not be verified.")]
    ForeignReasoning(String),
    #[error(
        "Invalid 'tools[{0}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    )]
    BadName(usize),
    #[error("Previous response with id '{0}' not found.")]
    NoPrevious(String),
    #[error(
        "Item with id '{0}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
    )]
    NoItem(String),
    #[error("Invalid 'input[{0}].id': '{1}'. Expected an ID that begins with '{2}'.")]
    ForeignId(usize, String, &'static str),
    #[error("Conversation with id '{0}' not found.")]
    NoConversation(String),
}

/// The stored responses to which a request may refer.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    /// All: every reference is considered valid.
    All,
    /// Responses that were stored for this owner.
    Kept(&'a Kept, &'a str),
    /// None: a server that stores no responses.
    Nothing,
}

impl Held<'_> {
    /// The calls without results after this response; the inner `None`: any call is allowed.
    fn response(self, id: &str) -> Option<Option<Vec<String>>> {
        match self {
            Held::All => Some(None),
            Held::Kept(kept, owner) => Some(Some(kept.response(owner, id)?.to_vec())),
            Held::Nothing => None,
        }
    }

    fn item(self, id: &str) -> bool {
        match self {
            Held::All => true,
            Held::Kept(kept, owner) => kept.item(owner, id),
            Held::Nothing => false,
        }
    }
}

impl Violation {
    /// The refusal as OpenAI sends it.
    pub(crate) fn refusal(&self) -> Refusal {
        let status = match self {
            Violation::NoItem(_) | Violation::NoConversation(_) => 404,
            Violation::NoInput
            | Violation::UnexpectedResult(_)
            | Violation::NoResult(_)
            | Violation::LongId(..)
            | Violation::ForeignReasoning(_)
            | Violation::BadName(_)
            | Violation::NoPrevious(_)
            | Violation::ForeignId(..) => 400,
        };
        let refusal = Refusal::new(status, "invalid_request_error", self.to_string());
        match self {
            Violation::NoInput => refusal.param("input").code("missing_required_parameter"),
            Violation::UnexpectedResult(_) | Violation::NoResult(_) | Violation::NoItem(_) => {
                refusal.param("input")
            }
            Violation::LongId(at, _) => refusal
                .param(format!("input[{at}].call_id"))
                .code("string_above_max_length"),
            Violation::ForeignReasoning(_) => refusal.code("invalid_encrypted_content"),
            Violation::BadName(at) => refusal
                .param(format!("tools[{at}].name"))
                .code("invalid_value"),
            Violation::NoPrevious(_) => refusal
                .param("previous_response_id")
                .code("previous_response_not_found"),
            Violation::ForeignId(at, ..) => refusal
                .param(format!("input[{at}].id"))
                .code("invalid_value"),
            Violation::NoConversation(_) => refusal.param("conversation"),
        }
    }
}

/// OpenAI's functions: `^[a-zA-Z0-9_-]{1,64}$`.
pub(crate) fn is_function_name(name: &Value) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    name.as_str()
        .is_some_and(|name| (1..=64).contains(&name.len()) && name.bytes().all(plain))
}

/// Item types with the prefix of their ids.
const IDS: &[(&str, &str)] = &[
    ("message", "msg"),
    ("reasoning", "rs"),
    ("function_call", "fc"),
    ("function_call_output", "fc"),
    ("custom_tool_call", "ctc"),
    ("web_search_call", "ws"),
];

/// As [`check`] for a stage that simulates no vendor: every reference is considered valid.
pub(crate) fn check_plainly(body: &Value) -> Result<(), Violation> {
    check(body, Held::All, Seal::Own)
}

/// `seal`: the kind of reasoning that the vendor accepts.
pub(crate) fn check(body: &Value, held: Held<'_>, seal: Seal) -> Result<(), Violation> {
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        if tool["type"] == "function" && !is_function_name(&tool["name"]) {
            return Err(Violation::BadName(at));
        }
    }
    // A stored response has content that is not in the request.
    let before = match body["previous_response_id"].as_str() {
        Some(id) => held
            .response(id)
            .ok_or_else(|| Violation::NoPrevious(id.to_owned()))?,
        None => Some(Vec::new()),
    };
    let conversation = &body["conversation"];
    let conversation = conversation.as_str().or(conversation["id"].as_str());
    if let (Some(id), Held::Kept(..) | Held::Nothing) = (conversation, held) {
        return Err(Violation::NoConversation(id.to_owned()));
    }
    let mut refers = conversation.is_some() || before.is_none();
    let known = before.unwrap_or_default();
    let mut open: Vec<&str> = known.iter().map(String::as_str).collect();
    let items = match &body["input"] {
        Value::Array(items) => items.as_slice(),
        Value::String(_) => &[],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(Violation::NoInput);
        }
    };
    for (at, item) in items.iter().enumerate() {
        let id = item["call_id"].as_str().unwrap_or_default();
        let kind = item["type"].as_str().unwrap_or_default();
        own_id(at, kind, item, held)?;
        match kind {
            "item_reference" => {
                let id = item["id"].as_str().unwrap_or_default();
                if !held.item(id) {
                    return Err(Violation::NoItem(id.to_owned()));
                }
                // The item may be the call of a later result.
                refers = true;
            }
            "function_call" | "custom_tool_call" => {
                if id.len() > LONGEST_ID {
                    return Err(Violation::LongId(at, id.len()));
                }
                open.push(id);
            }
            "function_call_output" | "custom_tool_call_output" => {
                match open.iter().position(|open| *open == id) {
                    Some(place) => drop(open.swap_remove(place)),
                    None if refers => {}
                    None => return Err(Violation::UnexpectedResult(id.to_owned())),
                }
            }
            "reasoning" => {
                let sealed = item["encrypted_content"].as_str();
                if sealed.is_some_and(|sealed| !seal.made(sealed)) {
                    let id = item["id"].as_str().unwrap_or_default();
                    return Err(Violation::ForeignReasoning(id.to_owned()));
                }
            }
            _ => {}
        }
    }
    match open.first() {
        None => Ok(()),
        Some(id) => Err(Violation::NoResult((*id).to_owned())),
    }
}

/// Only a vendor that stores responses recognises the prefix of its ids and reports missing ones: reasoning is returned by its
/// id, or with its encrypted content.
fn own_id(at: usize, kind: &str, item: &Value, held: Held<'_>) -> Result<(), Violation> {
    let (Held::Kept(..), Some(id)) = (held, item["id"].as_str()) else {
        return Ok(());
    };
    let begins = IDS.iter().find(|(of, _)| *of == kind);
    if let Some((_, begins)) = begins.filter(|(_, begins)| !id.starts_with(begins)) {
        return Err(Violation::ForeignId(at, id.to_owned(), begins));
    }
    if kind == "reasoning" && item["encrypted_content"].is_null() && !held.item(id) {
        return Err(Violation::NoItem(id.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check_plainly as check;
    use crate::sign;

    fn reported(input: Value) -> String {
        let body = json!({ "model": "m", "input": input });
        check(&body).map_or_else(|violation| violation.to_string(), |()| "fine".to_owned())
    }

    fn call(id: &str) -> Value {
        json!({ "type": "function_call", "call_id": id, "name": "ls", "arguments": "{}" })
    }

    fn result(id: &str) -> Value {
        json!({ "type": "function_call_output", "call_id": id, "output": "done" })
    }

    #[test]
    fn histories_that_agents_send_are_accepted() {
        let reasoning = json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sign("Hm.") });
        let user = json!({ "role": "user", "content": "hi" });
        for input in [
            json!("hi"),
            json!([user]),
            json!([
                user,
                reasoning,
                call("a"),
                call("b"),
                result("b"),
                result("a"),
                user
            ]),
            json!([user, call("a"), result("a"), call("b"), result("b")]),
        ] {
            assert_eq!(reported(input.clone()), "fine", "{input}");
        }
    }

    #[test]
    fn invalid_histories_are_refused_with_the_reason() {
        let foreign = json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "EqForeign" });
        for (input, reason) in [
            (json!(null), "'input'"),
            (
                json!([result("a")]),
                "No tool call found for function call output with call_id a.",
            ),
            (
                json!([call("a"), result("a"), result("a")]),
                "with call_id a.",
            ),
            (
                json!([call("a"), call("b"), result("a")]),
                "No tool output found for function call b.",
            ),
            (json!([call(&"x".repeat(65))]), "with length 65"),
            (json!([foreign]), "item rs_1 could not be verified"),
        ] {
            let reported = reported(input.clone());
            assert!(reported.contains(reason), "{input}: {reported}");
        }
        let body = json!({ "input": [result("a")], "previous_response_id": "resp_1" });
        assert_eq!(check(&body), Ok(()));
        let body = json!({ "input": "hi", "tools": [{ "type": "function", "name": "a.b" }] });
        let reported = check(&body).unwrap_err().to_string();
        assert!(reported.contains("tools[0].name"), "{reported}");
    }
}
