//! JSON of an engine whose API had strings where there are enums now. It is read without loss and written as it was.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use api::{
    AttemptOutcome, Command, Delivery, Dialect, ExchangePage, Explained, Fallbacks, Incident,
    ReviewPage, Snapshot, TimelineSource, View,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn unchanged<T: Serialize + DeserializeOwned>(recorded: &str) -> T {
    let before: Value = serde_json::from_str(recorded).unwrap();
    let parsed: T = serde_json::from_str(recorded).unwrap();
    same("", &before, &serde_json::to_value(&parsed).unwrap());
    parsed
}

/// Compares the fields that both versions have.
fn same(path: &str, before: &Value, now: &Value) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before {
                if let Some(now) = now.get(name) {
                    same(&format!("{path}.{name}"), value, now);
                }
            }
        }
        (Value::Array(before), Value::Array(now)) => {
            assert_eq!(before.len(), now.len(), "{path}");
            for (at, (before, now)) in before.iter().zip(now).enumerate() {
                same(&format!("{path}[{at}]"), before, now);
            }
        }
        (before, now) => assert_eq!(before, now, "{path}"),
    }
}

#[test]
fn recorded_documents_are_written_as_they_were_read() {
    let exchanges: ExchangePage = unchanged(include_str!("recorded/exchanges.json"));
    let carried = &exchanges.exchanges[1];
    assert_eq!(carried.dialect, Dialect::Anthropic);
    assert_eq!(carried.attempts[0].outcome, AttemptOutcome::Failed);
    assert_eq!(carried.attempts[1].outcome, AttemptOutcome::Complete);
    assert_eq!(carried.attempts[1].spoken, Some(Dialect::OpenaiChat));
    let explained: Explained = unchanged(include_str!("recorded/explained.json"));
    assert_eq!(explained.delivery, Delivery::ByClient);
    unchanged::<Snapshot>(include_str!("recorded/snapshot.json"));
    unchanged::<Fallbacks>(include_str!("recorded/fallbacks.json"));
    unchanged::<ReviewPage>(include_str!("recorded/review.json"));
}

#[test]
fn a_recorded_timeline_entry_without_a_source_is_understudys() {
    let incident: Incident = serde_json::from_str(include_str!("recorded/incident.json")).unwrap();
    assert_eq!(incident.timeline[0].source, TimelineSource::Understudy);
    let mut written = serde_json::to_value(&incident).unwrap();
    written["timeline"][0]
        .as_object_mut()
        .unwrap()
        .remove("source");
    // Fields of a later version.
    let fields = written.as_object_mut().unwrap();
    assert_eq!(fields.remove("impact"), Some(Value::Null));
    assert_eq!(fields.remove("items"), Some(Value::Array(Vec::new())));
    let summary = written["summary"].as_object_mut().unwrap();
    assert_eq!(summary.remove("impact"), Some(Value::Null));
    assert_eq!(summary.remove("interrupted_sessions"), Some(Value::Null));
    let recorded: Value = serde_json::from_str(include_str!("recorded/incident.json")).unwrap();
    assert_eq!(written, recorded);
}

fn name<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_name_of_a_value_is_its_name_in_json() {
    use Delivery::{ByClient, Guarded, Live, Verified};
    for one in [Verified, Guarded, Live, ByClient] {
        assert_eq!(name(one), one.as_str());
    }
    use Dialect::{Anthropic, OpenaiChat, OpenaiResponses, Other};
    for one in [Anthropic, OpenaiChat, OpenaiResponses, Other] {
        assert_eq!(name(one), one.as_str());
    }
    use View::{Incidents, Now, Pipelines, Requests, Review, Settings, Stop};
    for one in [Incidents, Now, Pipelines, Requests, Review, Settings, Stop] {
        assert_eq!(name(one), one.as_str());
    }
}

#[test]
fn a_name_of_another_version_is_read() {
    let read = |text: &str| serde_json::from_value::<Dialect>(json!(text)).unwrap();
    assert_eq!(read("gemini"), Dialect::Other);
    let outcome: AttemptOutcome = serde_json::from_value(json!("preempted")).unwrap();
    assert_eq!(outcome, AttemptOutcome::Other);
    let opened = |view: &str| {
        serde_json::from_value::<Command>(json!({ "do": "open_window", "view": view })).unwrap()
    };
    for (text, view) in [
        ("now", View::Now),
        ("traffic", View::Requests),
        ("review", View::Review),
        ("calendar", View::Now),
    ] {
        assert_eq!(opened(text), Command::OpenWindow { view });
    }
}
