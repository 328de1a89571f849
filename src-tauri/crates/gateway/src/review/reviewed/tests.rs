use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, HeaderValue, Request};
use wire::Client;

use super::{Review, Reviewed};
use crate::draft::Draft;
use crate::{End, TurnedAway};

fn exchange(pipeline: Option<&str>, item: Option<&str>, session: Option<&str>) -> Draft {
    let (head, ()) = Request::new(()).into_parts();
    let (id, started) = (crate::ExchangeId::new(1), chrono::DateTime::UNIX_EPOCH);
    let pipeline = pipeline.map(str::to_owned);
    Draft {
        client: Client {
            session: session.map(str::to_owned),
            ..Client::default()
        },
        item: item.map(str::to_owned),
        ..Draft::of_head(id, &head, pipeline, Dialect::OpenaiChat, started)
    }
}

fn reviewed(exchange: &Draft, body: &'static str) -> Option<Reviewed> {
    Reviewed::of(
        exchange,
        false,
        &HeaderMap::new(),
        &Bytes::from_static(body.as_bytes()),
        None,
    )
}

fn id(exchange: &Draft, body: &'static str) -> String {
    let found = reviewed(exchange, body).unwrap();
    found.parks(&End::Exhausted).unwrap().to_owned()
}

#[test]
fn an_agents_request_is_not_parked() {
    let agent = exchange(None, Some("i"), Some("s"));
    assert!(reviewed(&agent, "{}").is_none());
    let strict =
        |of: &Draft| Reviewed::of(of, true, &HeaderMap::new(), &Bytes::new(), None).is_some();
    assert!(!strict(&agent));
    assert!(strict(&exchange(None, None, None)));
    let rehearsed = Draft {
        rehearsal: true,
        ..exchange(Some("Leads"), None, None)
    };
    assert!(reviewed(&rehearsed, "{}").is_none());
}

#[test]
fn each_retry_of_a_request_has_the_same_id_and_no_other_request_has_it() {
    let lead = || exchange(Some("Leads"), Some("17"), Some("s"));
    let first = id(&lead(), "{}");
    assert_eq!(first.len(), 16);
    let elsewhere = exchange(Some("Leads"), Some("17"), Some("another"));
    assert_eq!(
        id(&elsewhere, "{}"),
        first,
        "an item's retry from another run"
    );
    let mut seen = vec![first];
    for (other, body) in [
        (lead(), "{\"temperature\":1}"),
        (exchange(Some("Leads"), Some("18"), Some("s")), "{}"),
        (exchange(Some("Leads1"), Some("7"), Some("s")), "{}"),
        (exchange(Some("Leads"), None, Some("s")), "{}"),
        (exchange(Some("Leads"), None, Some("t")), "{}"),
        (exchange(Some("Leads"), None, None), "{}"),
        (
            Draft {
                dialect: Dialect::OpenaiResponses,
                ..lead()
            },
            "{}",
        ),
    ] {
        let id = id(&other, body);
        assert!(!seen.contains(&id), "{other:?} {body}");
        seen.push(id);
    }
}

#[test]
fn the_effect_of_each_end_on_the_queue() {
    let lead = exchange(Some("Leads"), Some("17"), None);
    let alone = |end: End| reviewed(&lead, "{}").unwrap().after(&end, true);
    let after = |end: End| reviewed(&lead, "{}").unwrap().after(&end, false);
    let known = id(&lead, "{}");
    // A client that gave up without a response has left its work undone.
    for end in [End::Exhausted, End::Cut, End::ClientLeft] {
        assert!(matches!(after(end), Some(Review::Parked(parked)) if parked.id == known));
    }
    for end in [End::Complete, End::Truncated, End::Refused] {
        assert!(matches!(after(end), Some(Review::Answered { id, .. }) if id == known));
    }
    // There was no reader for the response, or for the end.
    for end in [End::Complete, End::Truncated, End::Refused] {
        assert!(matches!(alone(end), Some(Review::Unfetched(parked)) if parked.id == known));
    }
    for end in [End::Exhausted, End::Cut, End::ClientLeft] {
        assert!(matches!(alone(end), Some(Review::Parked(parked)) if parked.id == known));
    }
    assert_eq!(alone(End::CallersFault), None);
    for end in [
        End::CallersFault,
        End::OurFault,
        End::TurnedAway(TurnedAway::WebSocket),
    ] {
        assert_eq!(after(end), None);
    }
}

#[test]
fn a_credential_is_not_stored() {
    let mut headers = HeaderMap::new();
    for name in [
        "authorization",
        "x-api-key",
        "cookie",
        "anthropic-version",
        "anthropic-beta",
    ] {
        headers.insert(name, HeaderValue::from_static("v"));
    }
    let lead = exchange(Some("Leads"), None, None);
    let kept = Reviewed::of(&lead, false, &headers, &Bytes::new(), None).unwrap();
    let Some(Review::Parked(parked)) = kept.after(&End::Exhausted, false) else {
        panic!("an exhausted request is parked");
    };
    let names: Vec<&str> = parked
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["anthropic-version", "anthropic-beta"]);
}

#[test]
fn a_retried_turn_of_an_agent_has_other_call_ids_and_one_id_in_the_queue() {
    let lead = exchange(Some("Leads"), None, None);
    let [first, again, other] = [("call_1", "ok"), ("call_2", "ok"), ("call_1", "no")].map(|(call, result)| {
        let body = format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"id":"{call}","type":"function","function":{{"name":"t","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"{call}","content":"{result}"}}]}}"#
        );
        id(&lead, body.leak())
    });
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn the_error_names_the_place_where_a_request_waits() {
    for (engine, shown) in [
        (
            Some("127.0.0.1:4747"),
            "http://127.0.0.1:4747/ui/#review/0a1b",
        ),
        (Some("0.0.0.0:80"), "http://127.0.0.1:80/ui/#review/0a1b"),
        (Some("[::1]:4747"), "http://[::1]:4747/ui/#review/0a1b"),
        (None, "understudyd review show 0a1b"),
    ] {
        let sentence = super::waits("0a1b", engine.map(|engine| engine.parse().unwrap()));
        assert!(sentence.contains(shown), "{sentence}");
    }
}
