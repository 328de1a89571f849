use api::{AtRisk, Impact};
use catalog::Catalog;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use health::Level;
use ledger::{EarlierIncident, IncidentTraffic, LevelStretch, Met, PipelineMet};

use super::*;
use crate::desk::Zone;
use crate::settings::Settings;

/// 10:00 on Monday 22 June 2026 in Berlin.
fn t0() -> DateTime<Utc> {
    "2026-06-22T08:00:00Z".parse().unwrap()
}

struct Desk {
    settings: Settings,
    catalog: Catalog,
    zone: Zone,
    routed: Vec<&'static str>,
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

    fn is_routed(&self, pipeline: &str) -> bool {
        self.routed.contains(&pipeline)
    }
}

fn desk(settings: &str, routed: &[&'static str]) -> Desk {
    let catalog = Catalog::bundled();
    Desk {
        settings: Settings::parse(settings, &catalog).unwrap(),
        catalog,
        zone: Zone::new(|_| FixedOffset::east_opt(7200).unwrap()),
        routed: routed.to_vec(),
    }
}

const LEADS: &str = "[[pipeline]]\nname = \"Leads\"\ncustomer = \"Miller Ltd\"\nweekly_items = 50\nvalue = 400\n\
    schedule = \"Mon-Fri 09:00-17:00 Europe/Berlin\"\nsurge = [2.5, 7.5]\nproviders = [\"anthropic\"]\n";

fn elsewhere() -> String {
    format!("{LEADS}runs = \"make\"\n")
}

fn met(pipeline: &str, safe: u64, waiting: u64, failed: u64) -> PipelineMet {
    PipelineMet {
        pipeline: pipeline.into(),
        hit: safe + waiting + failed,
        safe,
        waiting,
        failed,
        ..PipelineMet::default()
    }
}

/// A major outage of Claude that begins after these minutes.
fn outage(after: i64, minutes: i64, pipelines: Vec<PipelineMet>) -> Met {
    let from = t0() + TimeDelta::minutes(after);
    Met {
        traffic: IncidentTraffic {
            hit: pipelines.iter().map(|met| met.hit).sum(),
            ..IncidentTraffic::default()
        },
        pipelines,
        stretches: vec![LevelStretch {
            from,
            to: Some(from + TimeDelta::minutes(minutes)),
            level: Level::MajorOutage,
            calls: 0,
            calls_failed: 0,
        }],
        ..Met::default()
    }
}

fn of(desk: &Desk, met: &Met) -> Impact {
    let stretch = met.stretches[0];
    let subject = Subject {
        provider: &"anthropic".into(),
        met,
        opened: stretch.from,
        closed: stretch.to,
    };
    impact(desk, subject, t0() + TimeDelta::hours(10))
}

fn ranges(impact: &Impact) -> Vec<&str> {
    impact.at_risk.iter().map(|range| &*range.text).collect()
}

/// Without the sentence, five affected requests and three empty lines contradict each other.
#[test]
fn items_of_an_earlier_incident_are_explained() {
    let hit = PipelineMet {
        hit: 5,
        ..met("Leads", 0, 0, 0)
    };
    let impact = of(&desk(LEADS, &["Leads"]), &outage(0, 1, vec![hit]));
    assert_eq!(
        impact.why.as_deref(),
        Some(
            "The items of Leads are not counted here: an earlier incident hit them first and counts them, or you dismissed them."
        )
    );
}

#[test]
fn three_lines_and_what_is_at_risk() {
    let met = outage(0, 240, vec![met("Leads", 57, 16, 3)]);
    let impact = of(&desk(LEADS, &["Leads"]), &met);
    assert_eq!(impact.safe.text, "57 items, $22,800, answered");
    assert_eq!(impact.waiting.text, "16 items, $6,400, wait for one click");
    assert_eq!(impact.failed.text, "3 items, $1,200, failed");
    assert_eq!(ranges(&impact), ["$7,600 at risk"]);
    assert_eq!(impact.why, None);
    let leads = &impact.pipelines[0];
    assert_eq!(leads.customer.as_deref(), Some("Miller Ltd"));
    assert_eq!(
        leads.method,
        "Measured: (16 waiting + 3 failed) × $400 = $7,600. (Usual for 4 h: about $5,000 to $15,000.)"
    );
    assert_eq!(
        sentence(&impact).unwrap(),
        "Pipelines: 57 items, $22,800, answered; 16 items, $6,400, wait for one click; 3 items, $1,200, failed. $7,600 at risk."
    );
    let AtRisk::Estimate { low, known, .. } = at_risk(&impact) else {
        panic!("{impact:?}");
    };
    assert_eq!((low, known), (7_600_000_000, 7_600_000_000));
}

#[test]
fn a_pipeline_that_drains_is_retried() {
    let mut desk = desk(LEADS, &["Leads"]);
    let details = desk.settings.pipeline_details.get_mut("Leads").unwrap();
    details.drain.on = true;
    details.drain.receiver = Some(crate::settings::Receiver::Fetch);
    let mut two = outage(0, 60, vec![met("Leads", 0, 16, 0)]);
    assert_eq!(
        of(&desk, &two).waiting.text,
        "16 items, $6,400, will be retried"
    );
    two.pipelines.push(met("Mail", 0, 1, 0));
    assert_eq!(
        of(&desk, &two).waiting.text,
        "17 items, $6,400 (1 without a value), 16 will be retried, 1 waits for one click"
    );
}

#[test]
fn a_pipeline_that_runs_elsewhere_is_estimated_by_the_pinned_example() {
    let of_leads = |after, surge: &str| {
        let settings = elsewhere().replace("[2.5, 7.5]", surge);
        of(&desk(&settings, &[]), &outage(after, 240, vec![]))
    };
    let impact = of_leads(0, "[2.5, 7.5]");
    assert_eq!(ranges(&impact), ["$5,000 to $15,000 at risk"]);
    assert_eq!(impact.pipelines[0].basis, ImpactBasis::HoursAlone);
    assert!(
        impact.pipelines[0]
            .method
            .starts_with("Not routed through Understudy: estimated from hours alone."),
    );
    assert_eq!(
        sentence(&impact).unwrap(),
        "$5,000 to $15,000 at risk (Leads: estimated from hours alone)."
    );
    assert_eq!(ranges(&of_leads(0, "[1, 1]")), ["$2,000 at risk"]);
    // Sunday 20:00 in Berlin.
    let outside = of_leads(-14 * 60, "[2.5, 7.5]");
    assert_eq!(ranges(&outside), ["$0 at risk"]);
    assert_eq!(
        outside.why.as_deref(),
        Some(
            "Leads: Not routed through Understudy: estimated from hours alone. $0: the outage from Sun 21 Jun 20:00 to Mon 22 Jun \
             00:00 lies outside the schedule Mon-Fri 09:00-17:00 Europe/Berlin."
        )
    );
    assert_eq!(sentence(&outside), None);
    // Without a provider, nothing shows that the outage concerns it.
    let unnamed = elsewhere().replace("[\"anthropic\"]", "[]");
    let impact = of(&desk(&unnamed, &[]), &outage(0, 240, vec![]));
    assert!(impact.at_risk.is_empty());
    assert_eq!(
        impact.why.as_deref(),
        Some(
            "None of your pipelines is known to use this provider: Leads runs elsewhere, and names no provider."
        )
    );
}

#[test]
fn nothing_was_hit_is_a_statement_about_routed_pipelines() {
    let long = outage(0, 240, vec![]);
    let routed = of(&desk(LEADS, &["Leads"]), &long);
    assert_eq!(routed.why.as_deref(), Some("Nothing of yours was hit."));
    assert_eq!(ranges(&routed), ["$0 at risk"]);
    let mut agents = long.clone();
    agents.traffic.hit = 3;
    let impact = of(&desk(LEADS, &["Leads"]), &agents);
    assert_eq!(
        impact.why.as_deref(),
        Some("No item of your pipelines was hit.")
    );
    // A pipeline of which no request was ever seen is estimated.
    let unseen = of(&desk(LEADS, &[]), &long);
    assert_eq!(ranges(&unseen), ["$5,000 to $15,000 at risk"]);
    assert!(
        unseen.pipelines[0]
            .method
            .starts_with("No request of it was seen: ")
    );
    let both = format!(
        "{LEADS}\n{}",
        elsewhere()
            .replace("Leads", "Mails")
            .replace("Mon-Fri 09:00-17:00", "Sun 09:00-17:00")
    );
    let impact = of(&desk(&both, &["Leads"]), &long);
    let why = impact.why.unwrap();
    assert!(
        why.starts_with(
            "No item of the pipelines that pass through Understudy was hit. Mails: Not routed"
        ),
        "{why}"
    );
}

#[test]
fn under_ten_minutes_there_is_a_figure_only_if_an_item_is_left() {
    let short = |minutes, pipelines| {
        let both = format!("{LEADS}\n{}", elsewhere().replace("Leads", "Mails"));
        of(&desk(&both, &["Leads"]), &outage(0, minutes, pipelines))
    };
    let impact = short(9, vec![met("Leads", 5, 0, 0)]);
    assert!(impact.at_risk.is_empty());
    assert_eq!(impact.why.as_deref(), Some(::impact::TOO_SHORT));
    assert_eq!(impact.safe.items, 5);
    assert_eq!(
        at_risk(&impact),
        AtRisk::NoEstimate {
            why: ::impact::TOO_SHORT.into()
        }
    );
    let impact = short(9, vec![met("Leads", 5, 1, 0)]);
    assert_eq!(ranges(&impact), ["$400 at risk"]);
    // 50 × 400 × 10 ÷ 2400 × 2.5 to 7.5
    let impact = short(10, vec![]);
    assert_eq!(ranges(&impact), ["$208.33 to $625 at risk"]);
}

#[test]
fn without_a_pipeline_there_is_no_figure() {
    let of_settings = |settings: &str| of(&desk(settings, &[]), &outage(0, 240, vec![]));
    let impact = of_settings("");
    assert_eq!(impact.why.as_deref(), Some(::impact::NO_ESTIMATE));
    assert_eq!((impact.at_risk.len(), impact.pipelines.len()), (0, 0));
    let openai = LEADS.replace("anthropic", "openai");
    assert_eq!(
        of_settings(&openai).why.as_deref(),
        Some("None of your pipelines uses this provider.")
    );
    let without = "[[pipeline]]\nname = \"Mail\"\n";
    let impact = of(
        &desk(without, &["Mail"]),
        &outage(0, 60, vec![met("Mail", 0, 2, 0)]),
    );
    assert_eq!(impact.waiting.text, "2 items, wait for one click");
    assert_eq!(
        impact.why.as_deref(),
        Some(
            "Mail has no value in the settings: with weekly_items and value you see what is at risk."
        )
    );
}

#[test]
fn two_currencies_are_two_figures() {
    let two = format!(
        "{LEADS}\n{}",
        LEADS
            .replace("Leads", "Offerten")
            .replace("value = 400", "value = 250\ncurrency = \"CHF\"")
    );
    let desk = desk(&two, &["Leads", "Offerten"]);
    let met = outage(
        0,
        60,
        vec![met("Leads", 0, 16, 0), met("Offerten", 0, 2, 0)],
    );
    let impact = of(&desk, &met);
    assert_eq!(ranges(&impact), ["CHF 500 at risk", "$6,400 at risk"]);
    assert_eq!(
        impact.waiting.text,
        "18 items, CHF 500 and $6,400, wait for one click"
    );
    let AtRisk::Estimate { high, .. } = at_risk(&impact) else {
        panic!("{impact:?}");
    };
    assert_eq!(high, 6_400_000_000);
    let euros = LEADS.replace("value = 400", "value = 400\ncurrency = \"EUR\"");
    let met = outage(0, 60, vec![super::tests::met("Leads", 0, 16, 0)]);
    let desk = super::tests::desk(&euros, &["Leads"]);
    let impact = of(&desk, &met);
    assert_eq!(ranges(&impact), ["€6,400 at risk"]);
    let AtRisk::NoEstimate { why } = at_risk(&impact) else {
        panic!("{impact:?}");
    };
    assert!(
        why.starts_with("€6,400 at risk. Leads: Measured: 16 waiting × €400"),
        "{why}"
    );
}

#[test]
fn the_peak_stays_with_its_local_time() {
    let mut met = outage(0, 60, vec![met("Leads", 16, 0, 0)]);
    met.peaks.push(Peak {
        currency: "USD".into(),
        low: 6_400_000_000,
        high: 6_400_000_000,
        at: t0() + TimeDelta::minutes(40),
    });
    let desk = desk(LEADS, &["Leads"]);
    let impact = of(&desk, &met);
    assert_eq!(ranges(&impact), ["$0 at risk, at most $6,400 at 10:40"]);
    assert_eq!(impact.at_risk[0].peak_high, 6_400_000_000);
    assert_eq!(
        impact.why.as_deref(),
        Some("Leads: Measured: all 16 affected items were answered.")
    );
    // Also of a short incident.
    met.stretches[0].to = Some(t0() + TimeDelta::minutes(4));
    assert_eq!(
        ranges(&of(&desk, &met)),
        ["$0 at risk, at most $6,400 at 10:40"]
    );
    met.pipelines[0] = super::tests::met("Leads", 0, 20, 0);
    assert_eq!(ranges(&of(&desk, &met)), ["$8,000 at risk"]);
}

#[test]
fn overlapping_incidents_share_their_hours() {
    let both = elsewhere().replace("[\"anthropic\"]", "[\"anthropic\", \"openai\"]");
    let mut second = outage(120, 240, vec![]);
    second.earlier.push(EarlierIncident {
        provider: "openai".into(),
        stretches: outage(0, 240, vec![]).stretches,
    });
    // Two of its four hours are counted in the first one.
    let impact = of(&desk(&both, &[]), &second);
    assert_eq!(ranges(&impact), ["$2,500 to $5,000 at risk"]);
    let method = &impact.pipelines[0].method;
    assert!(
        method.contains("2 h that no earlier incident has counted")
            && method.ends_with("Limited to $2,500 to $5,000: earlier incidents have counted the rest of that week's value."),
        "{method}"
    );
    // The other provider is none of this pipeline's.
    let impact = of(&desk(&elsewhere(), &[]), &second);
    assert_eq!(ranges(&impact), ["$5,000 to $15,000 at risk"]);
}

#[test]
fn calls_that_succeeded_in_a_partial_outage_lower_the_estimate() {
    let with = |level, calls, calls_failed| {
        let mut met = outage(0, 60, vec![]);
        met.stretches[0] = LevelStretch {
            level,
            calls,
            calls_failed,
            ..met.stretches[0]
        };
        let desk = desk(&elsewhere().replace("[2.5, 7.5]", "[1, 1]"), &[]);
        of(&desk, &met).at_risk[0].high
    };
    assert_eq!(with(Level::MajorOutage, 0, 0), 500_000_000);
    assert_eq!(with(Level::PartialOutage, 0, 0), 500_000_000);
    assert_eq!(with(Level::PartialOutage, 4, 1), 125_000_000);
    assert_eq!(with(Level::Degraded, 0, 0), 0);
}
