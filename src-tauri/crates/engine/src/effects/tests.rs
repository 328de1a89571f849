//! Whatever a receiver and the engine do: a receiver that does not honour keys sees each key at most once, and no accepted
//! effect is lost.

mod world;

use std::time::Duration;

use ledger::{EffectState, OwnersWord, ReceiverResponse};
use proptest::prelude::*;

use world::{Crash, Fault, World};

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Unreachable),
        Just(Fault::ClosesUnread),
        Just(Fault::CutAfterRequest),
        Just(Fault::CutInResponse),
        Just(Fault::Hangs),
        Just(Fault::Answers(200)),
        Just(Fault::Answers(409)),
        Just(Fault::Answers(503)),
    ]
}

fn crash() -> impl Strategy<Value = Crash> {
    (0usize..6, any::<bool>()).prop_map(|(work, after)| Crash { work, after })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn no_sequence_of_crashes_and_faults_sends_a_key_twice(
        faults in prop::collection::vec(fault(), 0..8),
        crashes in prop::collection::vec(crash(), 0..5),
    ) {
        let mut world = World::new(false, faults);
        for crash in crashes {
            world.live(Some(crash));
        }
        world.live(None);
        let row = world.effect();
        prop_assert!(world.seen() <= 1, "{row:?}");
        match row.state {
            EffectState::Done => prop_assert_eq!(world.seen(), 1),
            EffectState::Unknown => prop_assert!(row.first_sent.is_some()),
            EffectState::Waiting | EffectState::Unsent => prop_assert_eq!(world.seen(), 0),
            EffectState::Sending | EffectState::Dropped => prop_assert!(false, "{:?}", row),
        }
    }

    #[test]
    fn a_receiver_that_honours_keys_gets_the_same_key_until_it_answers(
        faults in prop::collection::vec(fault(), 0..6),
        crashes in prop::collection::vec(crash(), 0..4),
    ) {
        let mut world = World::new(true, faults);
        for crash in crashes {
            world.live(Some(crash));
        }
        world.live(None);
        // After these faults it answers.
        prop_assert_eq!(world.effect().state, EffectState::Done);
        prop_assert!(world.seen() >= 1);
    }
}

#[test]
fn only_a_connection_that_was_never_established_is_retried() {
    let unreachable = vec![Fault::Unreachable; 3];
    let mut world = World::new(false, unreachable);
    world.live(None);
    assert_eq!(world.effect().state, EffectState::Done);
    assert_eq!((world.dialed(), world.seen()), (4, 1));

    for fault in [Fault::CutAfterRequest, Fault::CutInResponse, Fault::Hangs] {
        let mut world = World::new(false, vec![fault]);
        world.live(None);
        world.live(None);
        assert_eq!(world.effect().state, EffectState::Unknown, "{fault:?}");
        assert_eq!((world.dialed(), world.seen()), (1, 1), "{fault:?}");
    }
}

#[test]
fn the_owners_word_sends_it_again_or_gives_its_result() {
    let mut world = World::new(false, vec![Fault::CutAfterRequest]);
    world.live(None);
    world.settle(OwnersWord::SendAgain);
    world.live(None);
    assert_eq!(world.effect().state, EffectState::Done);
    assert_eq!(world.seen(), 2);

    let mut world = World::new(false, vec![Fault::CutAfterRequest]);
    world.live(None);
    let response = ReceiverResponse {
        status: 201,
        headers: Vec::new(),
        body: Some(b"INV-17".to_vec()),
    };
    world.settle(OwnersWord::Arrived(response));
    world.live(None);
    assert_eq!(world.effect().status, Some(201));
    assert_eq!(world.seen(), 1);
}

#[test]
fn after_the_window_of_keys_it_is_parked() {
    let mut world = World::new(true, vec![Fault::CutAfterRequest; 500]);
    world.live_for(Duration::from_secs(26 * 3600));
    let row = world.effect();
    assert_eq!(row.state, EffectState::Unknown);
    let last = world.last_seen().unwrap();
    assert!(last <= Duration::from_secs(24 * 3600), "{last:?}");
    assert!(world.seen() > 100, "{}", world.seen());
}

#[test]
fn an_effect_that_never_reaches_its_receiver_is_parked_after_a_day() {
    let mut world = World::new(false, vec![Fault::Unreachable; 1000]);
    world.live_for(Duration::from_secs(26 * 3600));
    assert_eq!(world.effect().state, EffectState::Unsent);
    assert_eq!(world.seen(), 0);
}
