use std::collections::BTreeSet;

use super::{answered, carried, fresh, minutes, opened, recovered, t0};
use crate::{Ledger, PAGE_LIMIT, incidents};

pub(crate) fn plan(ledger: &Ledger, sql: &str) -> String {
    let mut explained = ledger
        .conn
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let steps = explained
        .raw_query()
        .mapped(|row| row.get::<_, String>("detail"))
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    steps.join("; ")
}

#[test]
fn ten_thousand_exchanges_are_paged_by_their_key() {
    let mut ledger = fresh();
    for n in 0..10_000 {
        let at = t0() + minutes(n);
        let exchange = if n % 10 == 0 {
            carried(at)
        } else {
            answered(at)
        };
        ledger.book_exchange(&exchange).unwrap();
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = ledger.exchanges(499, before).unwrap();
        assert!(page.rows.iter().all(|(_, e)| !e.attempts.is_empty()));
        seen.extend(page.rows.into_iter().map(|(id, _)| id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 10_000);
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    assert_eq!(ledger.today(t0()).unwrap().carried_by_fallback, 1_000);
}

#[test]
fn incidents_are_paged_by_their_opening() {
    let mut ledger = fresh();
    let mut all = BTreeSet::new();
    for n in 0..25 {
        // Later ids do not mean later openings: a page may report an old incident today.
        let at = t0() + minutes(60 * (n * 7 % 25));
        all.extend(ledger.apply(&opened("lead", at)).unwrap());
        let again = ledger.apply(&recovered("lead", at, at + minutes(9)));
        all.extend(again.unwrap());
    }
    // Two incidents with the same start.
    all.extend(ledger.apply(&opened("lead", t0())).unwrap());
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = ledger.incidents(4, before).unwrap();
        seen.extend(page.rows.into_iter().map(|(id, i)| (i.opened, id)));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    let ids: BTreeSet<_> = seen.iter().map(|(_, id)| *id).collect();
    assert_eq!((ids, seen.len()), (all, 26));
    assert_eq!(ledger.incidents(4, Some(999)).unwrap().rows, []);

    let first = plan(&ledger, incidents::FIRST_PAGE);
    assert_eq!(first, "SCAN incidents USING INDEX incidents_by_opening");
    let next = plan(&ledger, incidents::NEXT_PAGE);
    assert!(
        next.starts_with("SEARCH incidents USING INDEX incidents_by_opening (opened_at<?)"),
        "{next}"
    );
    assert!(!next.contains("TEMP B-TREE"), "{next}");
}

#[test]
fn a_page_has_a_minimum_and_a_maximum_size() {
    let mut ledger = fresh();
    for n in 0..i64::from(PAGE_LIMIT) + 1 {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
    }
    let page = ledger.exchanges(u32::MAX, None).unwrap();
    assert_eq!(page.rows.len(), PAGE_LIMIT as usize);
    assert_eq!(page.next, page.rows.last().map(|(id, _)| *id));
    let rest = ledger.exchanges(0, page.next).unwrap();
    assert_eq!((rest.rows.len(), rest.next), (1, None));
}
