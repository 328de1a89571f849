use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue};
use wire::Client;

use super::{
    ClientResult, FORGOTTEN, REMEMBERED, REPEATS, SeenRequest, Storm, Storms, TOO_LARGE, WINDOW,
};

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms)
}

fn of_session(storms: &Storms, session: &str, body: &[u8]) -> SeenRequest {
    let client = Client {
        session: Some(session.to_owned()),
        ..Client::default()
    };
    storms.seen(&client, &HeaderMap::new(), body, body.len())
}

fn of_key(storms: &Storms, key: &'static str, body: &[u8]) -> SeenRequest {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static(key));
    storms.seen(&Client::default(), &headers, body, body.len())
}

fn times(storms: &Storms, seen: SeenRequest, how: ClientResult, count: usize, every_ms: i64) {
    for n in 0..count {
        storms.ended(seen, how, at(n as i64 * every_ms));
    }
}

#[test]
fn the_forty_first_of_the_same_request_within_a_minute_is_refused() {
    let storms = Storms::default();
    let seen = of_session(&storms, "s", b"again");
    for n in 0..REPEATS as i64 {
        assert_eq!(storms.admit(seen, at(n * 500)), Ok(()), "number {}", n + 1);
        storms.ended(seen, ClientResult::Failure, at(n * 500));
    }
    assert_eq!(storms.admit(seen, at(20_000)), Err(Storm::Repeated));
    // The first of them is a minute old.
    let minute = WINDOW.num_milliseconds();
    assert_eq!(storms.admit(seen, at(minute - 1)), Err(Storm::Repeated));
    assert_eq!(storms.admit(seen, at(minute)), Ok(()));
}

#[test]
fn slow_repetitions_and_other_bodies_sessions_or_keys_are_not_a_storm() {
    let storms = Storms::default();
    let slow = of_session(&storms, "slow", b"again");
    times(&storms, slow, ClientResult::Failure, 400, 1_501);
    assert_eq!(storms.admit(slow, at(400 * 1_501)), Ok(()));

    let seen = of_session(&storms, "s", b"again");
    times(&storms, seen, ClientResult::Failure, REPEATS, 10);
    let now = at(400);
    assert_eq!(storms.admit(seen, now), Err(Storm::Repeated));
    assert_eq!(
        storms.admit(of_session(&storms, "s", b"other"), now),
        Ok(())
    );
    assert_eq!(
        storms.admit(of_session(&storms, "t", b"again"), now),
        Ok(())
    );
    times(
        &storms,
        of_key(&storms, "k1", b"again"),
        ClientResult::Failure,
        REPEATS,
        10,
    );
    assert_eq!(
        storms.admit(of_key(&storms, "k1", b"again"), now),
        Err(Storm::Repeated)
    );
    assert_eq!(storms.admit(of_key(&storms, "k2", b"again"), now), Ok(()));
}

#[test]
fn a_response_resets_the_count_and_open_requests_do_not_count() {
    let storms = Storms::default();
    let seen = of_session(&storms, "s", b"again");
    times(&storms, seen, ClientResult::Failure, REPEATS, 10);
    storms.ended(seen, ClientResult::Answer, at(400));
    for _ in 0..500 {
        assert_eq!(
            storms.admit(seen, at(400)),
            Ok(()),
            "a load test is no storm"
        );
    }
    times(&storms, seen, ClientResult::Nothing, 500, 1);
    assert_eq!(storms.admit(seen, at(500)), Ok(()));
}

#[test]
fn a_response_truncated_at_a_token_limit_counts_only_for_an_agent() {
    let storms = Storms::default();
    let (agent, script) = (
        of_session(&storms, "s", b"again"),
        of_key(&storms, "k", b"again"),
    );
    for seen in [agent, script] {
        times(&storms, seen, ClientResult::Truncated, REPEATS, 10);
    }
    assert_eq!(storms.admit(agent, at(400)), Err(Storm::Repeated));
    assert_eq!(storms.admit(script, at(400)), Ok(()));
}

#[test]
fn after_five_too_large_in_a_row_only_a_smaller_request_passes() {
    let storms = Storms::default();
    let of_size = |size: usize| {
        let client = Client {
            session: Some("s".to_owned()),
            ..Client::default()
        };
        // The turns differ, so it is not the same request.
        storms.seen(
            &client,
            &HeaderMap::new(),
            &size.to_string().into_bytes(),
            size,
        )
    };
    for n in 0..TOO_LARGE as usize {
        assert_eq!(storms.admit(of_size(1_000 + n), at(n as i64)), Ok(()));
        storms.ended(of_size(1_000 + n), ClientResult::TooLarge, at(n as i64));
    }
    assert_eq!(storms.admit(of_size(1_000), at(9)), Err(Storm::TooLarge));
    assert_eq!(storms.admit(of_size(9_000), at(9)), Err(Storm::TooLarge));
    assert_eq!(storms.admit(of_size(999), at(9)), Ok(()), "compacted");
    let later = at(4) + FORGOTTEN;
    assert_eq!(storms.admit(of_size(9_000), later), Ok(()));
    storms.ended(of_size(999), ClientResult::Answer, at(10));
    assert_eq!(storms.admit(of_size(9_000), at(11)), Ok(()));
}

#[test]
fn the_memory_is_limited_and_the_longest_idle_entry_is_removed() {
    let storms = Storms::default();
    let loud = of_session(&storms, "loud", b"again");
    for n in 0..5_000_i64 {
        let body = n.to_string().into_bytes();
        storms.ended(
            of_session(&storms, &n.to_string(), &body),
            ClientResult::TooLarge,
            at(n),
        );
        storms.ended(loud, ClientResult::TooLarge, at(n));
    }
    let guard = storms.guard();
    assert_eq!(guard.repeats.len(), REMEMBERED);
    assert_eq!(guard.too_large.len(), REMEMBERED);
    assert!(guard.repeats.values().all(|times| times.len() <= REPEATS));
    drop(guard);
    assert!(storms.admit(loud, at(5_000)).is_err());
}
