//! What recent requests show of each pipeline, and the requests of a review item.

use super::outages::{of, park};
use super::{answered, carried, exhausted, fresh, minutes, rehearsed, t0};
use crate::{ExchangeRow, PipelineUse, Settled};

#[test]
fn requests_and_items_of_each_pipeline_are_counted() {
    let mut ledger = fresh();
    let at = |minute| t0() + minutes(minute);
    let unnamed = |row: ExchangeRow| ExchangeRow {
        item: None,
        ..of("Leads", "", row)
    };
    for row in [
        of("Leads", "a", answered(at(0))),
        of("Leads", "a", exhausted(at(1))),
        of("Leads", "a", carried(at(2))),
        of("Leads", "b", answered(at(3))),
        unnamed(answered(at(4))),
        of("Quotes", "a", answered(at(4))),
        of("Leads", "c", rehearsed(answered(at(4)))),
        // Of no pipeline.
        answered(at(5)),
        // Before.
        of("Leads", "d", answered(at(-1))),
    ] {
        ledger.book_exchange(&row).unwrap();
    }
    let uses = ledger.pipeline_uses(t0()).unwrap();
    let leads = PipelineUse {
        requests: 5,
        items: 2,
        answered: 4,
        carried: 1,
        failed: 1,
    };
    assert_eq!(uses["Leads"], leads);
    assert_eq!((uses.len(), uses["Quotes"].requests), (2, 1));
}

#[test]
fn a_review_item_has_its_failed_requests_and_the_one_that_answered_it() {
    let mut ledger = fresh();
    park(&mut ledger, "Leads", "a", t0());
    park(&mut ledger, "Leads", "b", t0());
    park(&mut ledger, "Leads", "a", t0() + minutes(40));
    let answer = of("Leads", "a", answered(t0() + minutes(50)));
    let answer = ledger.book_exchange(&answer).unwrap();
    let settled = Settled {
        id: "a",
        pipeline: None,
        item: None,
        replay: None,
        exchange: Some(answer),
    };
    ledger.settle_reviews(&settled, t0() + minutes(50)).unwrap();
    let found = ledger.requests_of_review("a").unwrap();
    let started: Vec<_> = found.iter().map(|(_, row)| row.started - t0()).collect();
    assert_eq!(started, [minutes(0), minutes(40), minutes(50)]);
    assert_eq!(ledger.requests_of_review("z").unwrap(), []);
}
