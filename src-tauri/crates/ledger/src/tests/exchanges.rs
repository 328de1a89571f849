use catalog::{Dialect, MicroDollars};

use super::{answered, attempt, candidate, carried, exhausted, fresh, minutes, rehearsed, t0};
use crate::{AttemptOutcome, End, ExchangeRow, Ledger};

#[test]
fn an_exchange_is_read_back_complete() {
    let mut ledger = fresh();
    let turned_away = ExchangeRow {
        client: String::new(),
        session: None,
        route: String::new(),
        model: String::new(),
        primary: None,
        end: End::TurnedAway,
        detail: Some("wrong token".to_owned()),
        status: Some(403),
        ttft_ms: None,
        cost: None,
        attempts: Vec::new(),
        ..answered(t0())
    };
    let of_a_pipeline = ExchangeRow {
        pipeline: Some("leads".to_owned()),
        item: Some("lead-17".to_owned()),
        dialect: Dialect::OpenaiResponses,
        streamed: false,
        ..carried(t0())
    };
    let huge = ExchangeRow {
        cost: Some(MicroDollars(i64::MAX)),
        total_ms: i64::MAX as u64,
        ..answered(t0())
    };
    let restarted = {
        let mut restarted = carried(t0());
        restarted.restarts = 1;
        restarted.shown_early = true;
        restarted.attempts[0].tokens_estimated = true;
        restarted
    };
    let left_at_once = ExchangeRow {
        end: End::ClientLeft,
        status: None,
        ..answered(t0())
    };
    let all = [
        answered(t0()),
        turned_away,
        left_at_once,
        of_a_pipeline,
        restarted,
        exhausted(t0()),
        rehearsed(answered(t0())),
        huge,
    ];
    let ids = all
        .each_ref()
        .map(|exchange| ledger.book_exchange(exchange).unwrap());
    for (id, exchange) in ids.iter().zip(&all) {
        assert_eq!(ledger.exchange(*id).unwrap().as_ref(), Some(exchange));
    }
    let page = ledger.exchanges(100, None).unwrap();
    let mut expected: Vec<_> = ids.into_iter().zip(all).collect();
    expected.reverse();
    assert_eq!(page.rows, expected);
    assert_eq!(page.next, None);
    assert_eq!(ledger.exchange(99).unwrap(), None);
}

#[test]
fn every_end_and_dialect_survives() {
    let mut ledger = fresh();
    for &end in End::ALL {
        for dialect in Dialect::ALL {
            let exchange = ExchangeRow {
                end,
                dialect,
                ..answered(t0())
            };
            let id = ledger.book_exchange(&exchange).unwrap();
            assert_eq!(ledger.exchange(id).unwrap(), Some(exchange));
        }
    }
}

#[test]
fn a_fallback_is_another_endpoint_or_model_than_the_primary() {
    let (lead, second) = (candidate("lead"), candidate("second"));
    let of = |primary, end, attempts| ExchangeRow {
        primary,
        end,
        attempts,
        ..answered(t0())
    };
    let by = |at| attempt(at, AttemptOutcome::Complete, false);
    let fails = |at| attempt(at, AttemptOutcome::Failed, true);
    let mapped = crate::Candidate {
        model: "lead-small".into(),
        ..lead.clone()
    };
    let first = Some(lead.clone());
    let cases = [
        (first.clone(), End::Complete, vec![by(&lead)], false),
        (
            first.clone(),
            End::Complete,
            vec![fails(&lead), by(&lead)],
            false,
        ),
        (
            first.clone(),
            End::Complete,
            vec![fails(&lead), by(&second)],
            true,
        ),
        (
            first.clone(),
            End::Truncated,
            vec![fails(&lead), by(&mapped)],
            true,
        ),
        // Its breaker was open, so it had no attempt.
        (first.clone(), End::Complete, vec![by(&second)], true),
        (
            first.clone(),
            End::Cut,
            vec![fails(&lead), fails(&second)],
            false,
        ),
        (first, End::ClientLeft, vec![by(&second)], false),
        (None, End::Complete, vec![by(&second)], false),
        (None, End::Complete, vec![fails(&lead), by(&second)], true),
        (None, End::TurnedAway, vec![], false),
    ];
    for (primary, end, attempts, expected) in cases {
        let exchange = of(primary, end, attempts);
        assert_eq!(exchange.carried(), expected, "{exchange:?}");
    }
}

#[test]
fn a_failed_write_leaves_no_rows() {
    let mut ledger = fresh();
    ledger
        .conn
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT raise(ABORT, 'no'); END",
        )
        .unwrap();
    assert!(ledger.book_exchange(&answered(t0())).is_err());
    assert_eq!(ledger.exchanges(10, None).unwrap().rows, []);
}

#[test]
fn another_program_reads_while_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    ledger.book_exchange(&answered(t0())).unwrap();
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = || -> i64 {
        reader
            .query_row("SELECT count(*) FROM exchanges", (), |row| row.get(0))
            .unwrap()
    };
    assert_eq!(count(), 1);
    ledger.book_exchange(&answered(t0() + minutes(1))).unwrap();
    assert_eq!(count(), 1, "its transaction still sees the old state");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 2);
}
