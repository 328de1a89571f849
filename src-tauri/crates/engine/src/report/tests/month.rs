//! A month of a small agency with two outages: what the fallbacks cost, and what they cost more than the primaries.

use catalog::{Dialect, ModelId, Tokens, tier_of};
use chrono::{Datelike, TimeZone};
use report::OwnerReport;

use super::*;

/// The prompt of a turn of a coding agent, and of an item of a pipeline.
const AGENT: u64 = 60_000;
const ITEM: u64 = 2_000;
const AGENTS: [&str; 3] = ["Claude Code", "Claude Code 2", "Claude Code 3"];

/// What the fallback's prompt cache does.
#[derive(Clone, Copy, PartialEq)]
enum Cache {
    /// Empty at the switch, then as at the primary.
    Usual,
    /// Nothing is ever cached.
    None,
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 10, day, 0, 0, 0).unwrap()
}

/// Two outages of four hours on workdays.
fn is_out(at: DateTime<Utc>) -> bool {
    [
        day(6) + TimeDelta::hours(10),
        day(21) + TimeDelta::hours(13),
    ]
    .into_iter()
    .any(|begin| at >= begin && at < begin + TimeDelta::hours(4))
}

struct Month {
    desk: Desk,
    ledger: Ledger,
    with_outages: bool,
    cache: Cache,
    subscription: bool,
}

impl Month {
    /// Of 22 workdays, from 9 to 18 h: three agents with a turn every 9 minutes, and a pipeline with an item every 3 minutes.
    fn new(with_outages: bool, cache: Cache, subscription: bool) -> Month {
        let settings = Settings::default();
        let desk = Desk {
            catalog: settings.catalog(&Catalog::bundled()),
            settings,
            zone: Zone::new(|_| Utc.fix()),
        };
        let mut month = Month {
            desk,
            ledger: Ledger::in_memory(day(1)).unwrap(),
            with_outages,
            cache,
            subscription,
        };
        let mut workdays = 0;
        for date in 1..=31 {
            let begin = day(date) + TimeDelta::hours(9);
            if begin.weekday().number_from_monday() > 5 {
                continue;
            }
            workdays += 1;
            let mut warm = [false; 3];
            let mut was_out = false;
            for minute in (0..9 * 60).step_by(3) {
                let at = begin + TimeDelta::minutes(minute);
                let out = month.with_outages && is_out(at);
                if out != was_out {
                    (was_out, warm) = (out, [false; 3]);
                }
                month.item(at, out);
                if minute % 9 == 0 {
                    for (agent, warm) in AGENTS.iter().zip(&mut warm) {
                        month.turn(agent, at, out, *warm);
                        *warm = true;
                    }
                }
            }
        }
        assert_eq!(workdays, 22);
        month
    }

    fn turn(&mut self, agent: &str, at: DateTime<Utc>, out: bool, warm: bool) {
        let mut tokens = Tokens {
            input: 500,
            output: 600,
            cache_read: AGENT - 2_500,
            cache_write: 2_000,
            cache_write_hour: 0,
        };
        if !warm {
            (tokens.cache_read, tokens.cache_write) = (0, AGENT - 500);
        }
        if out && self.cache == Cache::None {
            (tokens.cache_read, tokens.cache_write) = (0, 0);
            tokens.input = AGENT;
        }
        self.book(agent, None, "claude-opus-5-5", at, out, tokens);
    }

    fn item(&mut self, at: DateTime<Utc>, out: bool) {
        let tokens = Tokens {
            input: ITEM,
            output: 400,
            ..Tokens::default()
        };
        self.book("n8n", Some("leads"), "claude-sonnet-5-5", at, out, tokens);
    }

    fn book(
        &mut self,
        client: &str,
        pipeline: Option<&str>,
        model: &str,
        at: DateTime<Utc>,
        out: bool,
        tokens: Tokens,
    ) {
        let catalog = &self.desk.catalog;
        let of = |provider: &str, model: &ModelId| Candidate {
            provider: provider.into(),
            endpoint: provider.into(),
            model: model.clone(),
        };
        let primary = of("anthropic", &model.into());
        let by = match out {
            false => primary.clone(),
            true => of("openai", &equivalent(catalog, model)),
        };
        let price = catalog.price(&by.provider, by.model.as_str(), at).unwrap();
        let by_subscription = self.subscription && !out && pipeline.is_none();
        let cost = price.cost(tokens, at);
        let answer = AttemptRow {
            provider: by.provider,
            endpoint: by.endpoint,
            model: by.model,
            by_subscription,
            tokens: Some(tokens),
            cost: (!by_subscription).then_some(cost),
            price_as_of: price.as_of.clone(),
            ..attempt("openai", false)
        };
        let failed = AttemptRow {
            model: model.into(),
            cost: Some(MicroDollars::ZERO),
            by_subscription: self.subscription && pipeline.is_none(),
            ..attempt("anthropic", true)
        };
        let attempts = Vec::from_iter(out.then_some(failed).into_iter().chain([answer]));
        let row = ExchangeRow {
            started: at,
            client: client.to_owned(),
            model: model.to_owned(),
            pipeline: pipeline.map(str::to_owned),
            item: None,
            primary: Some(primary),
            cost: (!by_subscription).then_some(cost),
            dialect: Dialect::Anthropic,
            attempts,
            ..exchange(0, "leads", 0)
        };
        assert_eq!(row.carried(), out);
        self.ledger.book_exchange(&row).unwrap();
    }

