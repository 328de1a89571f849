//! Incidents of a month: a lane for each provider.

use std::collections::BTreeMap;

use super::svg::{Box, LEFT, Svg, WIDTH};
use crate::model::{IncidentRow, OwnerReport};
use crate::page::{Chart, Legend};
use crate::place::Place;
use crate::text::{counted, duration, shown};

const ROW: f64 = 24.0;
const BAR: f64 = 14.0;

/// None: there is no incident.
pub(crate) fn chart(report: &OwnerReport, place: &Place) -> Option<Chart> {
    let mut lanes: BTreeMap<String, Vec<&IncidentRow>> = BTreeMap::new();
    for row in &report.incidents {
        lanes.entry(shown(&row.product)).or_default().push(row);
    }
    if lanes.is_empty() {
        return None;
    }
    let period = &report.period;
    let days = &report.spending.days;
    let end = days
        .last()
        .map_or(period.to, |day| day.begins + chrono::TimeDelta::days(1))
        .max(period.to);
    let length = (end - period.from).num_seconds().max(1) as f64;
    let x = |at: chrono::DateTime<chrono::Utc>| {
        let part = (at.clamp(period.from, end) - period.from).num_seconds() as f64 / length;
        LEFT + (WIDTH - LEFT) * part
    };
    let parts: Vec<String> = lanes
        .iter()
        .map(|(name, rows)| {
            format!(
                "{name} {}",
                counted(rows.len() as u64, "incident", "incidents")
            )
        })
        .collect();
    let height = ROW * lanes.len() as f64 + 18.0;
    let mut svg = Svg::new(
        height,
        &format!("Incidents over the month: {}.", parts.join(", ")),
    );
    for (at, (name, rows)) in lanes.iter().enumerate() {
        let top = ROW * at as f64;
        svg.name(top + BAR, name);
        svg.line("axis", (LEFT, top + ROW - 4.0), (WIDTH, top + ROW - 4.0));
        for row in rows {
            let (from, to) = (x(row.opened), x(row.closed.unwrap_or(period.to)));
            let bar = Box {
                x: from,
                y: top + 3.0,
                width: (to - from).max(2.0),
                height: BAR,
            };
            let long = match row.closed {
                Some(closed) => duration((closed - row.opened).num_seconds()),
                None => "open".to_owned(),
            };
            let title = format!("{}: {}, {long}", place.moment(row.opened), row.peak);
            svg.bar(class(row), &bar, &title);
        }
    }
    for (number, day) in days.iter().enumerate() {
        if number == 0 || (number + 1).is_multiple_of(5) {
            let text = place.day_of_month(day.begins).to_string();
            svg.text((x(day.begins) + 8.0, height - 4.0), "middle", &text);
        }
    }
    Some(Chart {
        svg: svg.finish(),
        legend: vec![
            Legend {
                class: "outage",
                text: "outage",
            },
            Legend {
                class: "degraded",
                text: "degraded",
            },
            Legend {
                class: "unknown",
                text: "other",
            },
        ],
    })
}

fn class(row: &IncidentRow) -> &'static str {
    match &*row.peak {
        "major outage" | "partial outage" => "outage",
        "degraded" => "degraded",
        _ => "unknown",
    }
}
