//! For every client request, the candidate's request conforms to its vendor's published rules.

use catalog::Dialect;
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::request;

use crate::golden::{captured, fallback_target};
use crate::rules::lawful;

#[test]
fn translated_real_requests_are_valid() {
    for requested in captured() {
        for to in Dialect::ALL {
            let translated =
                request(requested.dialect, to, &requested.body, &fallback_target()).unwrap();
            assert_eq!(
                lawful(to, &translated.body),
                Ok(()),
                "{} to {to}",
                requested.name
            );
        }
    }
}

/// A change to one place of a request.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Double,
    Put(Value),
    /// Take the next value of the same list, or reverse the list.
    Swap,
}

fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!(" ")),
        Just(json!([])),
        Just(json!("call_1")),
        Just(json!(7)),
        Just(json!({ "type": "text", "text": "more" })),
        Just(json!({ "role": "user", "content": "more" })),
        Just(json!({ "role": "assistant", "content": "more" })),
        Just(json!({ "role": "system", "content": "more" })),
        "[a-z.:]{0,70}".prop_map(Value::from),
    ];
    prop_oneof![
        Just(Change::Remove),
        Just(Change::Double),
        Just(Change::Swap),
        value.prop_map(Change::Put),
    ]
}

/// Counts through the places of the value and changes the one at `at`.
fn apply(value: &mut Value, at: &mut usize, change: &Change) {
    let keys: Vec<String> = value
        .as_object()
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default();
    for key in keys {
        if *at == 0 {
            match change {
                Change::Put(new) => value[&key] = new.clone(),
                Change::Remove | Change::Double | Change::Swap => {
                    drop(value.as_object_mut().unwrap().remove(&key));
                }
            }
        }
        *at = at.wrapping_sub(1);
        if let Some(inner) = value.get_mut(&key) {
            apply(inner, at, change);
        }
    }
    let mut index = 0;
    while let Some(elements) = value
        .as_array_mut()
        .filter(|elements| index < elements.len())
    {
        if *at == 0 {
            match change {
                Change::Remove => drop(elements.remove(index)),
                Change::Double => elements.insert(index, elements[index].clone()),
                Change::Put(new) => elements.insert(index, new.clone()),
                Change::Swap => elements.reverse(),
            }
        }
        *at = at.wrapping_sub(1);
        if let Some(element) = value.get_mut(index) {
            apply(element, at, change);
        }
        index += 1;
    }
}

/// Requests with few tools, so that most changes affect the conversation.
fn begun() -> Vec<(Dialect, Value)> {
    let read = captured().into_iter().map(|requested| {
        let mut body: Value = serde_json::from_slice(&requested.body).unwrap();
        if let Some(tools) = body["tools"].as_array_mut() {
            tools.truncate(1);
        }
        (requested.dialect, body)
    });
    read.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_request_is_refused_or_valid(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0usize..90, change()), 1..5),
    ) {
        let begun = begun();
        let (from, mut body) = which.get(&begun).clone();
        for (at, change) in &changes {
            apply(&mut body, &mut at.clone(), change);
        }
        for to in Dialect::ALL {
            if let Ok(requested) = request(from, to, body.to_string().as_bytes(), &fallback_target()) {
                let law = lawful(to, &requested.body);
                prop_assert_eq!(law, Ok(()), "{} to {}, {} became {}", from, to, body, String::from_utf8_lossy(&requested.body));
            }
        }
    }
}
