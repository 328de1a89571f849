use bytes::Bytes;
use catalog::Dialect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{BadRequest, RequestFields, with_model, without_credentials};

fn read(body: &str) -> RequestFields {
    RequestFields::read(Dialect::OpenaiChat, body.as_bytes()).unwrap()
}

fn plain(model: &str) -> RequestFields {
    RequestFields {
        dialect: Dialect::OpenaiChat,
        model: model.to_owned(),
        stream: false,
        max_tokens: None,
        has_tools: false,
        has_credentials: false,
        stores: true,
        requires_schema: false,
        thinking: false,
        lacks_required_thinking: false,
        results: Vec::new(),
    }
}

fn results(dialect: Dialect, conversation: &Value) -> Vec<String> {
    let key = match dialect {
        Dialect::Anthropic | Dialect::OpenaiChat => "messages",
        Dialect::OpenaiResponses => "input",
    };
    let body = json!({"model": "m", key: conversation}).to_string();
    let mut ids = RequestFields::read(dialect, body.as_bytes())
        .unwrap()
        .results;
    ids.sort();
    ids
}

#[test]
fn the_tool_results_of_this_turn() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"tool_use_id": "no"}});
    let result = |id: &str| json!({"content": [{"type": "text", "text": "\"tool_use_id\":\"no\""}], "tool_use_id": id, "type": "tool_result"});
    let messages = json!([
        {"role": "user", "content": "Go"},
        {"role": "assistant", "content": [call("a")]},
        {"role": "user", "content": [result("a")]},
        {"role": "assistant", "content": [{"type": "text", "text": "Two"}, call("b"), call("c")]},
        {"role": "user", "content": [result("b"), result("c"), {"type": "text", "text": "and"}]},
        {"role": "user", "content": "more"},
    ]);
    assert_eq!(results(Dialect::Anthropic, &messages), ["b", "c"]);

    let messages = json!([
        {"role": "assistant", "content": null, "tool_calls": [{"id": "a"}]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "b"}, {"id": "c"}]},
        {"role": "tool", "tool_call_id": "b", "content": "1"},
        {"tool_call_id": "c", "role": "tool", "content": [{"type": "text", "text": "2"}]},
    ]);
    assert_eq!(results(Dialect::OpenaiChat, &messages), ["b", "c"]);

    let input = json!([
        {"type": "message", "role": "assistant", "content": []},
        {"type": "function_call", "call_id": "b", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "b", "output": "1"},
        {"type": "custom_tool_call", "call_id": "c"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "2"},
    ]);
    assert_eq!(results(Dialect::OpenaiResponses, &input), ["b", "c"]);
}

#[test]
fn a_conversation_of_any_shape_has_no_results() {
    for dialect in Dialect::ALL {
        for odd in [
            json!("Hi"),
            json!(null),
            json!(7),
            json!(-7),
            json!(0.5),
            json!(true),
            json!({"tool_call_id": "a"}),
            json!([]),
            json!(["a", 1, [{"tool_call_id": "a"}], {"tool_call_id": 7, "call_id": "x"}]),
            json!([{"role": 7, "content": {"tool_use_id": "a"}}]),
        ] {
            assert_eq!(results(dialect, &odd), Vec::<String>::new(), "{odd}");
        }
    }
}

#[test]
fn of_many_results_only_the_last_are_kept() {
    let messages: Vec<Value> = (100..200)
        .map(|n| json!({"role": "tool", "tool_call_id": n.to_string(), "content": "1"}))
        .collect();
    let kept = results(Dialect::OpenaiChat, &Value::from(messages));
    assert_eq!(kept.len(), 32);
    assert_eq!((kept[0].as_str(), kept[31].as_str()), ("168", "199"));
}

