//! Incidents: a list for a month, or one with what it did.

use api::{AtRiskRange, ImpactBasis};

use crate::chart::{bars, lanes as lane_chart};
use crate::model::{IncidentRow, Observer, OwnerReport};
use crate::page::Section;
use crate::place::Place;
use crate::table::{ROWS, Table};
use crate::text::{duration, grouped, money, shown, usd};

pub(super) fn section(report: &OwnerReport, place: &Place) -> Section {
    let mut section = Section {
        title: "Incidents".to_owned(),
        ..Section::default()
    };
    if report.incidents.is_empty() {
        section.text.push("No incident was recorded.".to_owned());
        return section;
    }
    section.chart = bars::chart(report, place);
    let mut table = Table::new([
        ("Incident", false),
        ("Begin", false),
        ("Length", true),
        ("Observed by", false),
        ("First fallback response", true),
        ("Affected", true),
        ("By a fallback", true),
        ("Waiting", true),
        ("Failed", true),
        ("At risk", true),
    ]);
    for row in most_affected(&report.incidents) {
        table.row([
            format!("{}: {}", shown(&row.product), row.peak),
            place.short(row.opened),
            length(row),
            observed(row, Observer::short),
            after(row.first_fallback_s),
            grouped(row.hit),
            grouped(row.carried),
            grouped(row.waiting),
            grouped(row.failed),
            at_risk(&row.impact.at_risk),
        ]);
    }
    section.note = table.cut();
    section.table = Some(table);
    if report.incidents.iter().any(is_more_than_its_parts) {
        section.text.push("An affected request that is neither by a fallback nor waiting nor failed was finished later, or an earlier incident counts it.".to_owned());
    }
    section
}

fn is_more_than_its_parts(row: &IncidentRow) -> bool {
    row.hit > row.carried + row.waiting + row.failed
}

/// In their order, or the most affected ones where there are too many to print.
fn most_affected(all: &[IncidentRow]) -> Vec<&IncidentRow> {
    let mut rows: Vec<&IncidentRow> = all.iter().collect();
    if rows.len() > ROWS {
        rows.sort_by_key(|row| (std::cmp::Reverse(row.hit), row.opened));
    }
    rows
}

pub(super) fn one(report: &OwnerReport, place: &Place) -> Vec<Section> {
    let Some(row) = report.incidents.first() else {
        return Vec::new();
    };
    let mut happened = Section {
        title: "What happened".to_owned(),
        ..Section::default()
    };
    happened.points = vec![
        format!("{}: {}, at worst.", shown(&row.product), row.peak),
        format!("Cause: {}.", row.cause),
        format!(
            "Begin: {}. Observed by {}.",
            place.moment(row.opened),
            observed(row, Observer::text)
        ),
        match row.closed {
            Some(closed) => format!("End: {}, after {}.", place.moment(closed), length(row)),
            None => "It is not over.".to_owned(),
        },
        match row.first_fallback_s {
            Some(seconds) => format!(
                "The first response of a fallback came {} after the begin.",
                duration_of(seconds)
            ),
            None => "No fallback answered a request.".to_owned(),
        },
    ];
    if row.fallback_cost_micro_usd > 0 {
        happened.points.push(format!(
            "The fallbacks cost {}, estimated.",
            usd(row.fallback_cost_micro_usd)
        ));
    }
    vec![happened, impact(row)]
}

fn impact(row: &IncidentRow) -> Section {
    let impact = &row.impact;
    let mut section = Section {
        title: "What it did to your pipelines".to_owned(),
        ..Section::default()
    };
    let lines = [
        ("Safe", &impact.safe),
        ("Waiting", &impact.waiting),
        ("Failed", &impact.failed),
    ];
    for (name, line) in lines {
        if !line.text.is_empty() {
            section.points.push(format!(
                "{name}: {}.",
                shown(line.text.trim_end_matches('.'))
            ));
        }
    }
    for range in &impact.at_risk {
        section
            .text
            .push(format!("{}.", shown(range.text.trim_end_matches('.'))));
    }
    section.text.extend(impact.why.as_deref().map(shown));
    let mut table = Table::new([
        ("Pipeline", false),
        ("Customer", false),
        ("Safe", true),
        ("Waiting", true),
        ("Failed", true),
        ("At risk", true),
        ("Method", false),
    ]);
    for of in &impact.pipelines {
        let basis = match of.basis {
            ImpactBasis::Measured => "",
            ImpactBasis::HoursAlone => "estimated from hours alone. ",
        };
        table.row([
            shown(&of.pipeline),
            of.customer.as_deref().map(shown).unwrap_or_default(),
            grouped(of.safe),
            grouped(of.waiting),
            grouped(of.failed),
            range(of.low, of.high, &of.currency),
            format!("{basis}{}", shown(&of.method)),
        ]);
    }
    section.note = table.cut();
    section.table = Some(table).filter(|table| !table.rows.is_empty());
    section
}

pub(super) fn lanes(report: &OwnerReport, place: &Place) -> Vec<Section> {
    let Some(lanes) = &report.lanes else {
        return Vec::new();
    };
    let mut sections = Vec::new();
    if let Some(chart) = lane_chart::chart(lanes, place) {
        sections.push(Section {
            title: "Requests during the incident".to_owned(),
            chart: Some(chart),
            ..Section::default()
        });
    }
    let points = lanes.entries.iter().take(ROWS).map(|entry| {
        let text = shown(&entry.text);
        match entry.of_status_page && !text.starts_with("Status page") {
            true => format!("{}  Status page: {text}", place.moment(entry.at)),
            false => format!("{}  {text}", place.moment(entry.at)),
        }
    });
    sections.push(Section {
        title: "Timeline".to_owned(),
        points: points.collect(),
        ..Section::default()
    });
    sections
}

fn observed(row: &IncidentRow, text: fn(Observer) -> &'static str) -> String {
    let names: Vec<&str> = row.observed_by.iter().copied().map(text).collect();
    names.join(", ")
}

fn length(row: &IncidentRow) -> String {
    row.recovery_s.map_or("open".to_owned(), duration_of)
}

fn after(seconds: Option<u64>) -> String {
    seconds.map_or("none".to_owned(), |seconds| {
        format!("after {}", duration_of(seconds))
    })
}

fn duration_of(seconds: u64) -> String {
    duration(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn at_risk(ranges: &[AtRiskRange]) -> String {
    let texts: Vec<String> = ranges
        .iter()
        .map(|one| range(one.low, one.high, &one.currency))
        .collect();
    match texts.is_empty() {
        true => "no figure".to_owned(),
        false => texts.join(" + "),
    }
}

pub(crate) fn range(low: i64, high: i64, currency: &str) -> String {
    match low == high {
        true => money(low, currency),
        false => format!("{} to {}", money(low, currency), money(high, currency)),
    }
}
