//! A request that failed on every candidate is parked once, with its complete body.

use catalog::Dialect;
use chrono::TimeDelta;

use super::{fresh, minutes, t0};
use crate::{
    Closing, FailedRequest, Ledger, Parked, REVIEW_KEPT, REVIEW_STANDS, ReplayKey, ReviewRun,
    ReviewState, Settled, Unattended, Which,
};

mod drain;

pub(in crate::tests) fn failed(id: &str, minute: i64) -> FailedRequest {
    FailedRequest {
        id: id.to_owned(),
        at: t0() + minutes(minute),
        client: "n8n".to_owned(),
        session: None,
        dialect: Dialect::OpenaiChat,
        route: "leads".to_owned(),
        model: "lead-large".to_owned(),
        streamed: false,
        pipeline: Some("Leads".to_owned()),
        item: Some("lead-17".to_owned()),
        why: format!("No provider could answer at minute {minute}."),
        status: Some(503),
        headers: vec![("openai-beta".to_owned(), "a: b".to_owned())],
        body: vec![b'{', 0xC3, 0x28, 0, b'}'],
        replay: Some(ReplayKey {
            scope: [7; 32],
            request: [8; 32],
        }),
        unattended: Unattended::default(),
    }
}

/// A response to this same request; returns how many items it settled.
fn answered(ledger: &mut Ledger, id: &str, minute: i64) -> usize {
    let settled = Settled {
        id,
        pipeline: None,
        item: None,
        replay: None,
        exchange: Some(99),
    };
    ledger
        .settle_reviews(&settled, t0() + minutes(minute))
        .unwrap()
}

/// The trigger records the sync level of each write: 2 is FULL, which syncs the log at each commit.
#[test]
fn a_parked_request_is_synced_and_other_writes_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("ledger"), t0()).unwrap();
    let watch = "CREATE TEMP TABLE synced (level INTEGER);
         CREATE TEMP TRIGGER t AFTER INSERT ON main.review_items
         BEGIN INSERT INTO synced SELECT synchronous FROM pragma_synchronous; END;";
    ledger.conn.execute_batch(watch).unwrap();
    ledger.park(&failed("a", 0)).unwrap();
    let level = |ledger: &Ledger, from: &str| -> i64 {
        let one = |row: &rusqlite::Row<'_>| row.get(0);
        ledger.conn.query_row(from, (), one).unwrap()
    };
    assert_eq!(level(&ledger, "SELECT level FROM synced"), 2);
    assert_eq!(level(&ledger, "PRAGMA synchronous"), 1);
    // After a failed write too.
    ledger
        .conn
        .execute_batch("DROP TABLE review_items")
        .unwrap();
    assert!(ledger.park(&failed("b", 0)).is_err());
    assert_eq!(level(&ledger, "PRAGMA synchronous"), 1);
}

#[test]
fn a_settled_item_does_not_wait() {
    let mut ledger = fresh();
    assert!(!ledger.is_parked("a").unwrap());
    ledger.park(&failed("a", 0)).unwrap();
    assert!(ledger.is_parked("a").unwrap());
    answered(&mut ledger, "a", 1);
    assert!(!ledger.is_parked("a").unwrap());
}

/// Another request of the same item: an agent's repeated turn, or a later step.
#[test]
fn a_response_for_the_same_item_of_the_same_pipeline_settles_it_and_no_other() {
    for (pipeline, item, settles) in [
        (Some("Leads"), Some("lead-17"), 2),
        (Some("Leads"), Some("lead-18"), 0),
        (Some("Mails"), Some("lead-17"), 0),
        (Some("Leads"), None, 0),
        (None, None, 0),
    ] {
        let mut ledger = fresh();
        let other = FailedRequest {
            pipeline: Some("Leads".into()),
            item: None,
            ..failed("c3", 0)
        };
        for failed in [failed("a1", 0), failed("b2", 0), other] {
            ledger.park(&failed).unwrap();
        }
        let settled = Settled {
            id: "z9",
            pipeline,
            item,
            replay: None,
            exchange: Some(42),
        };
        let count = ledger.settle_reviews(&settled, t0()).unwrap();
        assert_eq!(count, settles, "{pipeline:?} {item:?}");
        let by = ledger.review("a1").unwrap().unwrap().row.settled_by;
        assert_eq!(by, (settles > 0).then_some(42));
    }
}