#[test]
fn the_model_can_be_in_any_position_and_the_last_one_applies() {
    assert_eq!(
        read(r#"{"messages":[{"model":"no"}],"model":"m"}"#),
        plain("m")
    );
    assert_eq!(
        read(r#" {"model":"a","x":{"model":"no"},"model":"b"} "#),
        plain("b")
    );
    assert_eq!(read(r#"{"\u006dodel":"gpt-\u0035"}"#), plain("gpt-5"));
}

#[test]
fn the_routing_fields_of_a_request() {
    let with = |rest: &str| read(&format!(r#"{{"model":"m",{rest}}}"#));
    assert!(with(r#""stream":true"#).stream && !with(r#""stream":null"#).stream);
    for key in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
        assert_eq!(with(&format!(r#""{key}":32000"#)).max_tokens, Some(32_000));
    }
    assert_eq!(with(r#""max_tokens":"many""#).max_tokens, None);
    assert!(with(r#""tools":[ {"name":"f"} ]"#).has_tools && !with(r#""tools":[ ]"#).has_tools);
    assert!(with(r#""functions":[{}],"tools":[]"#).has_tools);
    for schema in [
        r#""response_format":{"type":"json_schema","json_schema":{}}"#,
        r#""text":{"format":{"type":"json_schema"}}"#,
        r#""output_format":{"type":"json_schema","schema":{}}"#,
        r#""output_config":{"effort":"high","format":{"type":"json_schema"}}"#,
    ] {
        assert!(with(schema).requires_schema, "{schema}");
    }
    for free in [
        r#""response_format":{"type":"text"}"#,
        r#""text":{"format":{"type":"text"},"verbosity":"low"}"#,
        r#""output_config":{"effort":"high"}"#,
        r#""output_format":null"#,
    ] {
        assert!(!with(free).requires_schema, "{free}");
    }
    for thinking in [
        r#""thinking":{"budget_tokens":31999,"type":"enabled"}"#,
        r#""reasoning":{"summary":"auto"}"#,
    ] {
        assert!(with(thinking).thinking, "{thinking}");
    }
    for not in [
        r#""thinking":{"type":"disabled"}"#,
        r#""thinking":{"type":"adaptive"}"#,
        r#""reasoning":{"effort":"none"}"#,
        r#""reasoning":null"#,
        r#""reasoning_effort":"none""#,
        r#""reasoning_effort":"high""#,
    ] {
        assert!(!with(not).thinking, "{not}");
    }
}

#[test]
fn a_turn_without_required_thinking_is_detected() {
    let turn = |thinking: Value, blocks: Value, last: Value| {
        let messages = json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": blocks},
            {"role": "user", "content": last},
        ]);
        let body = json!({"model": "m", "thinking": thinking, "messages": messages}).to_string();
        let read = |dialect| {
            RequestFields::read(dialect, body.as_bytes())
                .unwrap()
                .lacks_required_thinking
        };
        assert!(!read(Dialect::OpenaiChat));
        read(Dialect::Anthropic)
    };
    let call = json!({"type": "tool_use", "id": "t", "name": "Bash", "input": {}});
    let result = json!([{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]);
    let always = json!({"type": "enabled", "budget_tokens": 1024});
    assert!(turn(always.clone(), json!([call]), result.clone()));
    let text = json!({"type": "text", "text": "Let me see."});
    assert!(turn(always.clone(), json!([text, call]), result.clone()));
    for kind in ["thinking", "redacted_thinking"] {
        let thought = json!([{"type": kind}, call]);
        assert!(!turn(always.clone(), thought, result.clone()), "{kind}");
    }
    let adaptive = json!({"type": "adaptive"});
    assert!(!turn(adaptive, json!([call]), result), "the model decides");
    let other = json!("Thanks, go on.");
    assert!(!turn(always, json!([text]), other), "the turn is over");
}

#[test]
fn an_invalid_body_has_an_error_text() {
    let refusal =
        |body: &str| RequestFields::read(Dialect::Anthropic, body.as_bytes()).unwrap_err();
    assert_eq!(refusal("  "), BadRequest::NotJson("it is empty".to_owned()));
    assert_eq!(refusal("[1]"), BadRequest::NotAnObject);
    assert_eq!(refusal("\"x\""), BadRequest::NotAnObject);
    for none in [
        "{}",
        r#"{"model":null}"#,
        r#"{"model":5}"#,
        r#"{"model":""}"#,
    ] {
        assert_eq!(refusal(none), BadRequest::NoModel);
    }
    assert_eq!(
        refusal("{\"model\":\n \"m\" x}").to_string(),
        "the body is not valid JSON: expected `,` or `}` at byte 16 of 17"
    );
    assert!(matches!(
        refusal(r#"{"model":"m"} x"#),
        BadRequest::NotJson(_)
    ));
    assert!(matches!(
        refusal(r#"{"model":"m","messages":[{"#),
        BadRequest::NotJson(_)
    ));
}

#[test]
fn only_the_model_at_the_top_is_replaced() {
    let body =
        Bytes::from_static(br#"{ "x":{"model":"a"}, "model" : "a\"\u0062" ,"messages":"model"}"#);
    let expected = br#"{ "x":{"model":"a"}, "model" : "q\"/z" ,"messages":"model"}"#;
    assert_eq!(with_model(&body, "q\"/z"), &expected[..]);
    let twice = Bytes::from_static(br#"{"model":"a","model":"b"}"#);
    assert_eq!(
        with_model(&twice, "c"),
        &br#"{"model":"c","model":"c"}"#[..]
    );
}

#[test]
fn a_body_without_a_model_is_returned_unchanged() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"model":7}"#,
        r#"{"model":"a"} x"#,
        r#"{"model":"a""#,
    ] {
        let body = Bytes::copy_from_slice(body.as_bytes());
        assert_eq!(with_model(&body, "b"), body);
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!({"model": "inner", "stream": true})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\]{0,5}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_other_byte_changes(
        before in prop::collection::vec(("x[a-z\"é]{0,5}", values()), 0..4),
        after in prop::collection::vec(("x[a-z\"é]{0,5}", values()), 0..4),
        space in "[ \n\t]{0,3}",
        old in any::<String>(),
        new in "[ -~é]{1,20}",
    ) {
        let field = |(key, value): &(String, Value)| format!("{}{space}:{space}{value}", Value::from(key.as_str()));
        let fields = |list: &[(String, Value)]| list.iter().map(field).collect::<Vec<_>>();
        let body = |model: &str| {
            let model = format!("\"model\"{space}:{space}{}", Value::from(model));
            let all = [fields(&before), vec![model], fields(&after)].concat();
            Bytes::from(format!("{space}{{{}}}{space}", all.join(&format!("{space},"))))
        };
        let replaced = with_model(&body(&old), &new);
        prop_assert_eq!(&replaced, &body(&new));
        prop_assert_eq!(RequestFields::read(Dialect::Anthropic, &replaced).unwrap().model, new);
    }

    #[test]
    fn any_body_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let body = Bytes::from(bytes);
        prop_assert!(RequestFields::read(Dialect::OpenaiResponses, &body).is_err());
        prop_assert_eq!(with_model(&body, "m"), body);
    }
}

#[test]
fn a_key_in_the_body_is_detected_and_removed() {
    let body = r#"{"model":"m","api_key":"sk-1","n":1.50,"extra_headers":{"a":"b"},"messages":[]}"#;
    let body = Bytes::from(body);
    assert!(
        RequestFields::read(Dialect::OpenaiChat, &body)
            .unwrap()
            .has_credentials
    );
    let without = without_credentials(&body);
    assert_eq!(without, r#"{"model":"m","n":1.50,"messages":[]}"#);
    let ask = RequestFields::read(Dialect::OpenaiChat, &without).unwrap();
    assert!(!ask.has_credentials);
    let clean = Bytes::from(r#"{ "model": "m" }"#);
    assert_eq!(without_credentials(&clean), clean, "every byte");
    for name in super::CREDENTIALS {
        let body = Bytes::from(format!(r#"{{"model":"m","{name}":"sk-1"}}"#));
        assert_eq!(without_credentials(&body), r#"{"model":"m"}"#);
    }
    // Only the top level is addressed to a gateway.
    let inside = r#"{"model":"m","messages":[{"api_key":"sk-1"}]}"#;
    assert!(
        !RequestFields::read(Dialect::OpenaiChat, inside.as_bytes())
            .unwrap()
            .has_credentials
    );
}

#[test]
fn a_response_is_stored_unless_store_is_false() {
    for (store, stores) in [
        ("", true),
        (r#","store":true"#, true),
        (r#","store":null"#, true),
        (r#","store": false "#, false),
    ] {
        let ask = read(&format!(r#"{{"model":"m","messages":[]{store}}}"#));
        assert_eq!(ask.stores, stores, "{store}");
    }
}
