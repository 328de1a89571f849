//! A desk's month and incident.

use std::sync::Arc;

use api::{AtRiskRange, Impact, ImpactBasis, ImpactLine, PipelineImpact};
use chrono::{DateTime, Offset, TimeDelta, Utc};

use crate::*;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn zone(name: &str) -> Zone {
    let zone: chrono_tz::Tz = name.parse().unwrap();
    Arc::new(move |at| at.with_timezone(&zone).offset().fix())
}

pub(super) fn place(period: &Period) -> Place {
    Place::new(zone(&period.zone), &period.zone, period.from, period.to)
}

pub(super) fn june() -> Period {
    let month: Month = "2026-06".parse().unwrap();
    let berlin = zone("Europe/Berlin");
    Period {
        kind: PeriodKind::Month,
        name: month.to_string(),
        title: month.title(),
        from: month.begins(&berlin),
        to: month.ends(&berlin),
        is_over: true,
        made: at("2026-07-01T08:00:00Z"),
        zone: "Europe/Berlin".to_owned(),
    }
}

pub(super) fn range(low: i64, high: i64) -> AtRiskRange {
    AtRiskRange {
        currency: "USD".to_owned(),
        low: low * 1_000_000,
        high: high * 1_000_000,
        peak_low: low * 1_000_000,
        peak_high: high * 1_000_000,
        peak_at: None,
        text: format!("${low} to ${high} at risk"),
    }
}

fn calls(judged: u64, failed: u64, limits: u64) -> CallCounts {
    CallCounts {
        judged,
        failed,
        limits,
        ours: 1,
        unknown: 0,
    }
}

pub(super) fn incident() -> IncidentRow {
    IncidentRow {
        id: 12,
        provider: "anthropic".to_owned(),
        product: "Claude".to_owned(),
        peak: "major outage".to_owned(),
        cause: "the provider".to_owned(),
        opened: at("2026-06-21T18:04:00Z"),
        closed: Some(at("2026-06-21T18:46:00Z")),
        observed_by: vec![Observer::RequestsAndProbes, Observer::StatusPage],
        first_fallback_s: Some(9),
        recovery_s: Some(42 * 60),
        hit: 57,
        carried: 40,
        waiting: 3,
        failed: 2,
        fallback_cost_micro_usd: 4_100_000,
        impact: Impact {
            safe: ImpactLine {
                items: 52,
                text: "52 items".to_owned(),
                ..ImpactLine::default()
            },
            waiting: ImpactLine {
                items: 3,
                text: "3 items, $1,200, will be retried".to_owned(),
                ..ImpactLine::default()
            },
            failed: ImpactLine {
                items: 2,
                text: "2 items, $800".to_owned(),
                ..ImpactLine::default()
            },
            at_risk: vec![range(5_000, 15_000)],
            why: None,
            pipelines: vec![PipelineImpact {
                pipeline: "Leads".to_owned(),
                customer: Some("Miller Ltd".to_owned()),
                basis: ImpactBasis::Measured,
                safe: 52,
                waiting: 3,
                failed: 2,
                recovered: 12,
                lost: 0,
                currency: "USD".to_owned(),
                low: 2_000_000_000,
                high: 2_000_000_000,
                method: "measured: 5 items × $400".to_owned(),
            }],
        },
    }
}

pub(super) fn owner_report() -> OwnerReport {
    let period = june();
    let days = "2026-06"
        .parse::<Month>()
        .unwrap()
        .days(&zone("Europe/Berlin"));
    let day = |begins: DateTime<Utc>| {
        let bad = begins < at("2026-06-21T12:00:00Z") && begins > at("2026-06-20T12:00:00Z");
        DayUptime {
            begins,
            calls: calls(400, if bad { 57 } else { 0 }, 0),
            outage_s: if bad { 2_520 } else { 0 },
            degraded_s: 0,
            excluded: ExcludedTime::default(),
            carried: if bad { 40 } else { 0 },
        }
    };
    let begins = || days[..days.len() - 1].iter().copied();
    OwnerReport {
        schema: SCHEMA,
        uptime: vec![ProviderUptime {
            provider: "anthropic".to_owned(),
            product: "Claude".to_owned(),
            availability: Some(0.999),
            counted_s: 2_592_000,
            outage_s: 2_520,
            degraded_s: 0,
            excluded: ExcludedTime {
                ours_s: 720,
                ..ExcludedTime::default()
            },
            calls: calls(12_000, 57, 31),
            models: vec![ModelUptime {
                model: "claude-opus-5".to_owned(),
                answered: Some(0.995),
                calls: calls(12_000, 57, 31),
            }],
            days: begins().map(day).collect(),
        }],
        incidents: vec![incident()],
        spending: Spending {
            own_micro_usd: 124_000_000,
            fallback_micro_usd: 4_100_000,
            probes_micro_usd: 900_000,
            incomplete_micro_usd: 300_000,
            primaries_micro_usd: 3_000_000,
            days: begins()
                .map(|begins| DayCost {
                    begins,
                    own_micro_usd: 4_000_000,
                    fallback_micro_usd: 130_000,
                    probes_micro_usd: 30_000,
                    primaries_micro_usd: 100_000,
                })
                .collect(),
            ..Spending::default()
        }
        .summed(),
        requests: vec![PipelineTotals {
            pipeline: Some("Leads".to_owned()),
            customer: Some("Miller Ltd".to_owned()),
            requests: 12_000,
            answered: 11_995,
            carried: 40,
            failed: 5,
        }],
        review: vec![ReviewRow {
            pipeline: Some("Leads".to_owned()),
            customer: Some("Miller Ltd".to_owned()),
            item: Some("lead-31".to_owned()),
            first_failed: at("2026-06-21T18:10:00Z"),
            failures: 3,
            end: ReviewEnd::AnsweredLater,
            ended: Some(at("2026-06-21T18:50:00Z") + TimeDelta::seconds(30)),
        }],
        review_left_out: 0,
        lanes: None,
        owner: Owner {
            name: Some("Ada Automations".to_owned()),
            logo: None,
        },
        period,
    }
}
