//! The owner's report as a page.

mod incidents;
mod money;
mod uptime;

use crate::heading::{footer, span};
use crate::model::{OwnerReport, PeriodKind, ReviewEnd};
use crate::page::{Figure, Page, Section};
use crate::place::Place;
use crate::table::Table;
use crate::text::{counted, duration, grouped, shown};

pub(crate) fn page(report: &OwnerReport, place: &Place) -> Page {
    let period = &report.period;
    let mut sections = Vec::new();
    match period.kind {
        PeriodKind::Month => {
            sections.push(uptime::section(report, place));
            sections.push(incidents::section(report, place));
        }
        PeriodKind::Incident => {
            sections.extend(incidents::one(report, place));
            sections.extend(incidents::lanes(report, place));
            sections.push(uptime::section(report, place));
        }
    }
    sections.extend(uptime::models(report));
    sections.push(money::section(report, place));
    sections.extend(requests(report));
    sections.push(review(report, place));
    Page {
        title: match period.kind {
            PeriodKind::Month => format!("Report for {}", period.title),
            PeriodKind::Incident => shown(&period.title),
        },
        subtitle: span(period, place),
        owner: report.owner.name.as_deref().map(shown),
        logo: report.owner.logo.clone(),
        lead: lead(report),
        sections,
        method: method(report),
        footer: footer(period, place),
    }
}

fn lead(report: &OwnerReport) -> Vec<Figure> {
    let requests: u64 = report.requests.iter().map(|row| row.requests).sum();
    let carried: u64 = report.requests.iter().map(|row| row.carried).sum();
    let failed: u64 = report.requests.iter().map(|row| row.failed).sum();
    let seen = report.incidents.len() as u64;
    let spending = &report.spending;
    let mut lead = Vec::new();
    match report.period.kind {
        PeriodKind::Month => {
            lead.push(Figure::new(
                grouped(seen),
                if seen == 1 { "incident" } else { "incidents" },
            ));
            lead.push(Figure::new(grouped(requests), "requests"));
            lead.push(Figure::new(grouped(carried), "answered by a fallback"));
            lead.push(Figure::new(grouped(failed), "ended with an error"));
        }
        PeriodKind::Incident => {
            if let Some(row) = report.incidents.first() {
                lead.push(Figure::new(grouped(row.hit), "requests affected"));
                lead.push(Figure::new(grouped(row.carried), "answered by a fallback"));
                lead.push(Figure::new(grouped(row.waiting), "waiting in review"));
                lead.push(Figure::new(grouped(row.failed), "failed"));
            }
        }
    }
    lead.push(Figure::new(
        crate::text::usd(spending.total_micro_usd),
        "spent",
    ));
    lead
}

fn requests(report: &OwnerReport) -> Option<Section> {
    let named = report.requests.iter().any(|row| row.pipeline.is_some());
    if !named {
        return None;
    }
    let mut table = Table::new([
        ("Pipeline", false),
        ("Customer", false),
        ("Requests", true),
        ("Answered", true),
        ("By a fallback", true),
        ("Ended with an error", true),
    ]);
    for row in &report.requests {
        table.row([
            row.pipeline
                .as_deref()
                .map_or("without a pipeline".to_owned(), shown),
            row.customer.as_deref().map(shown).unwrap_or_default(),
            grouped(row.requests),
            grouped(row.answered),
            grouped(row.carried),
            grouped(row.failed),
        ]);
    }
    Some(Section {
        title: "Pipelines".to_owned(),
        note: table.cut(),
        table: Some(table),
        ..Section::default()
    })
}

fn review(report: &OwnerReport, place: &Place) -> Section {
    let count = |end: ReviewEnd| report.review.iter().filter(|row| row.end == end).count() as u64;
    let mut section = Section {
        title: "Review queue".to_owned(),
        ..Section::default()
    };
    let all = report.review.len() as u64 + report.review_left_out;
    if all == 0 {
        section
            .text
            .push("No request was parked for review.".to_owned());
        return section;
    }
    section.text.push(format!(
        "{} parked: {} answered later, {} done by hand, {} dismissed, {} waiting.",
        counted(all, "item was", "items were"),
        grouped(count(ReviewEnd::AnsweredLater)),
        grouped(count(ReviewEnd::DoneByHand)),
        grouped(count(ReviewEnd::Dismissed)),
        grouped(count(ReviewEnd::Waiting)),
    ));
    let mut table = Table::new([
        ("First failed", false),
        ("Pipeline", false),
        ("Item", false),
        ("Attempts failed", true),
        ("End", false),
        ("After", true),
    ]);
    for row in &report.review {
        let after = row
            .ended
            .map(|ended| duration((ended - row.first_failed).num_seconds()));
        table.row([
            place.moment(row.first_failed),
            row.pipeline.as_deref().map(shown).unwrap_or_default(),
            row.item.as_deref().map(shown).unwrap_or_default(),
            grouped(row.failures),
            row.end.text().to_owned(),
            after.unwrap_or_default(),
        ]);
    }
    section.note = table.cut();
    if report.review_left_out > 0 {
        section.note = Some(format!(
            "{} more items are not listed, and their ends are not counted above.",
            grouped(report.review_left_out)
        ));
    }
    section.table = Some(table);
    section
}

fn method(report: &OwnerReport) -> Vec<String> {
    let mut method = vec![
        "Uptime is time without a partial or major outage of the provider, as a share of the counted time. Not counted: outages whose cause was this computer or its network, outages of unknown cause, and time without a request, a probe or a readable status page. Degraded time counts as up and is listed.".to_owned(),
        "Answered calls are requests and probes that show whether the provider works. Not counted: limits of your plan, faults of this computer, its settings or the request, and results that show nothing. An incident ends with its last failure, when nothing followed that showed a recovery.".to_owned(),
        format!(
            "Amounts are estimates: tokens times the price of the day and hour at which the request began, in US dollars{}. The invoice of the provider decides. Requests of your own subscription are not metered and cost nothing here.",
            match report.spending.own_prices {
                true => "; your own prices and discounts where the settings have them, list prices elsewhere",
                false => " at list prices",
            }
        ),
        "The surcharge is the cost of fallbacks and their tests less what the primaries would have cost for the requests that a fallback answered: the same tokens at the primary's price, with the part of the prompt that this client's requests had in the primary's cache in this period. It is high just after a switch, because the fallback's cache is empty.".to_owned(),
        "At risk is estimated for each incident. Incidents that overlap may contain the same items, so there is no sum of them.".to_owned(),
    ];
    if report.spending.summed_days > 0 {
        method.push(format!(
            "{} of this period only daily sums are kept: the split of own and fallback cost follows whether the model was a primary on that day, and calls that were not counted have no reason.",
            match report.spending.summed_days {
                1 => "Of 1 day".to_owned(),
                days => format!("Of {days} days"),
            }
        ));
    }
    method
}
