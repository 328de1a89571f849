//! Items that finish without a person: what is written before and after each step.

use catalog::MicroDollars;

use super::{failed, fresh, minutes, t0};
use crate::{
    Delivery, DrainedAnswer, End, FailedRequest, Fetched, Ledger, NextDelivery, ReplayKey, Resume,
    ReviewRun, ReviewState, Settled, Unattended,
};

const OWNER: [u8; 32] = [5; 32];

fn parked(id: &str) -> FailedRequest {
    FailedRequest {
        item: None,
        unattended: Unattended {
            owner: Some(OWNER),
            run: Some([6; 32]),
            resume: Some(Resume::Url("https://n8n.example/w/7?signature=00ff".into())),
            subscription: false,
        },
        ..failed(id, 0)
    }
}

fn answer(deliver: bool) -> DrainedAnswer {
    DrainedAnswer {
        run: ReviewRun {
            at: t0() + minutes(5),
            status: 200,
            content_type: Some("application/json".into()),
            body: b"{}".to_vec(),
        },
        deliver,
    }
}

fn next(state: Delivery) -> NextDelivery {
    NextDelivery {
        state,
        at: t0() + minutes(6),
        note: "Delivered to the webhook.".into(),
    }
}

fn state(ledger: &Ledger, id: &str) -> (ReviewState, Option<Delivery>) {
    let row = ledger.review(id).unwrap().unwrap().row;
    (row.state, row.delivery)
}

#[test]
fn a_drained_item_is_open_until_its_response_is_delivered() {
    let mut ledger = fresh();
    ledger.park(&parked("a")).unwrap();
    let before = ledger.drainable().unwrap();
    assert_eq!(before.len(), 1);
    assert!(before[0].row.stored);
    assert!(!format!("{before:?}").contains("signature"), "{before:?}");

    assert!(ledger.drain_begins("a", t0() + minutes(4)).unwrap());
    ledger.drain_cost("a", MicroDollars(700), Some(31)).unwrap();
    assert!(ledger.drained("a", &answer(true)).unwrap());
    assert_eq!(
        state(&ledger, "a"),
        (ReviewState::Open, Some(Delivery::Ready))
    );
    let row = &ledger.drainable().unwrap()[0];
    assert_eq!((row.row.runs, row.answered), (1, Some(200)));

    assert_eq!(ledger.delivery_begins("a").unwrap(), Some(Delivery::Ready));
    // The outcome of the first attempt is not known: the same id is sent again.
    assert_eq!(
        ledger.delivery_begins("a").unwrap(),
        Some(Delivery::Sending)
    );
    assert!(
        ledger
            .delivery_ended("a", &next(Delivery::Delivered))
            .unwrap()
    );
    let row = ledger.review("a").unwrap().unwrap().row;
    assert_eq!(
        (row.state, row.delivery_attempts),
        (ReviewState::Answered, 2)
    );
    assert_eq!(row.note.as_deref(), Some("Delivered to the webhook."));
    assert_eq!(row.settled_by, Some(31));
    assert_eq!(ledger.delivery_begins("a").unwrap(), None, "once");
    assert!(!ledger.drain_begins("a", t0()).unwrap());

    let sums = ledger.today(t0()).unwrap();
    assert_eq!(sums.fallbacks, MicroDollars(700));
    assert_eq!(
        ledger.today(t0() + minutes(30)).unwrap().fallbacks,
        MicroDollars::ZERO
    );
    assert!(ledger.reopen_review("a").unwrap());
    assert_eq!(state(&ledger, "a"), (ReviewState::Open, None));
}

#[test]
fn an_item_that_was_closed_meanwhile_is_not_delivered() {
    let mut ledger = fresh();
    ledger.park(&parked("a")).unwrap();
    ledger.drain_begins("a", t0()).unwrap();
    ledger
        .close_review("a", crate::Closing::Done, None, t0())
        .unwrap();
    assert!(!ledger.drained("a", &answer(true)).unwrap());
    assert_eq!(ledger.delivery_begins("a").unwrap(), None);
    assert_eq!(state(&ledger, "a"), (ReviewState::Done, None));
}

#[test]
fn a_response_under_the_same_key_settles_equal_bodies_and_marks_others() {
    let mut ledger = fresh();
    let key = |request| ReplayKey {
        scope: [7; 32],
        request: [request; 32],
    };
    for (id, request) in [("equal", 8), ("other", 9)] {
        let replay = Some(key(request));
        ledger
            .park(&FailedRequest {
                replay,
                ..parked(id)
            })
            .unwrap();
    }
    let settled = Settled {
        id: "from another session",
        pipeline: Some("Leads"),
        item: None,
        replay: Some(key(8)),
        exchange: Some(12),
    };
    assert_eq!(ledger.settle_reviews(&settled, t0()).unwrap(), 1);
    assert_eq!(state(&ledger, "equal").0, ReviewState::Answered);
    let other = ledger.review("other").unwrap().unwrap().row;
    assert_eq!((other.state, other.similar), (ReviewState::Open, Some(12)));
}

#[test]
fn a_caller_fetches_its_own_response_as_often_as_it_wants() {
    let mut ledger = fresh();
    let fetch =
        |ledger: &mut Ledger, id: &str, owner| ledger.fetch_review(id, &owner, t0()).unwrap();
    assert_eq!(fetch(&mut ledger, "a", OWNER), Fetched::Nothing);
    ledger.park(&parked("a")).unwrap();
    assert_eq!(fetch(&mut ledger, "a", OWNER), Fetched::Waiting);
    assert_eq!(ledger.end_of("a").unwrap(), None);
    assert_eq!(fetch(&mut ledger, "a", [4; 32]), Fetched::Nothing);
    ledger.drained("a", &answer(true)).unwrap();
    assert_eq!(ledger.end_of("a").unwrap(), Some(End::Complete));
    assert_eq!(fetch(&mut ledger, "a", [4; 32]), Fetched::Nothing);
    assert_eq!(state(&ledger, "a").0, ReviewState::Open);
    for _ in 0..2 {
        let Fetched::Answered(answer) = fetch(&mut ledger, "a", OWNER) else {
            panic!("no response");
        };
        assert_eq!((answer.status, &*answer.body), (200, &b"{}"[..]));
        assert_eq!(
            state(&ledger, "a"),
            (ReviewState::Answered, Some(Delivery::Delivered))
        );
    }
    ledger.park(&parked("b")).unwrap();
    ledger
        .close_review("b", crate::Closing::Dismissed, None, t0())
        .unwrap();
    assert_eq!(fetch(&mut ledger, "b", OWNER), Fetched::Closed);
}
