//! The rules of Responses. Wording and rules: OpenAI's API reference and the errors that its API returns.

use serde_json::Value;

use super::is_function_name;
use crate::request::list;
use crate::signature::is_signature;

/// Characters of a call's id.
const LONGEST_ID: usize = 64;

/// What is wrong, in the words of the vendor.
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
}

pub(crate) fn check(body: &Value) -> Result<(), Violation> {
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        if tool["type"] == "function" && !is_function_name(&tool["name"]) {
            return Err(Violation::BadName(at));
        }
    }
    // What a kept response holds is not in the request.
    let goes_on = body["previous_response_id"].is_string();
    let mut open: Vec<&str> = Vec::new();
    let items = match &body["input"] {
        Value::Array(items) => items.as_slice(),
        Value::String(_) => &[],
        _ => return Err(Violation::NoInput),
    };
    for (at, item) in items.iter().enumerate() {
        let id = item["call_id"].as_str().unwrap_or_default();
        match item["type"].as_str().unwrap_or_default() {
            "function_call" | "custom_tool_call" => {
                if id.len() > LONGEST_ID {
                    return Err(Violation::LongId(at, id.len()));
                }
                open.push(id);
            }
            "function_call_output" | "custom_tool_call_output" => {
                match open.iter().position(|open| *open == id) {
                    Some(place) => drop(open.swap_remove(place)),
                    None if goes_on => {}
                    None => return Err(Violation::UnexpectedResult(id.to_owned())),
                }
            }
            "reasoning" => {
                let sealed = item["encrypted_content"].as_str();
                if sealed.is_some_and(|sealed| !is_signature(sealed)) {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;
    use crate::sign;

    fn told(input: Value) -> String {
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
            assert_eq!(told(input.clone()), "fine", "{input}");
        }
    }

    #[test]
    fn broken_histories_are_refused_with_the_reason() {
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
            let told = told(input.clone());
            assert!(told.contains(reason), "{input}: {told}");
        }
        let body = json!({ "input": [result("a")], "previous_response_id": "resp_1" });
        assert_eq!(check(&body), Ok(()));
        let body = json!({ "input": "hi", "tools": [{ "type": "function", "name": "a.b" }] });
        let told = check(&body).unwrap_err().to_string();
        assert!(told.contains("tools[0].name"), "{told}");
    }
}