#[test]
fn a_settled_item_stays_listed_and_can_be_opened_again() {
    let mut ledger = fresh();
    for id in ["a1", "b2", "c3"] {
        ledger.park(&failed(id, 0)).unwrap();
    }
    answered(&mut ledger, "a1", 5);
    ledger
        .close_review("b2", Closing::Done, None, t0() + minutes(5))
        .unwrap();
    let listed = |ledger: &Ledger, which| {
        let page = ledger.reviews(which, 10, None).unwrap();
        let ids = page.rows.into_iter().map(|(_, row)| row.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed(&ledger, Which::Open), ["c3"]);
    assert_eq!(listed(&ledger, Which::Recent(t0())), ["c3", "a1"]);
    assert_eq!(listed(&ledger, Which::Recent(t0() + minutes(5))), ["c3"]);
    assert!(ledger.reopen_review("a1").unwrap());
    assert!(!ledger.reopen_review("a1").unwrap());
    let row = ledger.review("a1").unwrap().unwrap().row;
    let standing = (row.state, row.closed, row.settled_by);
    assert_eq!(standing, (ReviewState::Open, None, None));
}

#[test]
fn each_failure_counts_and_the_complete_request_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    {
        let mut ledger = Ledger::open(&file, t0()).unwrap();
        assert_eq!(ledger.park(&failed("a1", 0)).unwrap(), Parked::Newly);
        assert_eq!(ledger.park(&failed("a1", 3)).unwrap(), Parked::Again);
        assert_eq!(ledger.park(&failed("b2", 4)).unwrap(), Parked::Newly);
    }
    let ledger = Ledger::open(&file, t0()).unwrap();
    assert_eq!(ledger.open_reviews().unwrap(), 2);
    let item = ledger.review("a1").unwrap().unwrap();
    let wanted = failed("a1", 3);
    assert_eq!(item.body, Some(wanted.body));
    assert_eq!(item.headers, wanted.headers);
    assert_eq!(item.replay, wanted.replay);
    assert_eq!(item.run, None);
    let row = item.row;
    assert_eq!(
        (row.failures, row.first, row.last, row.size),
        (2, t0(), t0() + minutes(3), 5)
    );
    assert_eq!(
        (row.state, row.status, row.why.as_str(), row.item.as_deref()),
        (
            ReviewState::Open,
            Some(503),
            "No provider could answer at minute 3.",
            Some("lead-17")
        )
    );
    assert_eq!(ledger.review("c3").unwrap(), None);
}

#[test]
fn a_success_closes_an_item_and_a_later_failure_opens_it_again() {
    let mut ledger = fresh();
    ledger.park(&failed("a1", 0)).unwrap();
    assert_eq!(answered(&mut ledger, "a1", 1), 1);
    assert_eq!(answered(&mut ledger, "a1", 2), 0);
    assert_eq!(answered(&mut ledger, "z9", 0), 0);
    assert_eq!(ledger.open_reviews().unwrap(), 0);
    let row = ledger.review("a1").unwrap().unwrap().row;
    assert_eq!(
        (row.state, row.closed),
        (ReviewState::Answered, Some(t0() + minutes(1)))
    );
    assert_eq!(ledger.park(&failed("a1", 9)).unwrap(), Parked::Newly);
    let row = ledger.review("a1").unwrap().unwrap().row;
    assert_eq!(
        (row.state, row.closed, row.failures),
        (ReviewState::Open, None, 2)
    );
}

