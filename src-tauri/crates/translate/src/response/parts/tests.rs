use super::{Lasts, Parts};
use crate::response::model::{Call, Happening, Input, Kind};
use wire::{Broken, Validator};

fn call(name: &str) -> Kind {
    Kind::Call(Call {
        id: String::new(),
        name: name.to_owned(),
        namespace: None,
        signature: None,
        input: Input::Json,
    })
}

/// `f(` starts a call, `"` a text; `)` ends it, `~` truncates it; the rest is the output.
fn translated(parts: &mut Parts) -> String {
    let words = parts.take().into_iter().map(|happening| match happening {
        Happening::Begins(Kind::Call(call)) => format!("{}(", call.name),
        Happening::Begins(_) => "\"".to_owned(),
        Happening::Piece(text) => format!("{text}|"),
        Happening::Ends => ")".to_owned(),
        Happening::Truncated => "~".to_owned(),
    });
    words.collect()
}

#[test]
fn the_first_part_is_written_live_and_the_others_wait_for_its_end() {
    let mut parts = Parts::default();
    let f = parts.begin(call("f"), Lasts::UntilEnded).unwrap();
    let g = parts.begin(call("g"), Lasts::UntilEnded).unwrap();
    parts.grow(g, "{\"b\"").unwrap();
    parts.grow(f, "{\"a\":").unwrap();
    assert_eq!(translated(&mut parts), "f({\"a\":|");
    parts.grow(g, ":2}").unwrap();
    parts.end(g).unwrap();
    parts.grow(f, "1}").unwrap();
    assert_eq!(translated(&mut parts), "1}|");
    parts.end(f).unwrap();
    assert_eq!(translated(&mut parts), ")g({\"b\":2}|)");
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "");
}

#[test]
fn without_end_events_complete_arguments_end_when_another_part_begins() {
    let mut parts = Parts::default();
    let f = parts.begin(call("f"), Lasts::UntilNext).unwrap();
    parts.grow(f, "{\"a\":{}").unwrap();
    let g = parts.begin(call("g"), Lasts::UntilNext).unwrap();
    assert_eq!(translated(&mut parts), "f({\"a\":{}|");
    parts.grow(f, "}").unwrap();
    parts.grow(g, "{}").unwrap();
    assert_eq!(translated(&mut parts), "}|)g({}|");
    // White space may still arrive; anything else would change the released text.
    parts.grow(f, "\n").unwrap();
    let late = parts.grow(f, "{").unwrap_err();
    assert_eq!(
        late,
        Broken::Malformed("more of a tool call that had ended".to_owned())
    );
}

#[test]
fn a_call_without_arguments_gets_an_empty_object_at_its_end() {
    let mut parts = Parts::default();
    let f = parts.begin(call("f"), Lasts::UntilEnded).unwrap();
    parts.grow(f, "").unwrap();
    parts.end(f).unwrap();
    assert_eq!(
        translated(&mut parts),
        "f(",
        "a limit may have cut them off"
    );
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "{}|)");

    let mut parts = Parts::default();
    let f = parts.begin(call("f"), Lasts::UntilEnded).unwrap();
    parts.end(f).unwrap();
    parts.finish(true).unwrap();
    assert_eq!(translated(&mut parts), "f(~");
}

#[test]
fn a_truncated_call_breaks_off_after_complete_parts_have_ended() {
    let mut parts = Parts::default();
    parts.push_text(Kind::Text, "Hm.").unwrap();
    let f = parts.begin(call("f"), Lasts::UntilNext).unwrap();
    parts.grow(f, "{}").unwrap();
    let g = parts.begin(call("g"), Lasts::UntilNext).unwrap();
    parts.grow(g, "{\"a").unwrap();
    parts.finish(true).unwrap();
    assert_eq!(translated(&mut parts), "\"Hm.|)f({}|)g({\"a|~");
    assert!(!parts.gave_invalid_arguments());
}

#[test]
fn invalid_json_arguments_are_detected() {
    let mut parts = Parts::default();
    let f = parts.begin(call("f"), Lasts::UntilEnded).unwrap();
    parts.grow(f, "{\"a").unwrap();
    parts.end(f).unwrap();
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "f({\"a|)");
    assert!(parts.gave_invalid_arguments());
}

#[test]
fn blank_text_is_kept_within_a_text_and_dropped_beside_one() {
    let mut parts = Parts::default();
    parts.push_text(Kind::Text, "\n\n").unwrap();
    parts.push_text(Kind::Text, "Hi").unwrap();
    parts.push_text(Kind::Text, " ").unwrap();
    let f = parts.begin(call("f"), Lasts::UntilNext).unwrap();
    parts.grow(f, "{}").unwrap();
    parts.push_text(Kind::Text, "\n").unwrap();
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "\"\n\nHi| |)f({}|)");

    let mut parts = Parts::default();
    parts.push_text(Kind::Text, "\n").unwrap();
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "\"\n|)", "it is all that was said");
}

#[test]
fn a_name_may_arrive_after_its_call_but_must_arrive() {
    let mut parts = Parts::default();
    let f = parts.begin(call(""), Lasts::UntilNext).unwrap();
    parts.grow(f, "{}").unwrap();
    assert_eq!(translated(&mut parts), "");
    parts.name(f, "f").unwrap();
    parts.name(f, "other").unwrap();
    parts.finish(false).unwrap();
    assert_eq!(translated(&mut parts), "f({}|)");

    parts.begin(call(""), Lasts::UntilNext).unwrap();
    let nameless = parts.finish(false).unwrap_err();
    assert_eq!(
        nameless,
        Broken::Malformed("a tool call without a name".to_owned())
    );
}

#[test]
fn held_bytes_are_limited() {
    let mut parts = Parts::default();
    parts.begin(call("f"), Lasts::UntilEnded).unwrap();
    let text = parts.begin(Kind::Text, Lasts::UntilEnded).unwrap();
    parts.grow(text, &"x".repeat(Validator::LIMIT)).unwrap();
    assert_eq!(
        parts.grow(text, "x"),
        Err(Broken::Oversize(Validator::LIMIT))
    );
}
