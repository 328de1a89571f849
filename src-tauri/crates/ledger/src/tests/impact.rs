use super::outages::{of, outage, park};
use super::{answered, carried, exhausted, fresh, minutes, opened, recovered, t0};
use crate::{
    AttemptRow, Closing, ExchangeRow, ImpactItem, ItemState, Ledger, Mark, Peak, PipelineMet,
};

fn item(ledger: &Ledger, incident: i64, key: &str) -> Option<ItemState> {
    let items = ledger.impact_items(incident).unwrap().unwrap();
    let mut found = items.into_iter().filter(|item| item.key == key);
    found.next().map(|item| item.state)
}

fn leads(ledger: &Ledger, incident: i64) -> PipelineMet {
    let met = ledger.met(incident).unwrap().unwrap();
    let mut pipelines = met.pipelines.into_iter();
    pipelines.find(|of| of.pipeline == "leads").unwrap()
}

/// Its first attempt fails at "lead", and the second at "second".
fn failed_at_both(at: chrono::DateTime<chrono::Utc>) -> ExchangeRow {
    let one = exhausted(at);
    let attempts = ["lead", "second"].map(|provider| AttemptRow {
        provider: provider.into(),
        ..one.attempts[0].clone()
    });
    ExchangeRow {
        attempts: attempts.to_vec(),
        ..one
    }
}

fn begin(ledger: &mut Ledger, provider: &str, minute: i64) -> i64 {
    let at = t0() + minutes(minute);
    ledger.apply(&opened(provider, at)).unwrap().unwrap()
}

fn end(ledger: &mut Ledger, provider: &str, from: i64, to: i64) {
    let (since, at) = (t0() + minutes(from), t0() + minutes(to));
    ledger.apply(&recovered(provider, since, at)).unwrap();
}

#[test]
fn every_item_that_failed_has_its_present_state() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let items = ledger.impact_items(id).unwrap().unwrap();
    use ItemState::{Failed, Recovered, Waiting};
    let found: Vec<(&str, ItemState)> = items.iter().map(|one| (&*one.key, one.state)).collect();
    assert_eq!(
        found,
        [
            ("a", Waiting),
            ("b", Recovered),
            ("c", Recovered),
            ("d", Waiting),
            ("e", Recovered),
            ("f", Failed)
        ]
    );
    assert_eq!(ledger.impact_items(id + 1).unwrap(), None);
    // A dismissed item is not needed: it is neither safe nor at risk.
    ledger
        .close_review("d", Closing::Dismissed, None, t0() + minutes(30))
        .unwrap();
    assert_eq!(item(&ledger, id, "d"), Some(ItemState::NotNeeded));
    let before = leads(&ledger, id);
    assert_eq!((before.safe, before.waiting, before.failed), (3, 1, 1));
    // Its client finished it after all.
    ledger
        .book_exchange(&of("leads", "d", answered(t0() + minutes(31))))
        .unwrap();
    assert_eq!(item(&ledger, id, "d"), Some(ItemState::Recovered));
}

/// The same while the incident is open, and after its figures are stored.
#[test]
fn the_owner_marks_items_as_recovered_or_lost() {
    for closes in [false, true] {
        let mut ledger = fresh();
        let id = begin(&mut ledger, "lead", 0);
        park(&mut ledger, "leads", "a", t0() + minutes(1));
        for name in ["f", "g"] {
            let lost = of("leads", name, exhausted(t0() + minutes(2)));
            ledger.book_exchange(&lost).unwrap();
        }
        let unnamed = ExchangeRow {
            pipeline: Some("leads".into()),
            ..exhausted(t0() + minutes(3))
        };
        let number = ledger.book_exchange(&unnamed).unwrap();
        if closes {
            end(&mut ledger, "lead", 0, 12);
        }
        let unnamed = format!("#{number}");
        let mut mark = |key: &str, mark| {
            let at = t0() + minutes(20);
            ledger.mark_item(id, "leads", key, mark, at).unwrap()
        };
        assert!(mark("a", Some(Mark::Lost)) && mark("f", Some(Mark::Lost)));
        assert!(mark("g", Some(Mark::Recovered)) && mark(&unnamed, Some(Mark::Recovered)));
        assert!(!mark("h", Some(Mark::Recovered)), "there is no such item");
        let of = leads(&ledger, id);
        assert_eq!(
            (of.safe, of.recovered, of.waiting, of.failed, of.lost),
            (2, 2, 0, 2, 2)
        );
        assert_eq!(ledger.open_reviews().unwrap(), 0, "it left the queue");
        let f = ImpactItem {
            pipeline: "leads".into(),
            key: "f".into(),
            state: ItemState::Lost,
            reviews: Vec::new(),
        };
        assert!(ledger.impact_items(id).unwrap().unwrap().contains(&f));
        // An item that is opened again waits, whatever its mark.
        ledger.reopen_review("a").unwrap();
        assert_eq!(item(&ledger, id, "a"), Some(ItemState::Waiting));
        ledger.mark_item(id, "leads", "f", None, t0()).unwrap();
        assert_eq!(item(&ledger, id, "f"), Some(ItemState::Failed));
    }
}

