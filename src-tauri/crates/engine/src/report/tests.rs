//! A report for one customer, made from random desks.

mod month;

use catalog::{Catalog, Dialect, MicroDollars, REHEARSAL};
use chrono::{DateTime, Offset, TimeDelta, Utc};
use health::{Basis, Blame, Change, Evidence, Level, ProviderVerdict, Transition, Verdict};
use ledger::{
    AttemptOutcome, AttemptRow, Candidate, End, ExchangeRow, FailedRequest, Ledger,
    LoggedTransition, Unattended,
};
use proptest::prelude::*;
use report::{Owner, Source, TableName};

use super::{Of, customer, customers, owner, period};
use crate::desk::Zone;
use crate::settings::Settings;
use crate::view::facts::Facts;

struct Desk {
    catalog: Catalog,
    settings: Settings,
    zone: Zone,
}

impl Facts for Desk {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn is_routed(&self, _: &str) -> bool {
        true
    }
}

const CURRENCIES: [char; 5] = ['$', '€', '£', '¥', '₹'];

/// Names that no text of a report contains, some with a sign of a currency.
fn name() -> impl Strategy<Value = String> {
    let sign = proptest::option::of(prop::sample::select(CURRENCIES.to_vec()));
    ("[QXZ][qxz]{4,9}", sign)
        .prop_map(|(name, sign)| name + &sign.map_or_else(String::new, String::from))
}

/// A name of a customer, a name of a pipeline, and whether it has a value.
type Pipeline = (String, String, bool);

/// An endpoint is named after the first customer.
fn settings(pipelines: &[Pipeline]) -> String {
    let one = |(customer, name, has_value): &Pipeline| {
        let value = if *has_value {
            "weekly_items = 50\nvalue = 400\n"
        } else {
            ""
        };
        format!("[[pipeline]]\nname = \"{name}\"\ncustomer = \"{customer}\"\n{value}")
    };
    let named_after = &pipelines[0].0;
    let endpoint = format!(
        "[[endpoint]]\nid = \"own\"\nname = \"gateway of {named_after}\"\nbase = \"http://127.0.0.1:9\"\ndialects = [\"anthropic\"]\nfamily = \"own\"\n"
    );
    pipelines.iter().map(one).collect::<String>() + &endpoint
}

fn t0() -> DateTime<Utc> {
    "2026-06-21T18:00:00Z".parse().unwrap()
}

fn candidate(provider: &str) -> Candidate {
    Candidate {
        provider: provider.into(),
        endpoint: provider.into(),
        model: "m".into(),
    }
}

fn attempt(provider: &str, failed: bool) -> AttemptRow {
    let Candidate {
        provider,
        endpoint,
        model,
    } = candidate(provider);
    AttemptRow {
        provider,
        endpoint,
        model,
        started_ms: 3,
        total_ms: 900,
        ttft_ms: (!failed).then_some(300),
        status: Some(200),
        by_subscription: false,
        spoken: None,
        left_out: Vec::new(),
        outcome: if failed {
            AttemptOutcome::Failed
        } else {
            AttemptOutcome::Complete
        },
        provider_failed: failed,
        detail: None,
        stop_reason: None,
        tokens: None,
        tokens_estimated: false,
        cost: Some(MicroDollars(5_000)),
        price_as_of: None,
    }
}

/// `fate`: 0 the fallback answered, 1 it was parked, 2 it failed.
fn exchange(number: usize, pipeline: &str, fate: u8) -> ExchangeRow {
    let mut attempts = vec![attempt("anthropic", true)];
    attempts.extend((fate == 0).then(|| attempt("own", false)));
    ExchangeRow {
        request_id: None,
        started: t0() + TimeDelta::seconds(number as i64),
        client: "n8n".to_owned(),
        session: None,
        dialect: Dialect::Anthropic,
        route: "r".to_owned(),
        model: "m".to_owned(),
        streamed: false,
        rehearsal: false,
        pipeline: Some(pipeline.to_owned()),
        item: Some(format!("item {number}")),
        primary: Some(candidate("anthropic")),
        end: if fate == 0 {
            End::Complete
        } else {
            End::Exhausted
        },
        detail: None,
        status: Some(200),
        total_ms: 900,
        ttft_ms: None,
        cost: Some(MicroDollars(5_000)),
        restarts: 0,
        shown_early: false,
        passed_over: Vec::new(),
        parked: (fate == 1).then(|| format!("{number:016x}")),
        token: None,
        attempts,
    }
}

fn parked(of: &ExchangeRow, id: &str) -> FailedRequest {
    FailedRequest {
        id: id.to_owned(),
        at: of.started,
        client: "n8n".to_owned(),
        session: None,
        dialect: Dialect::Anthropic,
        route: "r".to_owned(),
        model: "m".to_owned(),
        streamed: false,
        pipeline: of.pipeline.clone(),
        item: of.item.clone(),
        why: "overloaded".to_owned(),
        status: None,
        headers: Vec::new(),
        body: b"a secret prompt".to_vec(),
        replay: None,
        unattended: Unattended::default(),
    }
}

fn opening() -> LoggedTransition {
    let level = Level::MajorOutage;
    LoggedTransition {
        transition: Transition {
            at: t0(),
            provider: "anthropic".into(),
            change: Change::Opened { level, since: t0() },
            verdict: ProviderVerdict {
                verdict: Verdict::Known(level),
                since: Some(t0()),
                basis: Basis::Measured,
                blame: Blame::Them,
                evidence: Evidence::default(),
                unstable: false,
                surfaces: Default::default(),
                models: Default::default(),
            },
            announce: true,
        },
        evidence: "It is them.".to_owned(),
        entry: "It is them.".to_owned(),
    }
}

