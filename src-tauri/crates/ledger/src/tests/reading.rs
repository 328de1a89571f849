//! Reads beside the writer.

use std::sync::mpsc;

use super::{answered, carried, exhausted, minutes, t0};
use crate::series::{Quarters, Slots};
use crate::{Begun, ExchangeFilter, Ledger, LedgerError, Reader, ReplayKey};

fn ledger() -> (tempfile::TempDir, Ledger, Reader) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    for n in 0..300 {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
    }
    let reader = Reader::open(&file).unwrap();
    (folder, ledger, reader)
}

fn of_no_row() -> ExchangeFilter {
    ExchangeFilter {
        text: Some("no such text".into()),
        ..ExchangeFilter::default()
    }
}

#[test]
fn the_writer_writes_while_a_page_is_being_read() {
    let (_folder, mut ledger, mut reader) = ledger();
    let (reached, reading) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let mut blocked = false;
    reader
        .inner()
        .conn
        .progress_handler(
            100,
            Some(move || {
                if !blocked {
                    blocked = true;
                    reached.send(()).unwrap();
                    released.recv().unwrap();
                }
                false
            }),
        )
        .unwrap();
    let page = std::thread::spawn(move || {
        let found = reader.read(|reader| reader.find_exchanges(&of_no_row(), 50, None));
        found.unwrap().rows.len()
    });
    reading.recv().unwrap();
    // The page is in the middle of its search.
    ledger
        .book_exchange(&exhausted(t0() + minutes(400)))
        .unwrap();
    let key = ReplayKey {
        scope: [1; 32],
        request: [2; 32],
    };
    assert_eq!(
        ledger.begin_replay(&key, None, t0()).unwrap().1,
        Begun::First
    );
    release.send(()).unwrap();
    assert_eq!(page.join().unwrap(), 0);
    assert_eq!(ledger.exchanges(500, None).unwrap().rows.len(), 301);
}

#[test]
fn a_read_that_takes_too_long_is_ended_with_a_reason() {
    let (_folder, _ledger, mut reader) = ledger();
    let interrupt = reader.interrupt();
    let mut steps = 0;
    reader
        .inner()
        .conn
        .progress_handler(
            100,
            Some(move || {
                steps += 1;
                if steps == 5 {
                    interrupt.end();
                }
                false
            }),
        )
        .unwrap();
    let ended = reader.read(|reader| reader.find_exchanges(&of_no_row(), 50, None));
    let error = ended.unwrap_err();
    assert!(matches!(error, LedgerError::TooSlow), "{error}");
    assert!(error.to_string().contains("Ask for fewer rows"), "{error}");
    // The next read of the same connection is not ended.
    let found = reader.read(|reader| reader.find_exchanges(&of_no_row(), 50, None));
    assert_eq!(found.unwrap().rows.len(), 0);
}

#[test]
fn a_reader_cannot_write() {
    let (_folder, _ledger, mut reader) = ledger();
    let error = reader.inner().book_exchange(&answered(t0())).unwrap_err();
    assert!(matches!(error, LedgerError::ReadOnly), "{error}");
}

#[test]
fn a_reader_of_a_replaced_file_is_not_current() {
    let (folder, mut ledger, reader) = ledger();
    assert!(reader.is_current());
    std::fs::remove_file(folder.path().join("ledger.sqlite")).unwrap();
    ledger.put_back(t0()).unwrap();
    assert!(!reader.is_current());
}

#[test]
fn a_long_search_is_answered_in_parts() {
    let (_folder, ledger, reader) = ledger();
    ledger
        .conn
        .execute_batch(
            "WITH RECURSIVE more (n) AS (SELECT 301 UNION ALL SELECT n + 1 FROM more WHERE n < 45000)
             INSERT INTO exchanges (id, started_at, client, dialect, route, model, streamed, rehearsal, ended, total_ms, carried)
             SELECT n, n, 'n8n', 'anthropic', 'agents', 'lead-large', 0, 0, 'complete', 1, 0 FROM more",
        )
        .unwrap();
    let filter = ExchangeFilter {
        text: Some("claude".into()),
        ..ExchangeFilter::default()
    };
    let (mut before, mut pages) = (None, Vec::new());
    loop {
        let page = reader.find_exchanges(&filter, 500, before).unwrap();
        pages.push(page.rows.len());
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, [0, 0, 300]);
    // A complete id needs no search.
    ledger
        .conn
        .execute(
            "UPDATE exchanges SET request_id = 'k3m9p2q' WHERE id = 7",
            (),
        )
        .unwrap();
    let filter = ExchangeFilter {
        text: Some("k3m9p2q".into()),
        ..ExchangeFilter::default()
    };
    assert_eq!(
        reader.find_exchanges(&filter, 50, None).unwrap().rows.len(),
        1
    );
}

#[test]
fn charts_in_memory_have_the_same_figures_as_the_ledger() {
    let (_folder, mut ledger, reader) = ledger();
    let mut quarters = Quarters::default();
    let day = minutes(24 * 60);
    let of_days = Slots::new((-20..4).map(|n| t0() + day * n).collect());
    let of_hours = Slots::new((-20..20).map(|n| t0() + minutes(60 * n)).collect());
    let unaligned = Slots::new((-20..20).map(|n| t0() + minutes(7 + 61 * n)).collect());
    for round in 0..4 {
        for slots in [&of_days, &of_hours, &unaligned] {
            assert_eq!(
                quarters.uptime(&reader, slots).unwrap(),
                ledger.uptime(slots).unwrap()
            );
            assert_eq!(
                quarters.cost(&reader, slots).unwrap(),
                ledger.cost(slots).unwrap()
            );
            assert_eq!(
                quarters.latency(&reader, slots).unwrap(),
                ledger.latency(slots).unwrap()
            );
        }
        for n in 0..20 {
            let at = t0() + minutes(n * 31 - 400 * round);
            let mut exchange = if n % 3 == 0 {
                carried(at)
            } else {
                exhausted(at)
            };
            exchange.attempts[0].tokens_estimated = n % 2 == 0;
            exchange.attempts[0].total_ms = (n * 37).unsigned_abs();
            exchange.rehearsal = n % 7 == 0;
            ledger.book_exchange(&exchange).unwrap();
            ledger
                .book_probe(&crate::series::tests::probe(at, "complete", 200))
                .unwrap();
        }
    }
}
