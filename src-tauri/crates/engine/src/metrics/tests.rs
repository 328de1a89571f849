use std::time::Duration;

use catalog::{Catalog, EndpointId, ModelId};
use gateway::{End, Exchange, Outcome, Review};
use wire::{Completion, FailureClass};

use super::Metrics;
use crate::booking::{self, tests as samples};

const ACME: &str = r#"
name = "Acme"
[[endpoint]]
id = "acme"
base = "https://api.acme.example"
dialects = ["openai-chat", "anthropic", "openai-responses"]
auth = "bearer"
key_env = "ACME_KEY"
serves = ["acme-*"]
[[model]]
id = "acme-1"
context = 1_000_000
max_output = 100_000
price = { input = 3, output = 15, as_of = "2026-11-29" }
"#;

struct Counting {
    metrics: Metrics,
    catalog: Catalog,
}

impl Counting {
    fn new() -> Self {
        Self {
            metrics: Metrics::default(),
            catalog: Catalog::with_files(&[("acme.toml".to_owned(), ACME.to_owned())]).unwrap(),
        }
    }

    fn ended(&self, exchange: &Exchange) {
        let row = booking::exchange_row(exchange, None, &self.catalog);
        self.metrics
            .ended(exchange, &row, row.carried(), &self.catalog);
    }

    fn value(&self, series: &str) -> Option<f64> {
        let page = self.metrics.page();
        let mut lines = page.lines();
        lines.find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }
}

fn attempt(endpoint: &str, model: &str, outcome: Outcome) -> gateway::Attempt {
    let mut attempt = samples::attempt(outcome, Some(200), wire::Report::default());
    attempt.provider = endpoint.into();
    attempt.endpoint = EndpointId::new(endpoint);
    attempt.model = ModelId::new(model);
    attempt
}

fn answered(model: &str) -> Exchange {
    let outcome = Outcome::Answered(Completion::Complete);
    let mut exchange = samples::exchange(vec![attempt("acme", model, outcome)]);
    exchange.model = model.to_owned();
    exchange.ttft = Some(Duration::from_millis(700));
    exchange
}

fn carried() -> Exchange {
    let mut exchange = answered("acme-1");
    let failed = samples::failed(FailureClass::RateLimit, None);
    exchange.attempts.insert(0, attempt("first", "m", failed));
    exchange.pipeline = Some("Leads".to_owned());
    exchange.restarts = 2;
    exchange
}

#[test]
fn ended_requests_are_counted_by_result_and_provider() {
    let counting = Counting::new();
    counting.ended(&answered("acme-1"));
    counting.ended(&answered("acme-1-20260101"));
    counting.ended(&carried());
    let of = |client: &str, pipeline: &str| {
        format!(
            "understudy_exchanges_total{{outcome=\"complete\",provider=\"acme\",model=\"acme-1\",route=\"claude\",pipeline=\"{pipeline}\",client=\"{client}\"}}"
        )
    };
    let page = counting.metrics.page();
    assert_eq!(counting.value(&of("agent", "")), Some(2.0), "{page}");
    assert_eq!(counting.value(&of("pipeline", "Leads")), Some(1.0));
    for (series, expected) in [
        (
            "understudy_attempts_total{provider=\"first\",model=\"m\",class=\"rate_limit\"}",
            1.0,
        ),
        (
            "understudy_attempts_total{provider=\"acme\",model=\"acme-1\",class=\"complete\"}",
            3.0,
        ),
        (
            "understudy_failovers_total{from=\"first\",to=\"acme\"}",
            1.0,
        ),
        ("understudy_restarts_in_place_total{provider=\"acme\"}", 2.0),
        (
            "understudy_time_to_first_token_seconds_bucket{provider=\"acme\",model=\"acme-1\",le=\"0.5\"}",
            0.0,
        ),
        (
            "understudy_time_to_first_token_seconds_bucket{provider=\"acme\",model=\"acme-1\",le=\"1\"}",
            3.0,
        ),
        (
            "understudy_exchange_duration_seconds_sum{provider=\"acme\",model=\"acme-1\"}",
            6.0,
        ),
    ] {
        assert_eq!(counting.value(series), Some(expected), "{series}\n{page}");
    }
}

#[test]
fn a_parked_request_is_counted() {
    let counting = Counting::new();
    let mut exchange = carried();
    exchange.end = End::Exhausted;
    exchange.review = Some(Review::Parked(gateway::ParkedRequest {
        id: "00a1".to_owned(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        replay: None,
        unattended: Default::default(),
    }));
    counting.ended(&exchange);
    let parked = counting.value("understudy_parked_total{pipeline=\"Leads\"}");
    assert_eq!(parked, Some(1.0), "{}", counting.metrics.page());
}

#[test]
fn the_number_of_client_chosen_names_is_limited() {
    let counting = Counting::new();
    for n in 0..500 {
        counting.ended(&Exchange {
            pipeline: Some(format!("pipeline {n}")),
            ..answered(&format!("model-{n}"))
        });
    }
    counting.ended(&answered("acme-1"));
    let page = counting.metrics.page();
    let exchanges = page
        .lines()
        .filter(|line| line.starts_with("understudy_exchanges_total"));
    assert_eq!(exchanges.count(), 52, "{page}");
    assert!(page.contains("model=\"other\""), "{page}");
    assert!(
        page.contains("model=\"acme-1\""),
        "the catalogue's keep their names"
    );
}

#[test]
fn a_rejected_client_adds_no_label_and_the_rehearsal_is_not_counted() {
    let counting = Counting::new();
    counting.ended(&Exchange {
        end: End::TurnedAway(gateway::TurnedAway::Token),
        pipeline: Some("\"evil\"".to_owned()),
        attempts: Vec::new(),
        ..answered("junk")
    });
    counting.ended(&Exchange {
        rehearsal: true,
        ..answered("rehearsal/steady")
    });
    let page = counting.metrics.page();
    assert!(!page.contains("evil") && !page.contains("junk"), "{page}");
    assert!(!page.contains("rehearsal/"), "{page}");
    assert!(page.contains("outcome=\"turned_away\""), "{page}");
}

#[test]
fn label_values_are_escaped() {
    let counting = Counting::new();
    counting.ended(&answered("a\"b\\c\nd"));
    let page = counting.metrics.page();
    assert!(page.contains(r#"model="a\"b\\c\nd""#), "{page}");
    counting.ended(&answered("e\u{1b}[2J\u{202e}"));
    let page = counting.metrics.page();
    assert!(page.contains(r#"model="e\\u{1b}[2J\\u{202e}""#), "{page}");
}
