//! Every time of day in the snapshot is also sent as an instant, so that a UI in another zone shows its own time.

use serde_json::Value;

use super::Scene;

/// The tray and the notifications are shown on the engine's machine.
const IN_THE_ENGINES_ZONE: [&str; 2] = ["tray", "notices"];

/// "at 20:04", but not an ISO 8601 instant.
fn has_a_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |at: usize| at + 1 < bytes.len() && bytes[at..at + 2].iter().all(u8::is_ascii_digit);
    let is_time = |at: usize| {
        let alone = at == 0 || matches!(bytes[at - 1], b' ' | b'(');
        alone && digits(at) && bytes.get(at + 2) == Some(&b':') && digits(at + 3)
    };
    (0..bytes.len()).any(is_time)
}

fn has_an_instant(spans: &Value) -> bool {
    let mut spans = spans.as_array().into_iter().flatten();
    spans.any(|span| span["kind"] == "instant")
}

/// Paths of texts with a time whose object has no spans for them.
fn without_spans(value: &Value, path: &str, found: &mut Vec<String>, seen: &mut Vec<String>) {
    if let Value::Array(values) = value {
        for value in values {
            without_spans(value, path, found, seen);
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let text = field.as_str().filter(|text| has_a_time(text));
        if let Some(text) = text {
            seen.push(name.clone());
            let own = [format!("{name}_spans"), "spans".to_owned()];
            if !own.iter().any(|spans| has_an_instant(&value[spans])) {
                found.push(format!("{path}: {text}"));
            }
        } else if !IN_THE_ENGINES_ZONE.contains(&name.as_str()) {
            without_spans(field, &path, found, seen);
        }
    }
}

#[test]
fn every_time_of_day_in_the_snapshot_is_sent_as_an_instant() {
    let mut scene = Scene::of(
        &["openai"],
        "[fallback]\nsubscription_to_paid_key = \"yes\"\n",
    );
    let rows = scene.play(
        "10:00 page api=ok
         10:01 call opus ok
         10:02 call sonnet cut, gpt-5.6-sol ok
         10:03 call opus 529, gpt-5.6-sol ok
         10:04 call opus 529, gpt-5.6-sol ok
         10:04:10 call opus 529, gpt-5.6-sol ok
         10:05 breaker opus 600
         10:06 call haiku key
         10:06:10 breaker haiku 300 key
         10:07 page api=major code=ok => open 1",
    );
    assert_eq!(rows, 1);
    let snapshot = serde_json::to_value(scene.snapshot()).unwrap();
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    without_spans(&snapshot, "", &mut found, &mut seen);
    assert!(found.is_empty(), "{found:#?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["active", "breaker", "evidence", "sentence", "what"]);
}
