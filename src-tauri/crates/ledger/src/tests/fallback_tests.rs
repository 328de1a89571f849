use catalog::{Dialect, MicroDollars, Tokens};

use super::{answered, candidate, exhausted, fresh, minutes, rehearsed, t0};
use crate::{FailedTest, FallbackTestRow, Ledger, TestFault};

fn test(endpoint: &str, dialect: Dialect, minute: i64) -> FallbackTestRow {
    let at = candidate(endpoint);
    FallbackTestRow {
        at: t0() + minutes(minute),
        dialect,
        route: "agents".to_owned(),
        requested_model: "lead-large".to_owned(),
        provider: at.provider,
        endpoint: at.endpoint,
        model: at.model,
        fingerprint: "00ff".to_owned(),
        failed: None,
        total_ms: 1_800,
        tokens: Tokens {
            input: 700,
            output: 120,
            cache_read: 3,
            cache_write: 4,
            cache_write_hour: 0,
        },
        tokens_estimated: false,
        cost: Some(MicroDollars(2_000)),
        counted: MicroDollars(2_000),
        price_as_of: Some("2026-11-26".to_owned()),
    }
}

#[test]
fn the_last_test_of_each_fallback_is_its_result() {
    let mut ledger = fresh();
    let failed = FallbackTestRow {
        failed: Some(FailedTest {
            step: 2,
            fault: TestFault::Understudy,
            why: "it refused the request: no".to_owned(),
            fix: "report this".to_owned(),
        }),
        cost: None,
        price_as_of: None,
        tokens_estimated: true,
        ..test("second", Dialect::Anthropic, 1)
    };
    let other_dialect = test("second", Dialect::OpenaiChat, 2);
    let other_endpoint = test("third", Dialect::Anthropic, 3);
    for row in [
        &test("second", Dialect::Anthropic, 0),
        &failed,
        &other_dialect,
        &other_endpoint,
    ] {
        ledger.book_fallback_test(row).unwrap();
    }
    assert_eq!(
        ledger.fallback_tests().unwrap(),
        [failed, other_dialect, other_endpoint]
    );
}

/// Each fault is stored as text and read back as the same fault.
#[test]
fn every_fault_is_kept() {
    for fault in TestFault::ALL {
        let mut ledger = fresh();
        let failed = FallbackTestRow {
            failed: Some(FailedTest {
                step: 1,
                fault: *fault,
                why: String::new(),
                fix: String::new(),
            }),
            ..test("second", Dialect::Anthropic, 0)
        };
        ledger.book_fallback_test(&failed).unwrap();
        assert_eq!(ledger.fallback_tests().unwrap(), [failed]);
    }
}

/// The cost of tests counts as spent today and against the cap, and a test is no exchange.
#[test]
fn today_counts_the_cost_of_tests_and_not_the_tests() {
    let mut ledger = fresh();
    let unknown = FallbackTestRow {
        cost: None,
        counted: MicroDollars(9_000),
        ..test("second", Dialect::Anthropic, 1)
    };
    let estimated = FallbackTestRow {
        tokens_estimated: true,
        cost: Some(MicroDollars(500)),
        counted: MicroDollars(500),
        ..test("second", Dialect::Anthropic, 2)
    };
    let yesterday = test("second", Dialect::Anthropic, -1);
    for row in [
        &yesterday,
        &test("second", Dialect::Anthropic, 0),
        &unknown,
        &estimated,
    ] {
        ledger.book_fallback_test(row).unwrap();
    }
    ledger.book_exchange(&answered(t0())).unwrap();
    let today = ledger.today(t0()).unwrap();
    assert_eq!(today.spent, MicroDollars(5_260 + 2_000 + 500));
    assert_eq!(today.of_estimated_tokens, MicroDollars(500));
    assert_eq!(today.fallbacks, MicroDollars(2_000 + 9_000 + 500));
    assert_eq!(
        (today.exchanges, today.carried_by_fallback, today.failed),
        (1, 0, 0)
    );
}

#[test]
fn the_models_in_use_are_those_with_a_response() {
    let mut ledger: Ledger = fresh();
    let requested = |model: &str, minute: i64| {
        let mut exchange = answered(t0() + minutes(minute));
        exchange.model = model.to_owned();
        exchange
    };
    let mut failed = exhausted(t0() + minutes(9));
    failed.model = "never-there".to_owned();
    let mut rehearsal = rehearsed(answered(t0() + minutes(9)));
    rehearsal.model = "rehearsal/tool".to_owned();
    for exchange in [
        requested("long-ago", -9),
        requested("large", 0),
        requested("small", 1),
        requested("large", 2),
        failed,
        rehearsal,
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    let models: Vec<String> = ledger
        .models_in_use(t0())
        .unwrap()
        .into_iter()
        .map(|(route, dialect, model)| format!("{route} {dialect} {model}"))
        .collect();
    assert_eq!(models, ["agents anthropic large", "agents anthropic small"]);
}