    fn report(&self) -> (OwnerReport, String) {
        let of = Of::Month("2026-10".parse().unwrap());
        let now = day(31) + TimeDelta::days(2);
        let span = period(&self.ledger, &self.desk, "UTC", now, of)
            .unwrap()
            .unwrap();
        let report = owner(&self.ledger, &self.desk, &span, Owner::default(), now).unwrap();
        let text = report::markdown(Source::Owner(&report), &span.place).unwrap();
        (report, text)
    }
}

/// The catalogue's fallback of the same tier.
fn equivalent(catalog: &Catalog, model: &str) -> ModelId {
    let tiers = |provider: &str| &catalog.provider(&provider.into()).unwrap().tiers;
    let tier = tier_of(tiers("anthropic"), model).unwrap();
    tiers("openai")[&tier].fallback_model.clone().unwrap()
}

/// Spent in the month, less what the same month without outages costs, as a share of the metered cost.
fn real_share(with: &OwnerReport, without: &OwnerReport) -> f64 {
    let (with, without) = (
        with.spending.total_micro_usd,
        without.spending.total_micro_usd,
    );
    (with - without) as f64 / with as f64
}

/// The method estimates the primary's cost; the difference of two months is the truth, with the primary's cold caches after the
/// outages, which the report counts as own cost.
#[test]
fn the_surcharge_of_a_month_with_two_outages_of_four_hours_is_under_five_percent() {
    let (without, text) = Month::new(false, Cache::Usual, false).report();
    assert!(
        text.contains("Surcharge: $0, 0.0 % of the metered cost"),
        "{text}"
    );
    let month = Month::new(true, Cache::Usual, false);
    let opus = equivalent(&month.desk.catalog, "claude-opus-5-5");
    assert_eq!(opus.as_str(), "gpt-6.1-sol");
    let (report, text) = month.report();
    let spending = &report.spending;
    println!(
        "{}",
        text.lines()
            .find(|line| line.contains("Surcharge:"))
            .unwrap()
    );
    println!("truth {}", real_share(&report, &without));
    let share = spending.surcharge_share.unwrap();
    assert!(share < 0.05, "{share}");
    assert!(real_share(&report, &without) < 0.05);
    assert_eq!(
        spending.surcharge_micro_usd,
        spending.fallback_micro_usd - spending.primaries_micro_usd
    );
    let days = &spending.days;
    let sum = days.iter().map(|day| day.primaries_micro_usd).sum::<i64>();
    assert_eq!(sum, spending.primaries_micro_usd, "what is shown adds up");
    assert_eq!(
        days.iter()
            .filter(|day| day.primaries_micro_usd > 0)
            .count(),
        2
    );
}

/// Without a prompt cache at the fallback, each turn pays its complete prompt.
#[test]
fn a_fallback_without_a_prompt_cache_costs_more_than_five_percent() {
    let (without, _) = Month::new(false, Cache::None, false).report();
    let (report, text) = Month::new(true, Cache::None, false).report();
    println!(
        "{}",
        text.lines()
            .find(|line| line.contains("Surcharge:"))
            .unwrap()
    );
    println!("truth {}", real_share(&report, &without));
    let share = report.spending.surcharge_share.unwrap();
    assert!(share > 0.05, "{share}");
    assert!((share - real_share(&report, &without)).abs() < 0.02);
}

/// The plan of a subscription is no bill: what a key pays in an outage is a surcharge in full.
#[test]
fn the_complete_cost_is_a_surcharge_if_the_primary_is_paid_by_a_subscription() {
    let (report, text) = Month::new(true, Cache::Usual, true).report();
    let spending = &report.spending;
    println!(
        "{}",
        text.lines()
            .find(|line| line.contains("Surcharge:"))
            .unwrap()
    );
    assert!(spending.primaries_by_subscription > 100, "{spending:?}");
    assert!(spending.surcharge_share.unwrap() > 0.05, "{spending:?}");
    assert!(text.contains("the primary is paid by a subscription and would have cost nothing"));
    let of_items = spending.primaries_micro_usd;
    assert!(of_items > 0, "the pipeline has a key");
}

/// A month stays as it was recorded when a price changes later.
#[test]
fn a_recorded_cost_stays_when_a_price_changes() {
    let mut month = Month::new(true, Cache::Usual, false);
    let (before, _) = month.report();
    let text = "[[price]]\nprovider = \"openai\"\ndiscount = 0.5\n[[price]]\nprovider = \"anthropic\"\nmodel = \"claude-opus-5-5\"\ninput = 8\noutput = 40\n";
    let settings = Settings::parse(text, &Catalog::bundled()).unwrap();
    month.desk.catalog = settings.catalog(&Catalog::bundled());
    month.desk.settings = settings;
    let (after, text) = month.report();
    let costs = |report: &OwnerReport| {
        let spending = &report.spending;
        (
            spending.own_micro_usd,
            spending.fallback_micro_usd,
            spending.total_micro_usd,
        )
    };
    assert_eq!(costs(&before), costs(&after));
    assert!(after.spending.primaries_micro_usd > before.spending.primaries_micro_usd);
    assert!(text.contains("your own prices and discounts where the settings have them"));
}
