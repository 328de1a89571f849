//! Uptime of providers and models.

use crate::chart::strip;
use crate::model::{CallCounts, OwnerReport, PeriodKind, ProviderUptime};
use crate::page::Section;
use crate::place::Place;
use crate::table::Table;
use crate::text::{duration, grouped, percent, shown};

pub(super) fn section(report: &OwnerReport, place: &Place) -> Section {
    let mut section = Section {
        title: "Uptime".to_owned(),
        ..Section::default()
    };
    if report.uptime.is_empty() {
        section
            .text
            .push("No provider was used or watched.".to_owned());
        return section;
    }
    if report.period.kind == PeriodKind::Month {
        section.chart = Some(strip::chart(&report.uptime, report.period.to, place));
    }
    let mut table = Table::new([
        ("Provider", false),
        ("Uptime", true),
        ("Outage", true),
        ("Degraded", true),
        ("Calls answered", true),
        ("Not counted", false),
    ]);
    for row in &report.uptime {
        table.row([
            shown(&row.product),
            row.availability.map_or("unknown".to_owned(), percent),
            time(row.outage_s),
            time(row.degraded_s),
            answered(&row.calls),
            not_counted(row),
        ]);
    }
    section.table = Some(table);
    section
}

pub(super) fn models(report: &OwnerReport) -> Option<Section> {
    let mut table = Table::new([
        ("Model", false),
        ("Provider", false),
        ("Calls answered", true),
        ("Failed", true),
        ("Not counted: limit", true),
        ("ours", true),
        ("unknown", true),
    ]);
    for provider in &report.uptime {
        for model in &provider.models {
            let calls = &model.calls;
            table.row([
                shown(&model.model),
                shown(&provider.product),
                answered(calls),
                grouped(calls.failed),
                grouped(calls.limits),
                grouped(calls.ours),
                grouped(calls.unknown),
            ]);
        }
    }
    let note = table.cut();
    (!table.rows.is_empty()).then(|| Section {
        title: "Models".to_owned(),
        table: Some(table),
        note,
        ..Section::default()
    })
}

/// "99.2 % of 1,204"
fn answered(calls: &CallCounts) -> String {
    match calls.answered() {
        None => "none".to_owned(),
        Some(share) => format!("{} of {}", percent(share), grouped(calls.judged)),
    }
}

fn time(seconds: u64) -> String {
    match i64::try_from(seconds).unwrap_or(i64::MAX) {
        0 => "none".to_owned(),
        seconds => duration(seconds),
    }
}

/// "ours 12 min, cause unknown 4 min, no evidence 3 h; 31 calls at a limit"
fn not_counted(row: &ProviderUptime) -> String {
    let excluded = &row.excluded;
    let times = [
        ("ours", excluded.ours_s),
        ("cause unknown", excluded.undetermined_s),
        ("no evidence", excluded.no_evidence_s),
    ];
    let mut parts: Vec<String> = times
        .into_iter()
        .filter(|(_, seconds)| *seconds > 0)
        .map(|(name, seconds)| format!("{name} {}", time(seconds)))
        .collect();
    let calls = [
        ("at a limit", row.calls.limits),
        ("ours", row.calls.ours),
        ("without a result", row.calls.unknown),
    ];
    let calls = calls.into_iter().filter(|(_, count)| *count > 0);
    parts.extend(calls.map(|(name, count)| match count {
        1 => format!("1 call {name}"),
        count => format!("{} calls {name}", grouped(count)),
    }));
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => parts.join(", "),
    }
}
