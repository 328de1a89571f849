use api::AtRisk;
use chrono::{DateTime, TimeDelta, Utc};
use health::Level;
use impact::Pipeline;
use ledger::{LevelStretch, Met, PipelineMet};

use super::of;

fn t0() -> DateTime<Utc> {
    "2026-06-22T08:00:00Z".parse().unwrap()
}

fn pipeline(name: &str, dollars: f64) -> Pipeline {
    Pipeline {
        name: name.into(),
        weekly_items: 60.0,
        value: catalog::MicroDollars::from_dollars(dollars),
        currency: Default::default(),
        schedule: "daily 08:00-22:00 Europe/Berlin".parse().unwrap(),
        surge: Default::default(),
        providers: Vec::new(),
    }
}

fn met(pipeline: &str, hit: u64, waiting: u64, failed: u64) -> PipelineMet {
    PipelineMet {
        pipeline: pipeline.into(),
        hit,
        carried: hit - waiting - failed,
        waiting,
        failed,
    }
}

fn stretch(minutes: i64, level: Level, calls: u64, calls_failed: u64) -> LevelStretch {
    LevelStretch {
        from: t0(),
        to: Some(t0() + TimeDelta::minutes(minutes)),
        level,
        calls,
        calls_failed,
    }
}

/// `routed`: pipelines whose requests pass through the gateway.
fn at_risk(
    pipelines: &[Pipeline],
    routed: &[&str],
    pipelines_met: Vec<PipelineMet>,
    stretch: LevelStretch,
) -> AtRisk {
    let met = Met {
        pipelines: pipelines_met,
        stretches: vec![stretch],
        ..Met::default()
    };
    let now = t0() + TimeDelta::hours(10);
    of(
        pipelines,
        &"anthropic".into(),
        &met,
        &|name| routed.contains(&name),
        now,
    )
}

fn nothing(why: &str) -> AtRisk {
    AtRisk::Nothing { why: why.into() }
}

fn both() -> [Pipeline; 2] {
    [pipeline("Leads", 400.0), pipeline("Invoices", 35.0)]
}

#[test]
fn the_known_part_comes_first_and_the_usual_one_after_it() {
    let down = stretch(4, Level::MajorOutage, 30, 30);
    let leads = vec![met("Leads", 20, 16, 0), met("Invoices", 12, 12, 0)];
    assert_eq!(
        at_risk(&both(), &["Leads", "Invoices"], leads, down),
        AtRisk::Estimate {
            low: 6_820_000_000,
            high: 6_820_000_000,
            known: 6_820_000_000,
            low_usd: 6_820.0,
            high_usd: 6_820.0,
            method: "Leads: 16 waiting × $400 = $6,400. (Usual for 4 min: about $16.) \
                     Invoices: 12 waiting × $35 = $420. (Usual for 4 min: about $1.43.)"
                .into(),
        }
    );
}

#[test]
fn an_outage_without_unanswered_requests_has_no_value_at_risk() {
    let routed = ["Leads", "Invoices"];
    let long = || stretch(8 * 60, Level::MajorOutage, 0, 0);
    assert_eq!(
        at_risk(&both(), &routed, vec![], long()),
        nothing("None of your requests was affected.")
    );
    assert_eq!(
        at_risk(&both(), &routed, vec![met("Leads", 57, 0, 0)], long()),
        nothing("Leads: nothing at risk, all 57 affected requests were answered.")
    );
}

#[test]
fn other_pipelines_are_estimated_by_the_share_of_failed_calls() {
    let leads = || vec![pipeline("Leads", 400.0)];
    let estimate = |stretch| match at_risk(&leads(), &[], vec![], stretch) {
        AtRisk::Estimate { low, known, .. } => (low, known),
        other @ (AtRisk::NoEstimate { .. } | AtRisk::Nothing { .. }) => panic!("{other:?}"),
    };
    // 60 × 400 × 60 ÷ 5880
    assert_eq!(
        estimate(stretch(60, Level::MajorOutage, 0, 0)),
        (244_900_000, 0)
    );
    assert_eq!(
        estimate(stretch(60, Level::PartialOutage, 0, 0)),
        (244_900_000, 0)
    );
    assert_eq!(
        estimate(stretch(60, Level::PartialOutage, 4, 1)),
        (61_220_000, 0)
    );
    // 8.3 h "degraded" without a failure cause no loss.
    assert_eq!(estimate(stretch(498, Level::Degraded, 0, 0)), (0, 0));
    assert_eq!(
        estimate(stretch(498, Level::Degraded, 100, 2)),
        (40_820_000, 0)
    );
}

#[test]
fn known_and_estimated_add_up() {
    let down = stretch(60, Level::MajorOutage, 9, 9);
    let reported = at_risk(&both(), &["Leads"], vec![met("Leads", 3, 2, 1)], down);
    let AtRisk::Estimate {
        low, known, method, ..
    } = reported
    else {
        panic!("{reported:?}");
    };
    assert_eq!(known, 1_200_000_000);
    assert_eq!(low, 1_200_000_000 + 21_430_000);
    assert!(
        method.starts_with("Leads: (2 waiting + 1 failed) × $400 = $1,200."),
        "{method}"
    );
    assert!(
        method.contains("Invoices: Estimated: 60 items a week × $35"),
        "{method}"
    );
}

#[test]
fn without_a_pipeline_there_is_no_figure() {
    let down = || stretch(4, Level::MajorOutage, 0, 0);
    let none = |why: &str| AtRisk::NoEstimate { why: why.into() };
    assert_eq!(
        at_risk(&[], &[], vec![], down()),
        none("Add a pipeline to see what outages cost you.")
    );
    let mut elsewhere = pipeline("Leads", 400.0);
    elsewhere.providers = vec!["openai".into()];
    assert_eq!(
        at_risk(&[elsewhere], &[], vec![], down()),
        none("None of your pipelines uses this provider.")
    );
}
