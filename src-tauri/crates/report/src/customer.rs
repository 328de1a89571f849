//! The report for one customer: a short page, without amounts by default, and with nothing of another customer.

use api::AtRiskRange;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::heading::{footer, span};
use crate::model::{Owner, Period, PeriodKind};
use crate::page::{Page, Section};
use crate::place::Place;
use crate::text::{counted, duration, grouped, list, money};

/// More incidents are in CSV and JSON.
const INCIDENTS: usize = 12;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerReport {
    pub schema: &'static str,
    pub customer: String,
    pub period: Period,
    pub owner: Owner,
    /// Those that affected the customer's pipelines.
    pub incidents: Vec<CustomerIncident>,
    /// Products that answered instead.
    pub carried_by: Vec<String>,
    /// Providers that received requests of the customer's pipelines in the period.
    pub providers: Vec<ProviderUse>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerIncident {
    /// "Claude"
    pub product: String,
    /// "major outage"
    pub peak: String,
    pub opened: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    pub items: Vec<CustomerItems>,
}

/// What happened to the items of one pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerItems {
    pub pipeline: String,
    /// False: its requests do not pass through Understudy, and nothing was counted.
    pub measured: bool,
    /// Requests.
    pub affected: u64,
    /// Requests that a fallback answered.
    pub by_fallback: u64,
    pub safe: u64,
    /// Of the safe ones: failed first, and finished later.
    pub later: u64,
    pub waiting: u64,
    pub failed: u64,
    /// Only in a report with amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_risk: Option<AtRiskRange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderUse {
    pub product: String,
    pub requests: u64,
}

pub(crate) fn page(report: &CustomerReport, place: &Place) -> Page {
    let period = &report.period;
    let begun = report.incidents.first();
    let title = match (period.kind, begun) {
        (PeriodKind::Incident, Some(one)) => {
            format!("Outage of {} on {}", one.product, place.day(one.opened))
        }
        (PeriodKind::Incident, None) => period.title.clone(),
        (PeriodKind::Month, _) => format!("Outages in {}", period.title),
    };
    let mut sections = vec![happened(report, place)];
    if !report.incidents.is_empty() {
        sections.push(items(report, place));
        sections.push(done(report));
    }
    sections.extend(amounts(report, place));
    sections.push(providers(report));
    Page {
        title,
        subtitle: format!("For {}. {}", report.customer, span(period, place)),
        owner: report.owner.name.clone(),
        logo: report.owner.logo.clone(),
        lead: Vec::new(),
        sections,
        method: method(report),
        footer: footer(period, place),
    }
}

fn happened(report: &CustomerReport, place: &Place) -> Section {
    let mut section = Section {
        title: "What happened".to_owned(),
        ..Section::default()
    };
    if report.incidents.is_empty() {
        section
            .text
            .push("No outage affected your work.".to_owned());
        return section;
    }
    let shown = report.incidents.iter().take(INCIDENTS);
    section.points = shown
        .map(|one| {
            let until = match one.closed {
                Some(closed) => format!(
                    "to {}, {}",
                    match place.is_same_day(one.opened, closed) {
                        true => place.clock(closed),
                        false => place.moment(closed),
                    },
                    duration((closed - one.opened).num_seconds())
                ),
                None => "and not over".to_owned(),
            };
            format!(
                "{}, {}: {} {until}.",
                one.product,
                one.peak,
                place.moment(one.opened)
            )
        })
        .collect();
    let more = report.incidents.len().saturating_sub(INCIDENTS);
    section.note = (more > 0).then(|| {
        format!(
            "{} more are in the table of this report.",
            counted(more as u64, "outage", "outages")
        )
    });
    section
}

fn items(report: &CustomerReport, place: &Place) -> Section {
    let several = report.incidents.len() > 1;
    let mut points = Vec::new();
    for incident in report.incidents.iter().take(INCIDENTS) {
        for items in &incident.items {
            let when = match several {
                true => format!(
                    "{}, outage of {} on {}: ",
                    items.pipeline,
                    incident.product,
                    place.moment(incident.opened)
                ),
                false => format!("{}: ", items.pipeline),
            };
            points.push(when + &fate(items));
        }
    }
    Section {
        title: "What it meant for your items".to_owned(),
        points,
        note: several
            .then(|| "Outages at the same time may have affected the same requests.".to_owned()),
        ..Section::default()
    }
}