/// The desk, its ledger and its incident.
fn made(pipelines: &[Pipeline], requests: &[(prop::sample::Index, u8)]) -> (Desk, Ledger, i64) {
    let catalog = Catalog::bundled();
    let settings = Settings::parse(&settings(pipelines), &catalog).unwrap();
    let desk = Desk {
        catalog: settings.catalog(&catalog),
        settings,
        zone: Zone::new(|_| Utc.fix()),
    };
    let mut ledger = Ledger::in_memory(t0()).unwrap();
    let incident = ledger.apply(&opening()).unwrap().unwrap();
    for (number, (pipeline, fate)) in requests.iter().enumerate() {
        let row = exchange(number, &pipeline.get(pipelines).1, *fate);
        if let Some(id) = &row.parked {
            ledger.park(&parked(&row, id)).unwrap();
        }
        ledger.book_exchange(&row).unwrap();
    }
    (desk, ledger, incident)
}

fn documents(desk: &Desk, ledger: &Ledger, of: Of, wanted: &str) -> Vec<String> {
    let now = t0() + TimeDelta::hours(1);
    let span = period(ledger, desk, "UTC", now, of).unwrap().unwrap();
    let report = customer(ledger, desk, &span, Owner::default(), (wanted, false), now).unwrap();
    let source = Source::Customer(&report);
    vec![
        report::html(source, &span.place).unwrap(),
        report::markdown(source, &span.place).unwrap(),
        report::json(source).unwrap(),
        report::csv(source, TableName::Items, &span.place).unwrap(),
    ]
}

fn bare(name: &str) -> String {
    name.trim_end_matches(CURRENCIES).to_lowercase()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_customers_report_contains_nothing_of_others_and_no_currency(
        names in prop::collection::btree_set(name(), 4..10),
        values in prop::collection::vec(any::<bool>(), 5),
        requests in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3), 0..30),
    ) {
        // A name within another name cannot be found alone in a text.
        let names: Vec<&String> = names.iter().collect();
        let apart = |one: &&String| !names.iter().any(|other| other != one && (bare(other).contains(&bare(one)) || bare(one).contains(&bare(other))));
        let names: Vec<&String> = names.iter().copied().filter(apart).collect();
        prop_assume!(names.len() >= 4);
        let pipelines: Vec<Pipeline> = names
            .chunks_exact(2)
            .zip(values)
            .map(|(pair, has_value)| (pair[0].clone(), pair[1].clone(), has_value))
            .collect();
        let (desk, ledger, incident) = made(&pipelines, &requests);
        for wanted in customers(&desk.settings) {
            for of in [Of::Incident(incident), Of::Month("2026-06".parse().unwrap())] {
                for text in documents(&desk, &ledger, of, wanted) {
                    let small = text.to_lowercase();
                    for (other, pipeline, _) in pipelines.iter().filter(|(other, ..)| other != wanted) {
                        prop_assert!(!small.contains(&bare(other)) && !small.contains(&bare(pipeline)), "{wanted}: {text}");
                    }
                    prop_assert!(!text.contains(CURRENCIES) && !small.contains("secret"), "{text}");
                }
            }
        }
    }

    /// What is shown adds up to what was booked.
    #[test]
    fn the_owners_report_counts_each_request_once(
        requests in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3), 0..30),
    ) {
        let pipelines = [("A".to_owned(), "leads".to_owned(), true), ("B".to_owned(), "quotes".to_owned(), false)];
        let (desk, ledger, _) = made(&pipelines, &requests);
        let now = t0() + TimeDelta::hours(1);
        let of = Of::Month("2026-06".parse().unwrap());
        let span = period(&ledger, &desk, "UTC", now, of).unwrap().unwrap();
        let report = owner(&ledger, &desk, &span, Owner::default(), now).unwrap();
        let count = |fate: u8| requests.iter().filter(|(_, one)| *one == fate).count() as u64;
        let sum = |of: fn(&report::PipelineTotals) -> u64| report.requests.iter().map(of).sum::<u64>();
        prop_assert_eq!(sum(|row| row.requests), requests.len() as u64);
        prop_assert_eq!((sum(|row| row.carried), sum(|row| row.failed)), (count(0), count(1) + count(2)));
        prop_assert_eq!(report.review.len() as u64, count(1));
        let incident = &report.incidents[0];
        prop_assert_eq!((incident.hit, incident.carried, incident.waiting), (requests.len() as u64, count(0), count(1)));
        let spending = &report.spending;
        prop_assert_eq!(spending.fallback_micro_usd, 5_000 * count(0) as i64);
        prop_assert_eq!(spending.total_micro_usd, spending.days.iter().map(|day| day.own_micro_usd + day.fallback_micro_usd + day.probes_micro_usd).sum::<i64>());
        prop_assert!(report.uptime.iter().all(|row| row.provider != REHEARSAL));
        let claude = report.uptime.iter().find(|row| row.provider == "anthropic").unwrap();
        prop_assert_eq!(claude.outage_s, 3_600, "open for an hour");
        prop_assert_eq!(claude.counted_s.saturating_sub(3_600 * 2) , 0, "only hours with evidence count");
    }
}
