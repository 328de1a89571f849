use catalog::Dialect::OpenaiChat as CHAT;
use serde_json::{Value, json};

use super::{TAKEN, answer, chat_turn, hold};
use crate::Family::Gemini;

const MODEL: &str = "gemini-3.8-flash";

#[tokio::test(start_paused = true)]
async fn unknown_fields_are_refused_as_protobuf_does_in_a_list_of_one() {
    let rows = [
        (
            json!({"store": true}),
            "Invalid JSON payload received. Unknown name \"store\": Cannot find field.",
        ),
        (json!({"metadata": {}}), "Unknown name \"metadata\""),
        (json!({"seed": 7}), "Unknown name \"seed\""),
        (
            json!({"presence_penalty": 0.5}),
            "Penalty is not enabled for this model",
        ),
        (
            json!({"reasoning_effort": "low", "stream_options": {"include_usage": true}}),
            TAKEN,
        ),
    ];
    hold(Gemini, CHAT, MODEL, "", rows).await;
    let received = answer(Gemini, CHAT, MODEL, "", &json!({"store": true}))
        .await
        .json();
    assert_eq!(received[0]["error"]["status"], "INVALID_ARGUMENT");
    assert_eq!(received[0]["error"]["code"], 400);
    assert_eq!(
        received[0]["error"]["details"][0]["fieldViolations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn keywords_outside_its_schema_are_refused_with_their_place() {
    let tool = |properties: Value| json!({"tools": [{"type": "function", "function": {"name": "t", "parameters": {"type": "object", "properties": properties}}}]});
    let rows = [
        (
            tool(json!({"a": {"type": "string"}, "n": {"type": "integer", "exclusiveMinimum": 0}})),
            "Unknown name \"exclusiveMinimum\" at 'tools[0].function_declarations[0].parameters.properties[1].value': Cannot find field.",
        ),
        (
            tool(
                json!({"n": {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]}}),
            ),
            "parameters.properties[0].value.any_of[0]'",
        ),
        (
            tool(json!({"l": {"type": "array", "items": {"const": "x"}}})),
            "Unknown name \"const\" at 'tools[0].function_declarations[0].parameters.properties[0].value.items'",
        ),
        (
            tool(json!({"n": {"type": "integer", "minimum": 0, "maximum": 9}})),
            TAKEN,
        ),
    ];
    hold(Gemini, CHAT, MODEL, "", rows).await;
}

fn signed(signature: &str) -> Value {
    let call = json!({
        "id": "call_1", "type": "function", "function": {"name": "Bash", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": signature}},
    });
    chat_turn("call_1", &json!({"tool_calls": [call]}), &[])
}

#[tokio::test(start_paused = true)]
async fn the_first_call_of_each_step_has_a_signature() {
    let own = crate::signature::Seal::Of("gemini").sign("anything");
    let again = [
        json!({"role": "assistant", "content": "Two."}),
        json!({"role": "user", "content": "Thanks."}),
    ];
    let missing = "Function call is missing a thought_signature in functionCall parts.";
    let rows = [
        (chat_turn("call_1", &json!({}), &[]), missing),
        (
            chat_turn("call_1", &json!({}), &[]),
            "function call `default_api:Bash` , position 2.",
        ),
        // A finished turn is not checked.
        (chat_turn("call_1", &json!({}), &again), TAKEN),
        (signed("skip_thought_signature_validator"), TAKEN),
        (signed("context_engineering_is_the_way_to_go"), TAKEN),
        (signed(&own), TAKEN),
        (signed("EqForeign"), "Corrupted thought signature."),
    ];
    hold(Gemini, CHAT, MODEL, "", rows).await;
    let rows = [(chat_turn("call_1", &json!({}), &[]), TAKEN)];
    hold(Gemini, CHAT, "gemini-2.5-flash", "", rows).await;
    // Only the first of parallel calls has a signature.
    let mut parallel = signed(&own);
    let second = json!({"id": "call_2", "type": "function", "function": {"name": "Bash", "arguments": "{}"}});
    parallel["messages"][1]["tool_calls"]
        .as_array_mut()
        .unwrap()
        .push(second);
    let result = json!({"role": "tool", "tool_call_id": "call_2", "content": ""});
    parallel["messages"].as_array_mut().unwrap().push(result);
    hold(Gemini, CHAT, MODEL, "", [(parallel, TAKEN)]).await;
}
