//! Outcomes and their ledger rows.

use std::time::Duration;

use catalog::{Catalog, Dialect, EndpointId, MicroDollars, ModelId, ProviderId, Tokens};
use chrono::DateTime;
use gateway::{Attempt, End, Exchange, ExchangeKind, Outcome};
use health::FailureKind;
use http::StatusCode;
use wire::{Broken, Completion, FailureClass, Report};

use super::exchange_row;

mod samples;

/// Any model of the catalogue with a price and a window.
fn priced() -> (Catalog, ProviderId, ModelId) {
    let catalog = Catalog::bundled();
    let found = catalog.providers().iter().find_map(|provider| {
        let model = provider
            .models
            .iter()
            .find(|m| !m.prices.is_empty() && m.context.is_some())?;
        Some((provider.id.clone(), model.id.clone()))
    });
    let (provider, model) = found.unwrap();
    (catalog, provider, model)
}

pub(crate) fn attempt(outcome: Outcome, status: Option<u16>, report: Report) -> Attempt {
    let (_, provider, model) = priced();
    Attempt {
        endpoint: EndpointId::new(provider.as_str()),
        provider,
        model,
        started_after: Duration::ZERO,
        total: Duration::from_secs(1),
        ttft: None,
        status: status.map(|code| StatusCode::from_u16(code).unwrap()),
        request_bytes: 4_001,
        prompt_is_text: false,
        by_subscription: false,
        spoken: None,
        left_out: Vec::new(),
        outcome,
        report,
    }
}

pub(crate) fn exchange(attempts: Vec<Attempt>) -> Exchange {
    Exchange {
        id: gateway::ExchangeId::new(1),
        started: DateTime::UNIX_EPOCH,
        client: wire::Client {
            name: "Claude Code".into(),
            version: None,
            session: None,
        },
        dialect: Dialect::Anthropic,
        kind: ExchangeKind::Generate,
        route: "claude".into(),
        model: "m".into(),
        streamed: true,
        rehearsal: false,
        pipeline: None,
        item: None,
        token: None,
        restarts: 0,
        shown_early: false,
        passed_over: Vec::new(),
        attempts,
        end: End::Complete,
        status: Some(StatusCode::OK),
        ttft: None,
        total: Duration::from_secs(2),
        bytes_out: 0,
        tools_held: true,
        tool_results: Vec::new(),
        review: None,
    }
}

pub(crate) fn failed(class: FailureClass, kind: Option<FailureKind>) -> Outcome {
    Outcome::Failed {
        class,
        fault: kind.map_or(
            gateway::Fault::Ours(gateway::Cause::Request),
            gateway::Fault::Theirs,
        ),
        message: String::new(),
        resets_at: None,
    }
}

pub(super) fn tokens(input: u64, output: u64) -> Tokens {
    Tokens {
        input,
        output,
        ..Tokens::default()
    }
}

/// 18 bytes of text, 10 of thinking and 12 of tool arguments have arrived.
pub(super) fn written() -> Report {
    Report {
        text_bytes: 18,
        thinking_bytes: 10,
        argument_bytes: 12,
        ..Report::default()
    }
}

pub(super) fn reported(input: u64, output: u64) -> Report {
    Report {
        tokens: tokens(input, output),
        usage_reported: true,
        ..written()
    }
}

pub(super) fn stopped(report: Report) -> Report {
    Report {
        stop_reason: Some("end_turn".into()),
        ..report
    }
}

