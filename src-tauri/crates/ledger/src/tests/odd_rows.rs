//! A row that cannot be read does not hide the others.

use super::{carried, fresh, minutes, opened, recovered, t0};
use crate::{ExchangeFilter, Ledger};

fn three() -> Ledger {
    let mut ledger = fresh();
    for n in 0..3 {
        ledger.book_exchange(&carried(t0() + minutes(n))).unwrap();
    }
    ledger
}

fn ids(ledger: &Ledger) -> (Vec<i64>, u64) {
    let page = ledger.exchanges(10, None).unwrap();
    (
        page.rows.iter().map(|(id, _)| *id).collect(),
        page.unreadable,
    )
}

#[test]
fn an_odd_exchange_is_left_out_of_its_page_and_counted() {
    for damage in [
        "UPDATE exchanges SET dialect = 'klingon' WHERE id = 2",
        "UPDATE exchanges SET ended = 'odd' WHERE id = 2",
        "UPDATE exchanges SET total_ms = -1 WHERE id = 2",
        "UPDATE exchanges SET started_at = 9223372036854775807 WHERE id = 2",
        "UPDATE exchanges SET status = 70000 WHERE id = 2",
        "UPDATE attempts SET spoken = 'klingon' WHERE exchange = 2 AND number = 1",
        "UPDATE attempts SET total_ms = -1 WHERE exchange = 2",
    ] {
        let ledger = three();
        ledger.conn.execute(damage, ()).unwrap();
        assert_eq!(ids(&ledger), (vec![3, 1], 1), "{damage}");
        let filter = ExchangeFilter {
            text: Some("claude".to_owned()),
            ..ExchangeFilter::default()
        };
        let found = ledger.find_exchanges(&filter, 10, None).unwrap();
        assert_eq!((found.rows.len(), found.unreadable), (2, 1), "{damage}");
        assert!(ledger.exchange(2).is_err(), "{damage}");
    }
}

#[test]
fn a_page_of_odd_rows_leads_to_the_next_page() {
    let ledger = three();
    ledger
        .conn
        .execute("UPDATE exchanges SET dialect = 'klingon' WHERE id >= 2", ())
        .unwrap();
    let page = ledger.exchanges(2, None).unwrap();
    assert_eq!(
        (page.rows.len(), page.unreadable, page.next),
        (0, 2, Some(2))
    );
    let next = ledger.exchanges(2, page.next).unwrap();
    assert_eq!((next.rows.len(), next.next), (1, None));
}

#[test]
fn odd_incidents_and_review_items_are_left_out_too() {
    let mut ledger = fresh();
    for hour in 0..3 {
        let at = t0() + minutes(60 * hour);
        ledger.apply(&opened("lead", at)).unwrap();
        ledger
            .apply(&recovered("lead", at, at + minutes(9)))
            .unwrap();
    }
    ledger
        .conn
        .execute("UPDATE incidents SET blame = 'the moon' WHERE id = 2", ())
        .unwrap();
    let page = ledger.incidents(10, None).unwrap();
    assert_eq!((page.rows.len(), page.unreadable), (2, 1));

    for item in ["a", "b"] {
        super::outages::park(&mut ledger, "leads", item, t0());
    }
    ledger
        .conn
        .execute(
            "UPDATE review_items SET dialect = 'klingon' WHERE id = 'a'",
            (),
        )
        .unwrap();
    let page = ledger.reviews(crate::Which::Open, 10, None).unwrap();
    assert_eq!((page.rows.len(), page.unreadable), (1, 1));
}
