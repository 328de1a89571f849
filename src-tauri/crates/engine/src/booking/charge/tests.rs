use std::time::Duration;

use catalog::{Catalog, EndpointId};
use wire::{Broken, Completion};

use super::super::tests::{attempt, failed, reported, stopped, tokens, written};
use super::*;

/// A count that is impossible for the model is replaced by an estimate from bytes; the other counts are kept.
#[test]
fn a_count_beyond_the_models_limits_is_replaced() {
    const HUGE: u64 = 9_000_000_000_000_000_000;
    let attempt = Attempt {
        total: Duration::from_secs(60),
        ..attempt(
            Outcome::Answered(Completion::Complete),
            Some(200),
            Report::default(),
        )
    };
    let small = Terms {
        window: Some(200_000),
        longest: Some(8_000),
        ..Terms::default()
    };
    let unknown = Terms::default();
    let rows = [
        (
            small,
            reported(200_000, 8_000),
            Charge::ReportedUsage(tokens(200_000, 8_000)),
        ),
        (
            small,
            reported(200_001, 34),
            Charge::Estimated(tokens(1_001, 34)),
        ),
        (
            small,
            reported(12, 8_001),
            Charge::Estimated(tokens(12, 10)),
        ),
        (
            small,
            reported(HUGE, HUGE),
            Charge::Estimated(tokens(1_001, 10)),
        ),
        (
            unknown,
            reported(1_000_000, 1_000_000),
            Charge::ReportedUsage(tokens(1_000_000, 1_000_000)),
        ),
        (
            unknown,
            reported(1_000_001, 34),
            Charge::Estimated(tokens(1_001, 34)),
        ),
        (
            unknown,
            reported(12, 1_000_001),
            Charge::Estimated(tokens(12, 10)),
        ),
        (
            unknown,
            reported(u64::MAX, u64::MAX),
            Charge::Estimated(tokens(1_001, 10)),
        ),
    ];
    for (terms, report, expected) in rows {
        let attempt = Attempt {
            report: stopped(report.clone()),
            ..attempt.clone()
        };
        assert_eq!(
            charge(&attempt, ExchangeKind::Generate, terms),
            expected,
            "{report:?}"
        );
    }
    // Tokens read from a cache are part of the prompt.
    let cached = Report {
        tokens: Tokens {
            cache_read: u64::MAX,
            ..tokens(12, 34)
        },
        ..stopped(reported(12, 34))
    };
    let attempt = Attempt {
        report: cached,
        ..attempt
    };
    let expected = Charge::Estimated(tokens(1_001, 34));
    assert_eq!(charge(&attempt, ExchangeKind::Generate, small), expected);
}

/// A count within an unknown model's limits, and still impossible: 4,001 bytes of text, and a response of one second.
#[test]
fn a_count_beyond_the_bytes_and_the_duration_is_replaced() {
    let of = |prompt_is_text, seconds, report: Report, kind| {
        let attempt = Attempt {
            prompt_is_text,
            total: Duration::from_secs(seconds),
            ..attempt(
                Outcome::Answered(Completion::Complete),
                Some(200),
                stopped(report),
            )
        };
        charge(&attempt, kind, Terms::default())
    };
    let generate = ExchangeKind::Generate;
    let (most, long) = (1_000_000, 4_001 + ADDED_TOKENS);
    let measured = |input, output| Charge::ReportedUsage(tokens(input, output));
    let about = |input, output| Charge::Estimated(tokens(input, output));
    let rows = [
        // The prompt: the bytes allow no more, unless it refers to something else.
        (true, 1, reported(long, 34), generate, measured(long, 34)),
        (true, 1, reported(long + 1, 34), generate, about(1_001, 34)),
        (false, 1, reported(most, 34), generate, measured(most, 34)),
        // The output: hidden thinking takes time.
        (
            true,
            1,
            reported(12, 40_000),
            generate,
            measured(12, 40_000),
        ),
        (true, 1, reported(12, 40_001), generate, about(12, 10)),
        (true, 60, reported(12, most), generate, measured(12, most)),
        (
            true,
            1,
            Report {
                text_bytes: 90_000,
                ..reported(12, 80_000)
            },
            generate,
            measured(12, 80_000),
        ),
        // A batch reports the work of hours in one second.
        (
            false,
            1,
            reported(most, most),
            ExchangeKind::Passed,
            measured(most, most),
        ),
    ];
    for (text, seconds, report, kind, expected) in rows {
        assert_eq!(
            of(text, seconds, report.clone(), kind),
            expected,
            "{report:?}"
        );
    }
}

/// OpenRouter's "Zero Completion Insurance"; the same responses of another provider are billed.
#[test]
fn what_a_provider_does_not_bill_costs_nothing() {
    let catalog = Catalog::bundled();
    let openrouter = catalog.endpoint(&EndpointId::new("openrouter")).unwrap();
    let billed = |not_billed, report: Report, outcome| {
        let attempt = attempt(outcome, Some(200), report);
        let terms = Terms {
            not_billed,
            ..Terms::default()
        };
        charge(&attempt, ExchangeKind::Generate, terms)
            .tokens()
            .is_some()
    };
    let cut = || failed(FailureClass::Transient, Some(FailureKind::Cut));
    let with_reason = |reason: &str, report| Report {
        stop_reason: Some(reason.into()),
        ..report
    };
    let nothing_written = Report {
        tokens: tokens(12, 0),
        usage_reported: true,
        ..Report::default()
    };
    let rows = [
        (
            "nothing written, and no reason",
            cut(),
            nothing_written.clone(),
            false,
        ),
        ("nothing at all", cut(), Report::default(), false),
        (
            "nothing until the client left",
            Outcome::ClientLeft,
            Report::default(),
            true,
        ),
        (
            "nothing for too long",
            failed(FailureClass::Timeout, Some(FailureKind::Timeout)),
            Report::default(),
            true,
        ),
        (
            "nothing written, and a reason",
            Outcome::Answered(Completion::Broken(Broken::Empty)),
            with_reason("stop", nothing_written),
            true,
        ),
        ("a part, and no reason", cut(), written(), true),
        (
            "a part, and the reason `error`",
            cut(),
            with_reason("error", reported(12, 34)),
            false,
        ),
        (
            "a part, and the reason `stop`",
            cut(),
            with_reason("stop", reported(12, 34)),
            true,
        ),
    ];
    for (what, outcome, report, expected) in rows {
        let here = billed(&openrouter.not_billed, report.clone(), outcome.clone());
        assert_eq!(here, expected, "{what}");
        assert!(billed(&[], report, outcome), "{what}");
    }
}