#[test]
fn every_outcome_is_recorded_with_its_likely_cost() {
    use Outcome::{Answered, ClientLeft};
    let transient = |kind| failed(FailureClass::Transient, Some(kind));
    let nothing = None;
    let measured = |input, output| Some((tokens(input, output), false));
    let about = |input, output| Some((tokens(input, output), true));
    let rows = [
        // Complete responses.
        (
            Answered(Completion::Complete),
            Some(200),
            stopped(reported(12, 34)),
            measured(12, 34),
        ),
        (
            Answered(Completion::Truncated),
            Some(200),
            stopped(reported(12, 34)),
            measured(12, 34),
        ),
        (
            Answered(Completion::Broken(Broken::Empty)),
            Some(200),
            stopped(reported(12, 1)),
            measured(12, 1),
        ),
        // These providers report usage only if the request sets an option for it.
        (
            Answered(Completion::Complete),
            Some(200),
            stopped(written()),
            about(1_001, 10),
        ),
        // Zero means "not reported".
        (
            Answered(Completion::Complete),
            Some(200),
            stopped(reported(12, 0)),
            about(12, 10),
        ),
        (
            Answered(Completion::Complete),
            Some(200),
            stopped(reported(0, 34)),
            about(1_001, 34),
        ),
        // Truncated: the first event reports the input and one or two output tokens.
        (
            transient(FailureKind::Cut),
            Some(200),
            reported(12, 1),
            about(12, 10),
        ),
        (
            transient(FailureKind::Cut),
            Some(200),
            reported(12, 99),
            about(12, 99),
        ),
        (
            transient(FailureKind::Stalled),
            Some(200),
            written(),
            about(1_001, 10),
        ),
        // Truncated after the usage report, before the final event.
        (
            transient(FailureKind::Cut),
            Some(200),
            stopped(reported(12, 34)),
            measured(12, 34),
        ),
        // Discarded, because the route requires more.
        (
            failed(FailureClass::Transient, None),
            Some(200),
            stopped(reported(12, 34)),
            measured(12, 34),
        ),
        (
            failed(FailureClass::Transient, None),
            Some(200),
            stopped(written()),
            about(1_001, 10),
        ),
        // The input was processed, but no response came.
        (
            failed(FailureClass::Timeout, Some(FailureKind::Timeout)),
            None,
            Report::default(),
            about(1_001, 0),
        ),
        (
            transient(FailureKind::Connect),
            None,
            Report::default(),
            about(1_001, 0),
        ),
        (ClientLeft, Some(200), written(), about(1_001, 10)),
        // Refused: by a status, or by an error event without output.
        (
            transient(FailureKind::Status(529)),
            Some(529),
            Report::default(),
            nothing,
        ),
        (
            failed(FailureClass::RateLimit, None),
            Some(429),
            Report::default(),
            nothing,
        ),
        (
            failed(FailureClass::Limit, None),
            Some(429),
            Report::default(),
            nothing,
        ),
        (
            failed(FailureClass::Caller, None),
            Some(400),
            Report::default(),
            nothing,
        ),
        (
            transient(FailureKind::ErrorEvent),
            Some(200),
            Report::default(),
            nothing,
        ),
        (
            failed(FailureClass::Quota, None),
            Some(200),
            Report::default(),
            nothing,
        ),
        // An error after a partial response does not reduce the cost.
        (
            transient(FailureKind::ErrorEvent),
            Some(200),
            written(),
            about(1_001, 10),
        ),
    ];
    let (catalog, provider, model) = priced();
    let began = DateTime::UNIX_EPOCH;
    let price = catalog.price(&provider, model.as_str(), began).unwrap();
    for (outcome, status, report, expected) in rows {
        let row = exchange_row(
            &exchange(vec![attempt(outcome.clone(), status, report)]),
            None,
            &catalog,
        );
        let booked = &row.attempts[0];
        let seen = booked
            .tokens
            .map(|tokens| (tokens, booked.tokens_estimated));
        assert_eq!(seen, expected, "{outcome:?}");
        let cost = expected.map_or(MicroDollars::ZERO, |(tokens, _)| price.cost(tokens, began));
        assert_eq!(
            (booked.cost, row.cost),
            (Some(cost), Some(cost)),
            "{outcome:?}"
        );
        assert_eq!(
            booked.price_as_of.is_some(),
            expected.is_some(),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_unreached_provider_and_a_token_count_cost_nothing() {
    let (catalog, ..) = priced();
    let connect = failed(FailureClass::Transient, Some(FailureKind::Connect));
    let mut unreached = attempt(connect, None, Report::default());
    unreached.request_bytes = 0;
    let counting = Exchange {
        kind: ExchangeKind::CountTokens,
        ..exchange(vec![attempt(
            Outcome::Answered(Completion::Complete),
            Some(200),
            Report::default(),
        )])
    };
    for exchange in [exchange(vec![unreached]), counting] {
        let row = exchange_row(&exchange, None, &catalog);
        assert_eq!(
            (row.attempts[0].tokens, row.cost),
            (None, Some(MicroDollars::ZERO))
        );
    }
}

/// With the stored key, usage counts against the cap; with the client's own login, its cost is unknown.
#[test]
fn a_forwarded_request_costs_its_reported_usage_or_an_unknown_amount() {
    let catalog = Catalog::bundled();
    let passed = |report: Report, status: u16| {
        let outcome = if status == 200 {
            Outcome::Answered(Completion::Complete)
        } else {
            failed(FailureClass::RateLimit, None)
        };
        let mut attempt = attempt(outcome, Some(status), report);
        (attempt.provider, attempt.endpoint) = ("openai".into(), "openai".into());
        attempt.model = ModelId::new("/v1/embeddings");
        let passed = Exchange {
            kind: ExchangeKind::Passed,
            ..exchange(vec![attempt])
        };
        exchange_row(&passed, None, &catalog)
    };
    let paid = passed(
        Report {
            model: Some("text-embedding-3-small".into()),
            tokens: tokens(250_000, 0),
            usage_reported: true,
            ..Report::default()
        },
        200,
    );
    assert_eq!(paid.route, ledger::PASSED);
    assert_eq!(paid.attempts[0].model.as_str(), "text-embedding-3-small");
    assert_eq!(paid.cost, Some(MicroDollars(5_000)));
    assert_eq!(paid.fallbacks_cost(), MicroDollars(5_000));
    assert!(!paid.carried());
    let unread = passed(Report::default(), 200);
    assert_eq!((unread.attempts[0].tokens, unread.cost), (None, None));
    assert_eq!(unread.fallbacks_cost(), MicroDollars::ZERO);
    let refused = passed(Report::default(), 429);
    assert_eq!(refused.cost, Some(MicroDollars::ZERO));
}

#[test]
fn a_model_on_this_machine_costs_nothing() {
    let catalog = Catalog::bundled();
    let mut endpoints = catalog.endpoints();
    let local = endpoints
        .find(|e| e.is_local() && e.auth == catalog::Auth::None)
        .expect("a local model server is in the catalogue");
    let attempt = Attempt {
        provider: local.provider.clone(),
        endpoint: local.id.clone(),
        model: ModelId::new("a-model-without-a-price"),
        ..attempt(
            Outcome::Answered(Completion::Complete),
            Some(200),
            stopped(reported(1_000, 2_000)),
        )
    };
    let row = exchange_row(&exchange(vec![attempt]), None, &catalog);
    assert_eq!(row.cost, Some(MicroDollars::ZERO));
    assert!(!row.is_unpriced());
}

#[test]
fn an_image_in_the_request_counts_at_most_as_the_window() {
    let (catalog, provider, model) = priced();
    let window = catalog.model(&provider, model.as_str()).unwrap().context;
    let cut = failed(FailureClass::Transient, Some(FailureKind::Cut));
    let mut large = attempt(cut, Some(200), written());
    large.request_bytes = 30 << 20;
    let row = exchange_row(&exchange(vec![large]), None, &catalog);
    assert_eq!(row.attempts[0].tokens.map(|t| t.input), window);
}

#[test]
fn a_sum_states_its_estimated_part() {
    let (catalog, ..) = priced();
    let cut = attempt(
        failed(FailureClass::Transient, Some(FailureKind::Cut)),
        Some(200),
        reported(1_000, 1),
    );
    let complete = attempt(
        Outcome::Answered(Completion::Complete),
        Some(200),
        stopped(reported(1_000, 2_000)),
    );
    let mut ended = exchange(vec![cut, complete]);
    let row = exchange_row(&ended, None, &catalog);
    let [first, second] = [0, 1].map(|n| row.attempts[n].cost.unwrap());
    assert!(first > MicroDollars::ZERO && second > first);
    assert_eq!(row.cost, Some(first + second));
    assert_eq!(row.cost_of_estimated_tokens(), first);

    ended.rehearsal = true;
    let row = exchange_row(&ended, None, &catalog);
    assert_eq!(
        (row.cost, row.cost_of_estimated_tokens()),
        (None, MicroDollars::ZERO)
    );
}

/// A subscription has no cost per token; its paid fallback has one.
#[test]
fn a_subscriptions_requests_have_no_cost() {
    let (catalog, ..) = priced();
    let answered = |by_subscription| Attempt {
        by_subscription,
        ..attempt(
            Outcome::Answered(Completion::Complete),
            Some(200),
            stopped(reported(1_000, 2_000)),
        )
    };
    let row = exchange_row(&exchange(vec![answered(true)]), None, &catalog);
    assert_eq!((row.cost, row.attempts[0].cost), (None, None));
    assert!(row.attempts[0].by_subscription);
    assert_eq!(row.attempts[0].tokens.map(|t| t.output), Some(2_000));
    let both = vec![answered(true), answered(false)];
    let row = exchange_row(&exchange(both), None, &catalog);
    assert_eq!(row.cost, row.attempts[1].cost);
    assert!(row.cost > Some(MicroDollars::ZERO));
}

/// The begin of an attempt selects the hour; a tier without a known price has no cost, and counts against the cap.
#[test]
fn an_attempt_costs_the_price_of_its_hour_and_tier() {
    let catalog = Catalog::bundled();
    let row = |provider: &str, model: &str, begin: &str, report: Report| {
        let mut attempt = attempt(Outcome::Answered(Completion::Complete), Some(200), report);
        (attempt.provider, attempt.endpoint) = (provider.into(), provider.into());
        attempt.model = ModelId::new(model);
        attempt.started_after = Duration::from_secs(60);
        let exchange = Exchange {
            started: begin.parse().unwrap(),
            ..exchange(vec![attempt])
        };
        exchange_row(&exchange, None, &catalog)
    };
    let report = |tier: Option<&str>| Report {
        service_tier: tier.map(str::to_owned),
        ..stopped(reported(1_000, 1_000))
    };
    let flash = |begin| {
        let row = row("deepseek", "deepseek-flash", begin, report(None));
        row.cost.unwrap().0
    };
    assert_eq!(flash("2026-11-30T00:58:59Z"), 750);
    assert_eq!(flash("2026-11-30T00:59:00Z"), 1_500, "it began at 01:00");
    let sol = |tier| {
        row(
            "openai",
            "gpt-6.1-sol",
            "2026-11-30T12:00:00Z",
            report(tier),
        )
    };
    assert_eq!(sol(None).cost, Some(MicroDollars(12_000)));
    assert_eq!(sol(Some("default")).cost, Some(MicroDollars(12_000)));
    assert_eq!(sol(Some("flex")).cost, Some(MicroDollars(6_000)));
    let unknown = sol(Some("scale"));
    assert!(unknown.is_unpriced());
    let counted = unknown.attempts[0].counted();
    assert_eq!(counted, catalog::at_dearest(tokens(1_000, 1_000)));
    let mut hour = report(None);
    hour.tokens.cache_write = 1_000;
    hour.tokens.cache_write_hour = 1_000;
    let cached = row(
        "anthropic",
        "claude-sonnet-5-5",
        "2026-11-30T12:00:00Z",
        hour,
    );
    assert_eq!(cached.cost, Some(MicroDollars(2_000 + 10_000 + 4_000)));
}
