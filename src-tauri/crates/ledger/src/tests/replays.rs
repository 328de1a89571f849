//! A request with an idempotency key runs once, and its response is stored complete.

use chrono::{DateTime, TimeDelta, Utc};

use super::{fresh, minutes, t0};
use crate::{Begun, Ledger, REPLAYS_KEPT, ReplayAnswer, ReplayKey};

fn key(scope: u8, request: u8) -> ReplayKey {
    ReplayKey {
        scope: [scope; 32],
        request: [request; 32],
    }
}

fn begin(ledger: &mut Ledger, key: ReplayKey, at: DateTime<Utc>) -> Begun {
    let (stored, begun) = ledger.begin_replay(&key, None, at).unwrap();
    assert_eq!(stored, key);
    begun
}

fn answer(body: &[u8]) -> ReplayAnswer {
    ReplayAnswer {
        status: 200,
        content_type: Some("text/event-stream".to_owned()),
        body: body.to_vec(),
    }
}

#[test]
fn a_kept_response_is_unchanged_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let kept = answer(&[0, 255, b'\n', 0xC3, 0x28]);
    {
        let mut ledger = Ledger::open(&file, t0()).unwrap();
        assert_eq!(begin(&mut ledger, key(1, 1), t0()), Begun::First);
        ledger
            .complete_replay(&key(1, 1), Some(&kept), t0())
            .unwrap();
    }
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    assert_eq!(
        begin(&mut ledger, key(1, 1), t0() + minutes(1)),
        Begun::Answered(kept)
    );
}

#[test]
fn a_key_belongs_to_its_first_request_and_to_its_scope() {
    let mut ledger = fresh();
    begin(&mut ledger, key(1, 1), t0());
    assert_eq!(
        begin(&mut ledger, key(1, 2), t0()),
        Begun::OtherRequest,
        "under way"
    );
    ledger
        .complete_replay(&key(1, 1), Some(&answer(b"yes")), t0())
        .unwrap();
    assert_eq!(begin(&mut ledger, key(1, 2), t0()), Begun::OtherRequest);
    assert_eq!(begin(&mut ledger, key(2, 1), t0()), Begun::First);
}

#[test]
fn a_request_that_only_began_may_run_again() {
    let mut ledger = fresh();
    begin(&mut ledger, key(1, 1), t0());
    assert_eq!(
        begin(&mut ledger, key(1, 1), t0() + minutes(1)),
        Begun::First
    );
}

#[test]
fn a_key_whose_request_ended_without_a_response_is_free_for_another() {
    let mut ledger = fresh();
    begin(&mut ledger, key(1, 1), t0());
    ledger.fail_replay(&key(1, 1)).unwrap();
    assert_eq!(begin(&mut ledger, key(1, 2), t0()), Begun::First);
    // From now on the key belongs to the other request.
    let again = begin(&mut ledger, key(1, 1), t0());
    assert_eq!(again, Begun::OtherRequest);
    ledger
        .complete_replay(&key(1, 2), Some(&answer(b"yes")), t0())
        .unwrap();
    for late in [key(1, 1), key(1, 2)] {
        ledger.fail_replay(&late).unwrap();
        let kept = begin(&mut ledger, key(1, 2), t0());
        assert_eq!(kept, Begun::Answered(answer(b"yes")));
    }
}

#[test]
fn a_response_that_was_not_kept_is_recorded_as_delivered() {
    let mut ledger = fresh();
    begin(&mut ledger, key(1, 1), t0());
    ledger.complete_replay(&key(1, 1), None, t0()).unwrap();
    assert_eq!(begin(&mut ledger, key(1, 1), t0()), Begun::Gone);
    assert_eq!(begin(&mut ledger, key(1, 2), t0()), Begun::OtherRequest);
}

#[test]
fn a_key_is_deleted_a_day_after_its_response() {
    let mut ledger = fresh();
    let answered = t0() + minutes(10);
    begin(&mut ledger, key(1, 1), t0());
    ledger
        .complete_replay(&key(1, 1), Some(&answer(b"yes")), answered)
        .unwrap();
    let last = answered + REPLAYS_KEPT - TimeDelta::milliseconds(1);
    assert_eq!(ledger.expire_replays(last).unwrap(), 0);
    assert_eq!(
        begin(&mut ledger, key(1, 1), last),
        Begun::Answered(answer(b"yes"))
    );
    let over = answered + REPLAYS_KEPT;
    assert_eq!(
        begin(&mut ledger, key(1, 2), over),
        Begun::First,
        "even where nobody has deleted it"
    );
    assert_eq!(ledger.expire_replays(over + REPLAYS_KEPT).unwrap(), 1);
}

#[test]
fn the_oldest_bodies_are_deleted_and_their_requests_do_not_run_again() {
    let mut ledger = fresh();
    for n in 0..5 {
        let at = t0() + minutes(i64::from(n));
        begin(&mut ledger, key(n, 1), at);
        ledger
            .write_replay(&key(n, 1), Some(&answer(b"four")), at, 16)
            .unwrap();
    }
    let now = t0() + minutes(9);
    assert_eq!(begin(&mut ledger, key(0, 1), now), Begun::Gone);
    for n in 1..5 {
        assert_eq!(
            begin(&mut ledger, key(n, 1), now),
            Begun::Answered(answer(b"four")),
            "{n}"
        );
    }
}

fn upgraded(ledger: &mut Ledger, key: ReplayKey, former: ReplayKey) -> (ReplayKey, Begun) {
    ledger.begin_replay(&key, Some(&former), t0()).unwrap()
}

#[test]
fn a_key_of_an_earlier_version_is_found() {
    let (new, former) = (key(9, 9), key(1, 1));
    let mut ledger = fresh();
    assert_eq!(
        upgraded(&mut ledger, key(8, 8), key(2, 2)),
        (key(8, 8), Begun::First)
    );
    begin(&mut ledger, former, t0());
    assert_eq!(
        upgraded(&mut ledger, new, former),
        (former, Begun::First),
        "interrupted"
    );
    ledger
        .complete_replay(&former, Some(&answer(b"yes")), t0())
        .unwrap();
    let kept = Begun::Answered(answer(b"yes"));
    assert_eq!(upgraded(&mut ledger, new, former), (former, kept));
    let other = upgraded(&mut ledger, key(9, 8), key(1, 2));
    assert_eq!(other.1, Begun::OtherRequest);
}
