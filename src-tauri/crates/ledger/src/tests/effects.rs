//! An effect is stored before it is sent, and its key is sent once unless the receiver honours it.

use chrono::TimeDelta;

use super::retention::{all_before, delete};
use super::{answered, fresh, minutes, t0};
use crate::{
    EffectBegun, EffectSettled, EffectState, End, Ledger, Limits, NewEffect, OwnersWord,
    ReceiverResponse, Settlement, Unfinished,
};

const RECEIVER: [u8; 32] = [9; 32];

fn new(scope: u8, request: u8) -> NewEffect {
    NewEffect {
        scope: [scope; 32],
        request: [request; 32],
        name: "invoice".to_owned(),
        key: format!("order-{scope}"),
        pipeline: Some("Leads".to_owned()),
        item: Some("lead-17".to_owned()),
        after: None,
        content_type: Some("application/json".to_owned()),
        content_encoding: None,
        body: b"{}".to_vec(),
    }
}

fn response(status: u16) -> ReceiverResponse {
    ReceiverResponse {
        status,
        headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        body: Some(b"made".to_vec()),
    }
}

fn begun(ledger: &mut Ledger, scope: u8) -> i64 {
    let begun = ledger.begin_effect(&new(scope, 1), t0()).unwrap();
    let EffectBegun::First(id) = begun else {
        panic!("{begun:?}");
    };
    id
}

fn state(ledger: &Ledger, id: i64) -> EffectState {
    ledger.effect(id).unwrap().unwrap().row.state
}

fn unknown(ledger: &mut Ledger, scope: u8) -> i64 {
    let id = begun(ledger, scope);
    assert!(ledger.effect_is_sent(id, &RECEIVER, t0()).unwrap());
    let why = "The connection broke.".to_owned();
    let parked = ledger.effect_unfinished(id, &Unfinished::Unknown { why });
    assert!(parked.unwrap());
    id
}

#[test]
fn a_key_belongs_to_one_request() {
    let mut ledger = fresh();
    let id = begun(&mut ledger, 1);
    let again = ledger.begin_effect(&new(1, 1), t0()).unwrap();
    assert_eq!(again, EffectBegun::Known(id));
    let other = ledger.begin_effect(&new(1, 2), t0()).unwrap();
    assert_eq!(other, EffectBegun::OtherRequest(id));
    assert_eq!(ledger.effect_of(&[1; 32]).unwrap(), Some(id));
    assert_eq!(ledger.effect_of(&[2; 32]).unwrap(), None);
}

#[test]
fn a_result_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let id = begun(&mut ledger, 1);
    assert!(ledger.effect_is_sent(id, &RECEIVER, t0()).unwrap());
    assert!(ledger.effect_answered(id, &response(201), t0()).unwrap());
    drop(ledger);
    let ledger = Ledger::open(&file, t0()).unwrap();
    let kept = ledger.effect(id).unwrap().unwrap();
    assert_eq!(kept.row.state, EffectState::Done);
    assert_eq!(kept.response, Some(response(201)));
    assert_eq!((kept.row.attempts, kept.row.first_sent), (1, Some(t0())));
    assert!(ledger.unfinished_effects().unwrap().is_empty());
}

#[test]
fn only_a_waiting_effect_is_sent() {
    let mut ledger = fresh();
    let id = begun(&mut ledger, 1);
    assert!(ledger.effect_is_sent(id, &RECEIVER, t0()).unwrap());
    assert!(!ledger.effect_is_sent(id, &RECEIVER, t0()).unwrap());
    assert_eq!(ledger.unfinished_effects().unwrap(), [id]);
    let parked = unknown(&mut ledger, 2);
    assert!(!ledger.effect_is_sent(parked, &RECEIVER, t0()).unwrap());
    assert_eq!(ledger.open_effects().unwrap(), 1);
    let open = ledger.effects(false, 10, None).unwrap();
    let open: Vec<i64> = open.rows.iter().map(|(id, _)| *id).collect();
    assert_eq!(open, [parked, id]);
}

#[test]
fn the_owner_settles_an_unknown_outcome() {
    let mut ledger = fresh();
    let arrived = unknown(&mut ledger, 1);
    let word = OwnersWord::Arrived(response(200));
    let yes = Ok(EffectSettled::Yes);
    let settled = |ledger: &mut Ledger, id, word: &OwnersWord| {
        ledger
            .settle_effect(id, word, t0())
            .map_err(|error| error.to_string())
    };
    assert_eq!(settled(&mut ledger, arrived, &word), yes);
    let kept = ledger.effect(arrived).unwrap().unwrap();
    assert_eq!(kept.row.settled, Some(Settlement::Arrived));
    assert_eq!(kept.response, Some(response(200)));
    let not = Ok(EffectSettled::Not(EffectState::Done));
    assert_eq!(settled(&mut ledger, arrived, &OwnersWord::SendAgain), not);

    let again = unknown(&mut ledger, 2);
    assert_eq!(settled(&mut ledger, again, &OwnersWord::SendAgain), yes);
    let row = ledger.effect(again).unwrap().unwrap().row;
    assert_eq!((row.state, row.first_sent), (EffectState::Waiting, None));
    assert!(ledger.effect_is_sent(again, &RECEIVER, t0()).unwrap());
    assert!(ledger.effect_answered(again, &response(500), t0()).unwrap());
    // An error of the receiver is a result, and the owner may still send it again.
    assert_eq!(settled(&mut ledger, again, &OwnersWord::Drop), not);
    assert_eq!(settled(&mut ledger, again, &OwnersWord::SendAgain), yes);

    let dropped = unknown(&mut ledger, 3);
    assert_eq!(settled(&mut ledger, dropped, &OwnersWord::Drop), yes);
    let afresh = ledger.begin_effect(&new(3, 7), t0()).unwrap();
    assert!(matches!(afresh, EffectBegun::First(_)), "the key is free");
    let absent = settled(&mut ledger, 999, &OwnersWord::Drop);
    assert_eq!(absent, Ok(EffectSettled::Absent));
}

#[test]
fn a_result_expires_and_an_open_effect_never_does() {
    let mut ledger = fresh();
    let open = unknown(&mut ledger, 1);
    let done = begun(&mut ledger, 2);
    ledger.effect_is_sent(done, &RECEIVER, t0()).unwrap();
    ledger.effect_answered(done, &response(200), t0()).unwrap();
    let limits = |days| Limits {
        effects: Some(t0() + TimeDelta::days(days)),
        ..all_before(t0() - minutes(1))
    };
    assert_eq!(delete(&mut ledger, &limits(0)), 0);
    assert_eq!(delete(&mut ledger, &limits(3650)), 1);
    assert_eq!(state(&ledger, open), EffectState::Unknown);
    assert!(ledger.effect(done).unwrap().is_none());
}

#[test]
fn the_end_of_a_request_is_found_by_its_id() {
    let mut ledger = fresh();
    let mut exchange = answered(t0());
    exchange.request_id = Some("v5x7q02".to_owned());
    ledger.book_exchange(&exchange).unwrap();
    assert_eq!(ledger.end_of("v5x7q02").unwrap(), Some(End::Complete));
    assert_eq!(ledger.end_of("v5x7q03").unwrap(), None);
}
