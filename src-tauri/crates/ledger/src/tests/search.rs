use super::{answered, carried, exhausted, fresh, minutes, opened, t0};
use crate::search_text::EXACT;
use crate::tests::paging::plan;
use crate::{ByToken, End, ExchangeFilter, ExchangeRow, Ledger, Reader};

fn found(ledger: &Ledger, filter: &ExchangeFilter) -> Vec<i64> {
    let page = ledger.find_exchanges(filter, 100, None).unwrap();
    page.rows.into_iter().map(|(id, _)| id).collect()
}

fn text(text: &str) -> ExchangeFilter {
    ExchangeFilter {
        text: Some(text.to_owned()),
        ..ExchangeFilter::default()
    }
}

/// 1: succeeded, 2: answered by a fallback, of a pipeline, 3: exhausted, 4: rejected.
fn four() -> Ledger {
    let mut ledger = fresh();
    let of_a_pipeline = ExchangeRow {
        client: "n8n".to_owned(),
        session: Some("run-9".to_owned()),
        pipeline: Some("Leads".to_owned()),
        item: Some("lead-17".to_owned()),
        ..carried(t0() + minutes(1))
    };
    let turned_away = ExchangeRow {
        client: "100% curl_1".to_owned(),
        session: None,
        model: String::new(),
        end: End::TurnedAway,
        detail: Some("The body is larger than 33554432 bytes".to_owned()),
        attempts: Vec::new(),
        ..answered(t0() + minutes(3))
    };
    let all = [
        answered(t0()),
        of_a_pipeline,
        exhausted(t0() + minutes(2)),
        turned_away,
    ];
    for (n, exchange) in (1..).zip(all) {
        let exchange = ExchangeRow {
            request_id: Some(format!("v5x7q0{n}")),
            ..exchange
        };
        assert_eq!(ledger.book_exchange(&exchange).unwrap(), n);
    }
    ledger
}

#[test]
fn a_search_covers_every_visible_column() {
    let ledger = four();
    for (looked_for, expected) in [
        ("v5x7q02", vec![2]),
        (" V5X7Q02 ", vec![2]),
        ("v5x7q0", vec![4, 3, 2, 1]),
        ("n8n", vec![2]),
        ("run-9", vec![2]),
        ("CLAUDE code", vec![3, 1]),
        ("lead-large", vec![3, 2, 1]),
        ("leads", vec![2]),
        ("lead-17", vec![2]),
        ("33554432", vec![4]),
        ("overloaded_error", vec![3, 2]),
        ("second-api", vec![2]),
        ("100%", vec![4]),
        ("curl_1", vec![4]),
        ("r%_1", vec![]),
        ("nothing", vec![]),
        ("", vec![4, 3, 2, 1]),
    ] {
        assert_eq!(found(&ledger, &text(looked_for)), expected, "{looked_for}");
    }
}

#[test]
fn all_filters_apply_together() {
    let ledger = four();
    let failed = ExchangeFilter {
        failed: true,
        ..ExchangeFilter::default()
    };
    assert_eq!(found(&ledger, &failed), [3]);
    let of_leads = ExchangeFilter {
        pipeline: Some("leads".to_owned()),
        ..ExchangeFilter::default()
    };
    assert_eq!(found(&ledger, &of_leads), [2]);
    let since = ExchangeFilter {
        since: Some(t0() + minutes(2)),
        ..ExchangeFilter::default()
    };
    assert_eq!(found(&ledger, &since), [4, 3]);
    let all_of_them = ExchangeFilter {
        failed: true,
        ..text("claude")
    };
    assert_eq!(found(&ledger, &all_of_them), [3]);
    let none = ExchangeFilter {
        pipeline: of_leads.pipeline,
        failed: true,
        ..ExchangeFilter::default()
    };
    assert_eq!(found(&ledger, &none), [0; 0]);
}

#[test]
fn found_exchanges_are_complete_and_paged() {
    let mut ledger = fresh();
    for n in 0..30 {
        let exchange = if n % 3 == 0 {
            carried(t0() + minutes(n))
        } else {
            answered(t0() + minutes(n))
        };
        ledger.book_exchange(&exchange).unwrap();
    }
    let (mut before, mut pages) = (None, Vec::new());
    loop {
        let page = ledger
            .find_exchanges(&text("second-large"), 4, before)
            .unwrap();
        assert!(page.rows.iter().all(|(_, e)| e.attempts.len() == 2));
        pages.push(page.rows.len());
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, [4, 4, 2]);
}

#[test]
fn a_search_for_an_id_uses_its_index() {
    let steps = plan(&fresh(), EXACT);
    assert!(
        steps.contains("USING COVERING INDEX exchanges_by_request_id (request_id=?)"),
        "{steps}"
    );
}

#[test]
fn a_reader_sees_other_connections_writes_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let reader = Reader::open(&file).unwrap();
    let all = ExchangeFilter::default();
    for n in 1..=3 {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
        let page = reader.find_exchanges(&all, 10, None).unwrap();
        assert_eq!(page, ledger.exchanges(10, None).unwrap());
        assert_eq!(page.rows.len(), usize::try_from(n).unwrap());
    }
    // An open write transaction blocks no search.
    let booking = ledger.write().unwrap();
    assert_eq!(reader.find_exchanges(&all, 10, None).unwrap().rows.len(), 3);
    drop(booking);
    assert!(Reader::open(&folder.path().join("none.sqlite")).is_err());
}

#[test]
fn requests_are_found_by_their_token_and_its_last_use_is_known() {
    let mut ledger = four();
    let of = |name: &str, minute| ExchangeRow {
        token: Some(name.to_owned()),
        ..answered(t0() + minutes(minute))
    };
    for row in [of("Anna's laptop", 10), of("CI", 20), of("CI", 15)] {
        ledger.book_exchange(&row).unwrap();
    }
    let by = |token| ExchangeFilter {
        token: Some(token),
        ..ExchangeFilter::default()
    };
    let named = |name: &str| by(ByToken::Named(name.to_owned()));
    assert_eq!(found(&ledger, &named("ci")), [7, 6]);
    assert_eq!(found(&ledger, &named("c")), [0; 0]);
    assert_eq!(found(&ledger, &by(ByToken::Own)), [4, 3, 2, 1]);
    assert_eq!(found(&ledger, &text("laptop")), [5]);
    let uses = ledger.token_uses().unwrap().into_iter();
    assert_eq!(
        uses.collect::<Vec<_>>(),
        [
            ("Anna's laptop".to_owned(), t0() + minutes(10)),
            ("CI".to_owned(), t0() + minutes(20))
        ]
    );
}

#[test]
fn what_a_client_showed_finds_its_requests_and_the_incident() {
    let mut ledger = four();
    ledger.apply(&opened("lead", t0())).unwrap();
    let overloaded = ledger.find_exchanges(&text("529"), 100, None).unwrap();
    assert!(!overloaded.rows.is_empty());
    for shown in [
        "529",
        "API Error: 529 Overloaded. This is a server-side issue",
        "overloaded_error",
        "no response of Claude (request v5x7q03)",
        "lead",
    ] {
        let page = ledger.find_incidents(shown, 10, None).unwrap();
        assert_eq!(page.rows.len(), 1, "{shown}");
    }
    for other in ["response incomplete", "418", "request v5x7q01"] {
        let page = ledger.find_incidents(other, 10, None).unwrap();
        assert!(page.rows.is_empty(), "{other}");
    }
    assert_eq!(ledger.find_incidents(" ", 10, None).unwrap().rows.len(), 1);
}
