//! Compares requests by content: a repetition of a request has other ids of tool calls and items.

use catalog::Dialect;
use serde_json::{Map, Value};

/// The request in a canonical form without the ids of calls and items: repetitions give equal bytes. A body that is not a JSON
/// object is returned unchanged.
pub fn canonical_request(dialect: Dialect, body: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut request)) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    let conversation = match dialect {
        Dialect::Anthropic | Dialect::OpenaiChat => "messages",
        Dialect::OpenaiResponses => "input",
    };
    if let Some(Value::Array(turns)) = request.get_mut(conversation) {
        for turn in turns.iter_mut().filter_map(Value::as_object_mut) {
            match dialect {
                Dialect::Anthropic => message(turn),
                Dialect::OpenaiChat => chat_message(turn),
                Dialect::OpenaiResponses => item(turn),
            }
        }
    }
    Value::Object(request).to_string().into_bytes()
}

fn message(turn: &mut Map<String, Value>) {
    turn.remove("id");
    for part in objects(turn, "content") {
        part.remove("id");
        part.remove("tool_use_id");
    }
}

fn chat_message(turn: &mut Map<String, Value>) {
    turn.remove("id");
    turn.remove("tool_call_id");
    for call in objects(turn, "tool_calls") {
        call.remove("id");
    }
}

/// The id of a reference is its content and stays.
fn item(turn: &mut Map<String, Value>) {
    if turn.get("type").and_then(Value::as_str) != Some("item_reference") {
        turn.remove("id");
    }
    turn.remove("call_id");
}

fn objects<'v>(
    of: &'v mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'v mut Map<String, Value>> {
    let array = of.get_mut(key).and_then(Value::as_array_mut);
    array.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(dialect: Dialect, body: &str) -> String {
        String::from_utf8(canonical_request(dialect, body.as_bytes())).unwrap()
    }

    #[test]
    fn the_same_turn_with_other_call_ids_is_the_same() {
        use Dialect::{Anthropic, OpenaiChat, OpenaiResponses};
        for (dialect, body) in [
            (
                Anthropic,
                r#"{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"ID","name":"t","input":{"id":7}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID","content":"ok"}]}]}"#,
            ),
            (
                OpenaiChat,
                r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"ID","type":"function","function":{"name":"t","arguments":"{\"id\":7}"}}]},{"role":"tool","tool_call_id":"ID","content":"ok"}]}"#,
            ),
            (
                OpenaiResponses,
                r#"{"input":[{"type":"reasoning","id":"ID","summary":[]},{"type":"function_call","id":"ID","call_id":"ID","name":"t","arguments":"{\"id\":7}"},{"type":"function_call_output","call_id":"ID","output":"ok"}]}"#,
            ),
        ] {
            let with = |id: &str| canonical(dialect, &body.replace("ID", id));
            assert_eq!(with("call_1"), with("toolu_2"), "{dialect}");
            assert_ne!(
                with("call_1"),
                canonical(dialect, &body.replace("ok", "no"))
            );
            // An `id` in a tool's input stays.
            assert_ne!(with("call_1"), canonical(dialect, &body.replace('7', "8")));
        }
    }

    #[test]
    fn content_and_references_stay() {
        use Dialect::OpenaiResponses;
        let referring = |id: &str| {
            canonical(
                OpenaiResponses,
                &format!(r#"{{"input":[{{"type":"item_reference","id":"{id}"}}]}}"#),
            )
        };
        assert_ne!(referring("msg_1"), referring("msg_2"));
        assert_eq!(
            canonical(OpenaiResponses, r#"{ "input" : "Hi" }"#),
            r#"{"input":"Hi"}"#
        );
        assert_eq!(canonical(OpenaiResponses, "no JSON"), "no JSON");
    }
}
