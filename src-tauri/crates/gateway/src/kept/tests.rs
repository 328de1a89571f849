//! The stored parts of a response, and their positions in a later request.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::expanded::Expanded;
use super::item;
use super::references::{Found, FoundItem, Item, Previous, References};
use super::response::{Observer, Response, read_document};
use super::write::Of;

fn event(event: &Value) -> String {
    let name = event["type"].as_str().unwrap();
    format!("event: {name}\ndata: {event}\n\n")
}

/// `output`: of the last event; Codex's backend leaves it empty.
fn stream(end: &str, status: &str, output: &Value) -> String {
    let item = |at: u8, id: &str| json!({ "type": "response.output_item.done", "output_index": at, "item": { "type": "message", "id": id } });
    let response = json!({ "id": "resp_1", "status": status, "output": output });
    [
        json!({ "type": "response.created", "response": { "id": "resp_1", "output": [] } }),
        item(1, "b"),
        item(0, "a"),
        json!({ "type": end, "response": response }),
    ]
    .iter()
    .map(event)
    .collect()
}

fn observed(stream: &str, pieces: usize) -> Option<Response> {
    let mut observer = Observer::default();
    let mut pieces = stream.as_bytes().chunks(pieces);
    pieces.find_map(|piece| observer.push(piece))
}

#[test]
fn only_a_complete_response_is_kept_with_items_from_the_stream_or_its_end() {
    let last = json!([{ "type": "message", "id": "of the last event" }]);
    let cases = [
        (
            "response.completed",
            "completed",
            json!([]),
            Some(vec!["a", "b"]),
        ),
        (
            "response.completed",
            "completed",
            last.clone(),
            Some(vec!["of the last event"]),
        ),
        (
            "response.incomplete",
            "incomplete",
            last.clone(),
            Some(vec!["of the last event"]),
        ),
        ("response.completed", "failed", last.clone(), None),
        ("response.failed", "failed", last, None),
    ];
    for (end, status, output, expected) in cases {
        let found = observed(&stream(end, status, &output), 4096);
        let found = found.map(|response| {
            let ids = response
                .output
                .iter()
                .map(|raw| item::output(raw).id.unwrap());
            ids.collect::<Vec<String>>()
        });
        let expected = expected.map(|ids| ids.into_iter().map(str::to_owned).collect());
        assert_eq!(found, expected, "{end} {status}");
    }
    let document = json!({ "id": "resp_1", "output": [{ "type": "message", "id": "a" }] });
    assert_eq!(
        read_document(document.to_string().as_bytes()).unwrap().id,
        "resp_1"
    );
    assert_eq!(read_document(br#"{"error":{"message":"no"}}"#), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_split_of_a_stream_gives_the_same_response(pieces in 1_usize..200) {
        let stream = stream("response.completed", "completed", &json!([]));
        prop_assert_eq!(observed(&stream, pieces), observed(&stream, 4096));
    }
}

#[test]
fn an_item_is_kept_in_the_form_that_a_client_sends() {
    let rows = [
        (
            json!({ "type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [] }),
            Some(json!({ "type": "message", "role": "assistant", "content": [] })),
        ),
        (
            json!({ "type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed" }),
            Some(
                json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" }),
            ),
        ),
        // A truncated call is not stored.
        (
            json!({ "type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{", "status": "incomplete" }),
            None,
        ),
        // Only its own vendor can read it.
        (
            json!({ "type": "reasoning", "id": "rs_1", "summary": [] }),
            None,
        ),
        (
            json!({ "type": "compaction", "id": "cmp_1", "encrypted_content": "x" }),
            None,
        ),
        // Its id is part of it.
        (
            json!({ "type": "web_search_call", "id": "ws_1", "status": "completed" }),
            Some(json!({ "type": "web_search_call", "id": "ws_1", "status": "completed" })),
        ),
    ];
    for (raw, expected) in rows {
        let kept = item::output(&raw.to_string());
        assert_eq!(kept.id.as_deref(), raw["id"].as_str());
        let text = kept
            .text
            .map(|text| serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(text, expected, "{raw}");
    }
}

fn kept(text: &str) -> Item {
    let text = json!({ "type": "message", "role": "user", "content": text }).to_string();
    Item {
        name: Of::Text(&text).name(&[0; 32]),
        text,
    }
}

fn found() -> Found {
    let item = |holder: &str, item| FoundItem {
        holder: Some(holder.to_owned()),
        item,
    };
    Found {
        previous: Some(Previous {
            items: vec![kept("one"), kept("two"), kept("three")],
            anchors: [("lead".to_owned(), ("resp_of_lead".to_owned(), 2))].into(),
        }),
        items: [
            (
                "msg_lead".to_owned(),
                item("lead", Some(kept("of the lead"))),
            ),
            (
                "msg_other".to_owned(),
                item("other", Some(kept("of another"))),
            ),
            ("rs_other".to_owned(), item("other", None)),
        ]
        .into(),
    }
}

fn reference(id: &str) -> Value {
    json!({ "type": "item_reference", "id": id })
}

fn body(expanded: &Bytes) -> Value {
    serde_json::from_slice(expanded).unwrap()
}

#[test]
fn a_holder_gets_its_own_ids_and_the_rest_in_full() {
    let request = json!({ "model": "m", "previous_response_id": "resp_of_another", "input": [
        reference("msg_lead"), reference("msg_other"), reference("rs_other"), reference("unknown"), { "role": "user", "content": "four" },
    ] });
    let messages = |texts: &[&str]| {
        let items = texts.iter().map(|text| body(&Bytes::from(kept(text).text)));
        items.collect::<Vec<Value>>()
    };
    let expanded = Expanded::for_holder(request.to_string().as_bytes(), &found(), "lead").unwrap();
    let reported = body(&expanded.body);
    assert_eq!(reported["previous_response_id"], "resp_of_lead");
    let mut input = messages(&["three"]);
    input.push(reference("msg_lead"));
    input.extend(messages(&["of another"]));
    input.extend([
        reference("unknown"),
        json!({ "role": "user", "content": "four" }),
    ]);
    assert_eq!(reported["input"], Value::from(input));

    // A candidate that stores none of it gets all of it, or nothing if some is not kept.
    let all = Expanded::for_holder(request.to_string().as_bytes(), &found(), "third").unwrap();
    assert_eq!(body(&all.body).get("previous_response_id"), None);
    assert_eq!(
        Expanded::in_full(request.to_string().as_bytes(), &found(), 1 << 20),
        None
    );
    let mut known = request;
    known["input"].as_array_mut().unwrap().remove(3);
    let known = known.to_string();
    let full = Expanded::in_full(known.as_bytes(), &found(), 1 << 20).unwrap();
    let mut input = messages(&["one", "two", "three", "of the lead", "of another"]);
    input.push(json!({ "role": "user", "content": "four" }));
    assert_eq!(body(&full.body)["input"], Value::from(input));
    assert_eq!(
        Expanded::in_full(known.as_bytes(), &found(), 100),
        None,
        "too long"
    );
}

#[test]
fn only_what_can_be_kept_counts_as_a_reference() {
    let of = |body: Value| References::of(body.to_string().as_bytes());
    assert_eq!(
        of(json!({ "input": "about item_reference and previous_response_id" })),
        None
    );
    assert_eq!(
        of(json!({ "input": "x", "previous_response_id": null })),
        None
    );
    let both = json!({ "previous_response_id": "resp_1", "input": [reference("a"), { "role": "user", "content": "x" }] });
    let expected = References {
        previous: Some("resp_1".to_owned()),
        items: vec!["a".to_owned()],
    };
    assert_eq!(of(both), Some(expected));
}