#[test]
fn a_request_that_two_incidents_hit_counts_in_the_one_recorded_first() {
    let mut ledger = fresh();
    let first = begin(&mut ledger, "lead", 0);
    let second = begin(&mut ledger, "second", 1);
    let both = of("leads", "a", failed_at_both(t0() + minutes(2)));
    ledger.book_exchange(&both).unwrap();
    let carried = of("leads", "b", carried(t0() + minutes(3)));
    ledger.book_exchange(&carried).unwrap();
    let check = |ledger: &Ledger| {
        let (one, two) = (leads(ledger, first), leads(ledger, second));
        assert_eq!((one.safe, one.failed), (1, 1));
        assert_eq!((two.safe, two.failed, two.hit), (0, 0, 1));
        assert_eq!(item(ledger, second, "a"), None);
    };
    check(&ledger);
    end(&mut ledger, "second", 1, 10);
    end(&mut ledger, "lead", 0, 12);
    check(&ledger);
    let earlier = ledger.met(second).unwrap().unwrap().earlier;
    assert_eq!(earlier.len(), 1);
    assert_eq!(earlier[0].provider.as_str(), "lead");
    assert_eq!(earlier[0].stretches[0].from, t0());
    assert!(ledger.met(first).unwrap().unwrap().earlier.is_empty());
}

#[test]
fn an_item_stays_with_its_first_incident_until_it_is_answered() {
    let mut ledger = fresh();
    let first = begin(&mut ledger, "lead", 0);
    let fails = |minute| of("leads", "a", exhausted(t0() + minutes(minute)));
    ledger.book_exchange(&fails(1)).unwrap();
    end(&mut ledger, "lead", 0, 10);
    let second = begin(&mut ledger, "lead", 60);
    ledger.book_exchange(&fails(61)).unwrap();
    assert_eq!(item(&ledger, second, "a"), None);
    end(&mut ledger, "lead", 60, 70);
    assert_eq!(item(&ledger, second, "a"), None);
    assert_eq!(item(&ledger, first, "a"), Some(ItemState::Failed));
    ledger
        .book_exchange(&of("leads", "a", answered(t0() + minutes(80))))
        .unwrap();
    assert_eq!(item(&ledger, first, "a"), Some(ItemState::Recovered));
    // The same name on another day is a new item.
    let third = begin(&mut ledger, "lead", 1_500);
    ledger.book_exchange(&fails(1_501)).unwrap();
    assert_eq!(item(&ledger, third, "a"), Some(ItemState::Failed));
    assert_eq!(item(&ledger, first, "a"), Some(ItemState::Recovered));
}

/// An incident is recorded some minutes after its first evidence.
#[test]
fn an_incident_that_is_recorded_later_does_not_take_items_twice() {
    let mut ledger = fresh();
    let early = of(
        "leads",
        "a",
        ExchangeRow {
            attempts: vec![AttemptRow {
                provider: "second".into(),
                ..exhausted(t0()).attempts[0].clone()
            }],
            ..exhausted(t0() + minutes(1))
        },
    );
    let first = begin(&mut ledger, "lead", 0);
    ledger.book_exchange(&early).unwrap();
    let later = of("leads", "a", exhausted(t0() + minutes(4)));
    ledger.book_exchange(&later).unwrap();
    end(&mut ledger, "lead", 0, 6);
    assert_eq!(item(&ledger, first, "a"), Some(ItemState::Failed));
    let mut since = opened("second", t0() + minutes(8));
    since.transition.change = health::Change::Opened {
        level: health::Level::MajorOutage,
        since: t0(),
    };
    let second = ledger.apply(&since).unwrap().unwrap();
    ledger.count_incidents(5).unwrap();
    assert_eq!(item(&ledger, second, "a"), Some(ItemState::Failed));
    assert_eq!(item(&ledger, first, "a"), None);
}

#[test]
fn the_highest_value_stays_with_its_instant() {
    let mut ledger = fresh();
    let id = begin(&mut ledger, "lead", 0);
    let peak = |low, high, minute| Peak {
        currency: "EUR".into(),
        low,
        high,
        at: t0() + minutes(minute),
    };
    for one in [peak(3, 9, 1), peak(4, 8, 2), peak(1, 1, 3)] {
        ledger.record_peak(id, &one).unwrap();
    }
    ledger.record_peak(id + 7, &peak(1, 1, 1)).unwrap();
    assert_eq!(ledger.met(id).unwrap().unwrap().peaks, [peak(4, 9, 1)]);
}

#[test]
fn a_deleted_review_item_leaves_its_state() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let before = leads(&ledger, id);
    ledger
        .conn
        .execute("DELETE FROM review_items WHERE state <> 'open'", ())
        .unwrap();
    assert_eq!(leads(&ledger, id), before);
}