/// "57 requests affected: 52 answered without a failure (40 by another provider), 3 finished later, 2 not finished."
fn fate(items: &CustomerItems) -> String {
    if !items.measured {
        return "it runs elsewhere, so its items could not be counted.".to_owned();
    }
    let at_once = items.safe.saturating_sub(items.later);
    let by_fallback = match items.by_fallback {
        0 => String::new(),
        count => format!(" ({} by another provider)", grouped(count)),
    };
    let parts = [
        (at_once, format!("answered at once{by_fallback}")),
        (items.later, "failed first and finished later".to_owned()),
        (items.waiting, "waiting".to_owned()),
        (items.failed, "not finished".to_owned()),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count)))
        .collect();
    let affected = counted(items.affected, "request affected", "requests affected");
    match parts.is_empty() {
        true => format!("{affected}; every item was answered in the end."),
        false => format!("{affected}: {}.", parts.join(", ")),
    }
}

fn done(report: &CustomerReport) -> Section {
    let items = || report.incidents.iter().flat_map(|one| &one.items);
    let mut points = Vec::new();
    if items().any(|items| items.by_fallback > 0) {
        let to = match report.carried_by.is_empty() {
            true => "another provider".to_owned(),
            false => list(&report.carried_by),
        };
        points.push(format!(
            "Requests that the provider could not answer went to {to} at once."
        ));
    }
    if items().any(|items| items.later > 0) {
        points.push(
            "Requests that no provider could answer were kept, and finished after the outage."
                .to_owned(),
        );
    }
    if items().any(|items| items.waiting > 0) {
        points.push(
            "The waiting items are kept until they are sent again or done by hand.".to_owned(),
        );
    }
    if items().any(|items| items.failed > 0) {
        points.push("The items that were not finished are counted above.".to_owned());
    }
    if points.is_empty() {
        points.push("Nothing had to be done: every request was answered.".to_owned());
    }
    Section {
        title: "What was done".to_owned(),
        points,
        ..Section::default()
    }
}

fn amounts(report: &CustomerReport, place: &Place) -> Option<Section> {
    let mut points = Vec::new();
    for incident in &report.incidents {
        for items in &incident.items {
            let Some(range) = &items.at_risk else {
                continue;
            };
            let amount = match range.low == range.high {
                true => money(range.low, &range.currency),
                false => format!(
                    "{} to {}",
                    money(range.low, &range.currency),
                    money(range.high, &range.currency)
                ),
            };
            points.push(format!(
                "{}, {}: {amount} at risk, estimated.",
                items.pipeline,
                place.moment(incident.opened)
            ));
        }
    }
    points.truncate(INCIDENTS);
    (!points.is_empty()).then(|| Section {
        title: "Value at risk".to_owned(),
        points,
        ..Section::default()
    })
}

fn providers(report: &CustomerReport) -> Section {
    let names: Vec<String> = report
        .providers
        .iter()
        .map(|one| one.product.clone())
        .collect();
    let text = match names.is_empty() {
        true => "No provider received a request of your pipelines in this time.".to_owned(),
        false => format!(
            "In this time, requests of your pipelines went to {}.",
            list(&names)
        ),
    };
    Section {
        title: "Which providers received your data".to_owned(),
        text: vec![text],
        ..Section::default()
    }
}

fn method(report: &CustomerReport) -> Vec<String> {
    let mut method = vec![
        "Counted are requests that passed through Understudy while the provider failed. An item counts once, also if its request failed several times. The begin and the end of an outage are its first and last observed failure, or the times on the status page of the provider.".to_owned(),
    ];
    let estimated = report
        .incidents
        .iter()
        .flat_map(|one| &one.items)
        .any(|items| items.at_risk.is_some());
    if estimated {
        method.push("The value at risk is the value of the items that wait or failed, and for what was not counted an estimate from the length of the outage.".to_owned());
    }
    method
}
