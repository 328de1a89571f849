//! A request with an idempotency key runs once, and its response is stored complete.

use chrono::TimeDelta;

use super::{fresh, minutes, t0};
use crate::{Begun, Ledger, REPLAYS_KEPT, ReplayAnswer, ReplayKey};

fn key(scope: u8, request: u8) -> ReplayKey {
    ReplayKey {
        scope: [scope; 32],
        request: [request; 32],
    }
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
        assert_eq!(ledger.begin_replay(&key(1, 1), t0()).unwrap(), Begun::First);
        ledger
            .complete_replay(&key(1, 1), Some(&kept), t0())
            .unwrap();
    }
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    assert_eq!(
        ledger.begin_replay(&key(1, 1), t0() + minutes(1)).unwrap(),
        Begun::Answered(kept)
    );
}

#[test]
fn a_key_belongs_to_its_first_request_and_to_its_scope() {
    let mut ledger = fresh();
    ledger.begin_replay(&key(1, 1), t0()).unwrap();
    assert_eq!(
        ledger.begin_replay(&key(1, 2), t0()).unwrap(),
        Begun::OtherRequest,
        "under way"
    );
    ledger
        .complete_replay(&key(1, 1), Some(&answer(b"yes")), t0())
        .unwrap();
    assert_eq!(
        ledger.begin_replay(&key(1, 2), t0()).unwrap(),
        Begun::OtherRequest
    );
    assert_eq!(ledger.begin_replay(&key(2, 1), t0()).unwrap(), Begun::First);
}

#[test]
fn a_request_that_only_began_may_run_again() {
    let mut ledger = fresh();
    ledger.begin_replay(&key(1, 1), t0()).unwrap();
    assert_eq!(
        ledger.begin_replay(&key(1, 1), t0() + minutes(1)).unwrap(),
        Begun::First
    );
}

#[test]
fn a_key_whose_request_ended_without_a_response_is_free_for_another() {
    let mut ledger = fresh();
    ledger.begin_replay(&key(1, 1), t0()).unwrap();
    ledger.fail_replay(&key(1, 1)).unwrap();
    assert_eq!(ledger.begin_replay(&key(1, 2), t0()).unwrap(), Begun::First);
    // From now on the key belongs to the other request.
    let again = ledger.begin_replay(&key(1, 1), t0()).unwrap();
    assert_eq!(again, Begun::OtherRequest);
    ledger
        .complete_replay(&key(1, 2), Some(&answer(b"yes")), t0())
        .unwrap();
    for late in [key(1, 1), key(1, 2)] {
        ledger.fail_replay(&late).unwrap();
        let kept = ledger.begin_replay(&key(1, 2), t0()).unwrap();
        assert_eq!(kept, Begun::Answered(answer(b"yes")));
    }
}

#[test]
fn a_response_that_was_not_kept_is_recorded_as_delivered() {
    let mut ledger = fresh();
    ledger.begin_replay(&key(1, 1), t0()).unwrap();
    ledger.complete_replay(&key(1, 1), None, t0()).unwrap();
    assert_eq!(ledger.begin_replay(&key(1, 1), t0()).unwrap(), Begun::Gone);
    assert_eq!(
        ledger.begin_replay(&key(1, 2), t0()).unwrap(),
        Begun::OtherRequest
    );
}

#[test]
fn a_key_is_deleted_a_day_after_its_response() {
    let mut ledger = fresh();
    let answered = t0() + minutes(10);
    ledger.begin_replay(&key(1, 1), t0()).unwrap();
    ledger
        .complete_replay(&key(1, 1), Some(&answer(b"yes")), answered)
        .unwrap();
    let last = answered + REPLAYS_KEPT - TimeDelta::milliseconds(1);
    assert_eq!(ledger.expire_replays(last).unwrap(), 0);
    assert_eq!(
        ledger.begin_replay(&key(1, 1), last).unwrap(),
        Begun::Answered(answer(b"yes"))
    );
    let over = answered + REPLAYS_KEPT;
    assert_eq!(
        ledger.begin_replay(&key(1, 2), over).unwrap(),
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
        ledger.begin_replay(&key(n, 1), at).unwrap();
        ledger
            .write_replay(&key(n, 1), Some(&answer(b"four")), at, 16)
            .unwrap();
    }
    let now = t0() + minutes(9);
    assert_eq!(ledger.begin_replay(&key(0, 1), now).unwrap(), Begun::Gone);
    for n in 1..5 {
        assert_eq!(
            ledger.begin_replay(&key(n, 1), now).unwrap(),
            Begun::Answered(answer(b"four")),
            "{n}"
        );
    }
}