#[test]
fn an_item_closed_by_a_person_stays_closed_for_a_day() {
    let mut ledger = fresh();
    for (id, closing, state) in [
        ("a1", Closing::Done, ReviewState::Done),
        ("b2", Closing::Dismissed, ReviewState::Dismissed),
    ] {
        ledger.park(&failed(id, 0)).unwrap();
        let at = t0() + minutes(5);
        assert!(
            ledger
                .close_review(id, closing, Some("sent by hand"), at)
                .unwrap()
        );
        assert!(!ledger.close_review(id, closing, None, at).unwrap());
        assert_eq!(ledger.park(&failed(id, 6)).unwrap(), Parked::StaysClosed);
        let row = ledger.review(id).unwrap().unwrap().row;
        assert_eq!((row.state, row.failures), (state, 2));
        assert_eq!(row.note.as_deref(), Some("sent by hand"));
        let later = FailedRequest {
            at: at + REVIEW_STANDS,
            ..failed(id, 0)
        };
        assert_eq!(ledger.park(&later).unwrap(), Parked::Newly);
    }
    assert_eq!(ledger.open_reviews().unwrap(), 2);
}

#[test]
fn a_closed_items_request_is_deleted_after_its_time_and_an_open_ones_never() {
    let mut ledger = fresh();
    for id in ["a1", "b2"] {
        ledger.park(&failed(id, 0)).unwrap();
        let run = ReviewRun {
            at: t0() + minutes(1),
            status: 200,
            content_type: None,
            body: b"{}".to_vec(),
        };
        assert!(ledger.review_ran(id, &run).unwrap());
        assert_eq!(ledger.review(id).unwrap().unwrap().run, Some(run));
    }
    answered(&mut ledger, "a1", 0);
    let almost = t0() + REVIEW_KEPT - TimeDelta::milliseconds(1);
    assert_eq!(ledger.forget_reviewed(almost).unwrap(), 0);
    assert_eq!(ledger.forget_reviewed(t0() + REVIEW_KEPT).unwrap(), 1);
    let kept = |id| ledger.review(id).unwrap().unwrap();
    assert_eq!(kept("a1").body, None);
    assert_eq!(kept("a1").run.unwrap().body, b"");
    assert_eq!(kept("a1").row.size, 5, "its size is still told");
    assert!(kept("b2").body.is_some());
}

#[test]
fn beyond_the_limit_an_item_is_kept_without_its_request() {
    let mut ledger = fresh();
    assert_eq!(
        ledger.park_within(&failed("a1", 0), 9).unwrap(),
        Parked::Newly
    );
    assert_eq!(
        ledger.park_within(&failed("b2", 0), 9).unwrap(),
        Parked::Newly
    );
    assert!(ledger.review("a1").unwrap().unwrap().body.is_some());
    assert_eq!(ledger.review("b2").unwrap().unwrap().body, None);
    // When there is room, its next failure stores the body.
    answered(&mut ledger, "a1", 0);
    ledger.forget_reviewed(t0() + REVIEW_KEPT).unwrap();
    ledger.park_within(&failed("b2", 1), 9).unwrap();
    assert!(ledger.review("b2").unwrap().unwrap().body.is_some());
}

#[test]
fn items_are_paged_newest_first() {
    let mut ledger = fresh();
    for n in 0..7 {
        ledger.park(&failed(&format!("i{n}"), n)).unwrap();
    }
    answered(&mut ledger, "i5", 0);
    let ids = |which, before| {
        let page = ledger.reviews(which, 3, before).unwrap();
        let ids: Vec<String> = page.rows.into_iter().map(|(_, row)| row.id).collect();
        (ids, page.next)
    };
    let (first, next) = ids(Which::Open, None);
    assert_eq!(first, ["i6", "i4", "i3"]);
    assert_eq!(
        ids(Which::Open, next),
        (vec!["i2".into(), "i1".into(), "i0".into()], None)
    );
    assert_eq!(ids(Which::All, None).0, ["i6", "i5", "i4"]);
}
