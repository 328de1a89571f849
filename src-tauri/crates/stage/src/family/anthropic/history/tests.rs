use serde_json::{Value, json};

use super::{Violation, check};
use crate::sign;

fn reported(messages: Value) -> String {
    let body = json!({"model": "m", "max_tokens": 1024, "messages": messages});
    check(&body).map_or_else(|violation| violation.to_string(), |()| "fine".to_owned())
}

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "done"})
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

#[test]
fn histories_that_agents_send_are_accepted() {
    let thinking = json!({"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")});
    let text = json!({"type": "text", "text": "I look."});
    for messages in [
        json!([user("hi".into())]),
        json!([user("hi".into()), {"role": "system", "content": "The date has changed."}]),
        json!([
            user("hi".into()),
            assistant("hello".into()),
            user("again".into())
        ]),
        json!([user("a".into()), user("b".into())]),
        json!([
            user("hi".into()),
            assistant(json!([thinking, text, call("t1"), call("t2")])),
            user(json!([result("t2"), result("t1"), text]))
        ]),
        json!([
            user("hi".into()),
            assistant(json!([text])),
            assistant(json!([call("t1")])),
            user(json!([result("t1")]))
        ]),
    ] {
        assert_eq!(reported(messages.clone()), "fine", "{messages}");
    }
}

#[test]
fn invalid_histories_are_refused_with_the_reason() {
    let thinking = json!({"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")});
    let text = json!({"type": "text", "text": "x"});
    for (messages, reason) in [
        (json!([]), "at least one message"),
        (
            json!([
                user("x".into()),
                assistant(json!([text, thinking, text])),
                user("x".into())
            ]),
            "the first block must be `thinking`",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([thinking])),
                user("x".into())
            ]),
            "cannot be `thinking`",
        ),
        (json!([{"role": "tool", "content": "x"}]), "messages.0.role"),
        (
            json!([assistant("x".into()), user("x".into())]),
            "first message",
        ),
        (
            json!([user("x".into()), assistant("The answer is".into())]),
            "prefill",
        ),
        (json!([user("".into())]), "messages.0.content"),
        (
            json!([user(json!([{"type": "text", "text": ""}]))]),
            "must be non-empty",
        ),
        (
            json!([user(json!([call("t1")]))]),
            "'tool_use' is not allowed",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("t1"), call("t2")])),
                user(json!([result("t1")]))
            ]),
            "without `tool_result` blocks immediately after: t2",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("t1")])),
                user("go on".into())
            ]),
            "immediately after: t1",
        ),
        (
            json!([user(json!([result("t9")]))]),
            "unexpected `tool_use_id` found in `tool_result` blocks: t9",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("t1")])),
                user(json!([result("t1"), result("t1")]))
            ]),
            "unexpected `tool_use_id`",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("t1")])),
                user(json!([text, result("t1")]))
            ]),
            "must come before",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("t1")])),
                user(json!([result("t1")])),
                assistant(json!([call("t1")])),
                user(json!([result("t1")]))
            ]),
            "ids must be unique",
        ),
        (
            json!([
                user("x".into()),
                assistant(json!([call("a.b")])),
                user(json!([result("a.b")]))
            ]),
            "tool_use.id: String should match pattern",
        ),
        (
            json!([
                user("x".into()),
                assistant(
                    json!([{"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}, text])
                ),
                user("x".into())
            ]),
            "Invalid `signature`",
        ),
    ] {
        assert!(
            reported(messages.clone()).contains(reason),
            "{messages}: {}",
            reported(messages.clone())
        );
    }
}

#[test]
fn max_tokens_is_required() {
    let body = |limit: Value| json!({"max_tokens": limit, "messages": [user("x".into())]});
    assert_eq!(check(&body(Value::Null)), Err(Violation::NoMaxTokens));
    assert_eq!(check(&body(json!(0))), Err(Violation::BadMaxTokens));
    assert_eq!(check(&body(json!(1))), Ok(()));
}

#[test]
fn with_thinking_enabled_the_current_turn_begins_with_thinking() {
    let check = |kind: &str, content: Value| {
        check(&json!({
            "max_tokens": 1024,
            "thinking": {"type": kind},
            "messages": [user("x".into()), assistant(content), user(json!([result("t1")]))],
        }))
    };
    let thinking = json!({"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")});
    assert_eq!(check("enabled", json!([thinking, call("t1")])), Ok(()));
    assert_eq!(
        check("enabled", json!([call("t1")])),
        Err(Violation::NoThinking(1, "tool_use".to_owned()))
    );
    assert_eq!(check("adaptive", json!([call("t1")])), Ok(()));
}
