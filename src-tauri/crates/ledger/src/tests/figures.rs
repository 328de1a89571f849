use super::outages::{of, outage, park};
use super::{answered, carried, exhausted, fresh, minutes, opened, recovered, t0};
use crate::{Closing, Ledger, Met, Reader, Settled, affected, figures, items};

/// The stored figures, which are equal to a new count.
fn stored(ledger: &Ledger, incident: i64) -> Met {
    let stored = figures::read(&ledger.conn, incident).unwrap().unwrap();
    let (counted, _) = items::counted(&ledger.conn, incident).unwrap().unwrap();
    assert_eq!(stored, counted);
    let carried_by = affected::carried_by(&ledger.conn, incident).unwrap();
    assert_eq!(
        figures::carried_by(&ledger.conn, incident).unwrap(),
        carried_by
    );
    stored
}

#[test]
fn figures_are_stored_at_the_close_and_fall_as_items_are_settled() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let met = stored(&ledger, id);
    assert_eq!(
        (met.traffic.hit, met.waiting, met.pipelines[0].failed),
        (9, 2, 1)
    );

    let settled = Settled {
        id: "a",
        pipeline: None,
        item: None,
        replay: None,
        exchange: None,
    };
    ledger.settle_reviews(&settled, t0() + minutes(30)).unwrap();
    assert_eq!(stored(&ledger, id).waiting, 1);
    ledger
        .close_review("d", Closing::Done, None, t0() + minutes(31))
        .unwrap();
    assert_eq!(stored(&ledger, id).waiting, 0);
    ledger.reopen_review("d").unwrap();
    assert_eq!(stored(&ledger, id).waiting, 1);
    ledger
        .book_exchange(&of("leads", "f", answered(t0() + minutes(40))))
        .unwrap();
    let met = stored(&ledger, id);
    assert_eq!(
        (met.pipelines[0].failed, met.failed),
        (0, 3),
        "found later; the record stays"
    );
}

#[test]
fn a_clock_that_was_set_back_leaves_the_figures_of_later_incidents() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let before = stored(&ledger, id);
    // As after a deletion: the figures cannot be counted again.
    ledger.conn.execute("DELETE FROM exchanges", ()).unwrap();
    ledger
        .book_exchange(&exhausted(t0() - minutes(600_000)))
        .unwrap();
    assert!(!ledger.has_uncounted_incidents().unwrap());
    assert_eq!(figures::read(&ledger.conn, id).unwrap(), Some(before));
}

#[test]
fn an_incident_that_is_open_has_no_stored_figures() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    ledger.book_exchange(&exhausted(t0() + minutes(1))).unwrap();
    assert_eq!(figures::read(&ledger.conn, id).unwrap(), None);
    assert_eq!(ledger.met(id).unwrap().unwrap().traffic.hit, 1);
    assert!(!ledger.has_uncounted_incidents().unwrap());
}

#[test]
fn a_request_that_ends_after_the_close_is_counted_again() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    assert!(!ledger.has_uncounted_incidents().unwrap());
    ledger.book_exchange(&carried(t0() + minutes(11))).unwrap();
    assert!(ledger.has_uncounted_incidents().unwrap());
    assert_eq!(ledger.met(id).unwrap().unwrap().traffic.hit, 10);
    ledger.count_incidents(10).unwrap();
    assert!(!ledger.has_uncounted_incidents().unwrap());
    assert_eq!(stored(&ledger, id).traffic.hit, 10);
    // One that began later is not of this incident.
    ledger.book_exchange(&carried(t0() + minutes(13))).unwrap();
    assert!(!ledger.has_uncounted_incidents().unwrap());
}

#[test]
fn figures_of_older_versions_are_counted_in_steps_latest_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let first = outage(&mut ledger);
    let begins = t0() + minutes(60);
    let second = ledger.apply(&opened("lead", begins)).unwrap().unwrap();
    ledger
        .book_exchange(&exhausted(begins + minutes(1)))
        .unwrap();
    ledger
        .apply(&recovered("lead", begins, begins + minutes(9)))
        .unwrap();
    // As the migration leaves them.
    ledger
        .conn
        .execute_batch(
            "UPDATE incidents SET hit = NULL, carried = NULL, failed = NULL, not_kept = NULL;
             DELETE FROM incident_pipelines; DELETE FROM incident_stretches;
             DELETE FROM incident_fallbacks; DELETE FROM incident_items;",
        )
        .unwrap();
    let reader = Reader::open(&file).unwrap();
    assert_eq!(reader.ledger().met(first).unwrap().unwrap().traffic.hit, 9);
    ledger
        .store_figures(&reader.count_incidents(1).unwrap())
        .unwrap();
    assert_eq!(figures::read(&ledger.conn, first).unwrap(), None);
    assert_eq!(stored(&ledger, second).traffic.hit, 1);
    ledger
        .store_figures(&reader.count_incidents(1).unwrap())
        .unwrap();
    assert_eq!(stored(&ledger, first).traffic.hit, 9);
    assert_eq!(reader.count_incidents(1).unwrap(), []);
}

#[test]
fn what_is_recorded_during_the_count_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let id = outage(&mut ledger);
    ledger.book_exchange(&carried(t0() + minutes(11))).unwrap();
    let reader = Reader::open(&file).unwrap();
    let counted = reader.count_incidents(1).unwrap();
    ledger.book_exchange(&carried(t0() + minutes(11))).unwrap();
    ledger.store_figures(&counted).unwrap();
    assert!(
        ledger.has_uncounted_incidents().unwrap(),
        "the count is outdated"
    );
    assert_eq!(ledger.met(id).unwrap().unwrap().traffic.hit, 11);

    // A success of a lost item does not change what was hit.
    let counted = reader.count_incidents(1).unwrap();
    ledger
        .book_exchange(&of("leads", "f", answered(t0() + minutes(50))))
        .unwrap();
    ledger.store_figures(&counted).unwrap();
    assert!(!ledger.has_uncounted_incidents().unwrap());
    assert_eq!(stored(&ledger, id).pipelines[0].failed, 0);
}

#[test]
fn the_last_outage_has_the_same_figures_before_and_after_they_are_stored() {
    let mut ledger = fresh();
    outage(&mut ledger);
    let stored = ledger.last_outage(t0() + minutes(60)).unwrap();
    ledger
        .conn
        .execute("UPDATE incidents SET hit = NULL", ())
        .unwrap();
    assert_eq!(ledger.last_outage(t0() + minutes(60)).unwrap(), stored);
    assert_ne!(stored, None);
}

#[test]
fn an_item_that_is_parked_again_after_the_close_waits_again() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    park(&mut ledger, "leads", "b", t0() + minutes(90));
    assert_eq!(stored(&ledger, id).waiting, 3);
}
