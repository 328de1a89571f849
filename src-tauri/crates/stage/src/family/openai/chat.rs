//! The rules of Chat Completions. Wording and rules: OpenAI's API reference and the errors that its API returns.

use serde_json::Value;

use super::responses::is_function_name;
use crate::family::Refusal;
use crate::request::list;

/// Maximum characters of a call's id.
const LONGEST_ID: usize = 40;

/// A violation, with the vendor's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error(
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
    )]
    NoMessages,
    #[error(
        "Invalid value: '{0}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
    )]
    BadRole(String),
    #[error(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
    )]
    UnexpectedResult,
    #[error(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {0}"
    )]
    NoResult(String),
    #[error(
        "Invalid 'messages[{0}].tool_calls[{1}].id': string too long. Expected a string with maximum length 40, but got a string with length {2} instead."
    )]
    LongId(usize, usize, usize),
    #[error(
        "Invalid 'tools[{0}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    )]
    BadName(usize),
}

impl Violation {
    /// The refusal as OpenAI sends it.
    pub(crate) fn refusal(&self) -> Refusal {
        let refusal = Refusal::new(400, "invalid_request_error", self.to_string());
        match self {
            Violation::NoMessages => refusal.param("messages").code("empty_array"),
            Violation::BadRole(_) => refusal.param("messages").code("invalid_value"),
            Violation::UnexpectedResult | Violation::NoResult(_) => refusal.param("messages"),
            Violation::LongId(at, call, _) => refusal
                .param(format!("messages[{at}].tool_calls[{call}].id"))
                .code("string_above_max_length"),
            Violation::BadName(at) => refusal
                .param(format!("tools[{at}].function.name"))
                .code("invalid_value"),
        }
    }
}

pub(crate) fn check(body: &Value) -> Result<(), Violation> {
    check_ids(body, LONGEST_ID)
}

/// For a vendor that allows ids with this many characters.
pub(crate) fn check_ids(body: &Value, longest_id: usize) -> Result<(), Violation> {
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        if tool["type"] == "function" && !is_function_name(&tool["function"]["name"]) {
            return Err(Violation::BadName(at));
        }
    }
    let messages = list(&body["messages"]);
    if messages.is_empty() {
        return Err(Violation::NoMessages);
    }
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        match message["role"].as_str().unwrap_or_default() {
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                let place = open.iter().position(|open| *open == id);
                open.swap_remove(place.ok_or(Violation::UnexpectedResult)?);
                continue;
            }
            "system" | "assistant" | "user" | "function" | "developer" => {}
            other => return Err(Violation::BadRole(other.to_owned())),
        }
        if !open.is_empty() {
            return Err(Violation::NoResult(open.join(", ")));
        }
        for (index, call) in list(&message["tool_calls"]).iter().enumerate() {
            let id = call["id"].as_str().unwrap_or_default();
            if id.len() > longest_id {
                return Err(Violation::LongId(at, index, id.len()));
            }
            open.push(id);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(Violation::NoResult(open.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn reported(messages: Value) -> String {
        let body = json!({ "model": "m", "messages": messages });
        check(&body).map_or_else(|violation| violation.to_string(), |()| "fine".to_owned())
    }

    fn calls(ids: &[&str]) -> Value {
        let call = |id: &&str| json!({ "id": id, "type": "function", "function": { "name": "ls", "arguments": "{}" } });
        json!({ "role": "assistant", "tool_calls": ids.iter().map(call).collect::<Vec<_>>() })
    }

    fn result(id: &str) -> Value {
        json!({ "role": "tool", "tool_call_id": id, "content": "done" })
    }

    #[test]
    fn histories_that_agents_send_are_accepted() {
        let user = json!({ "role": "user", "content": "hi" });
        for messages in [
            json!([user]),
            json!([{ "role": "developer", "content": "Be brief." }, user, { "role": "assistant", "content": "hello" }, user]),
            json!([user, calls(&["a", "b"]), result("b"), result("a"), user]),
        ] {
            assert_eq!(reported(messages.clone()), "fine", "{messages}");
        }
    }

    #[test]
    fn invalid_histories_are_refused_with_the_reason() {
        let user = json!({ "role": "user", "content": "hi" });
        let long = "x".repeat(41);
        for (messages, reason) in [
            (json!([]), "empty array"),
            (json!([{ "role": "model", "content": "hi" }]), "'model'"),
            (json!([user, result("a")]), "must be a response"),
            (
                json!([user, calls(&["a"]), result("b")]),
                "must be a response",
            ),
            (
                json!([user, calls(&["a"]), result("a"), result("a")]),
                "must be a response",
            ),
            (
                json!([user, calls(&["a", "b"]), result("a")]),
                "response messages: b",
            ),
            (
                json!([user, calls(&["a"]), user, result("a")]),
                "response messages: a",
            ),
            (json!([user, calls(&[&long])]), "with length 41"),
        ] {
            let reported = reported(messages.clone());
            assert!(reported.contains(reason), "{messages}: {reported}");
        }
        for name in ["", "a b", &"x".repeat(65)] {
            let tool = json!({ "type": "function", "function": { "name": name } });
            let body = json!({ "messages": [user], "tools": [tool] });
            let reported = check(&body).unwrap_err().to_string();
            assert!(reported.contains("tools[0].function.name"), "{reported}");
        }
    }
}
