//! What was spent.

use crate::chart::cost;
use crate::model::{OwnerReport, PeriodKind};
use crate::page::Section;
use crate::place::Place;
use crate::table::Table;
use crate::text::{grouped, share, usd};

pub(super) fn section(report: &OwnerReport, place: &Place) -> Section {
    let spending = &report.spending;
    let mut section = Section {
        title: "Spent".to_owned(),
        ..Section::default()
    };
    let total = spending.total_micro_usd;
    let (Some(fallbacks), Some(of_bill)) = (spending.fallback_share, spending.surcharge_share)
    else {
        section
            .text
            .push("Nothing was billed by tokens.".to_owned());
        section.text.extend(unpriced(spending.unpriced_requests));
        return section;
    };
    section.text.push(format!(
        "Surcharge: {}, {} of the metered cost (estimated). Fallbacks and their tests cost {} of {} ({}); the primaries would have cost {} for the same requests.",
        usd(spending.surcharge_micro_usd),
        share(of_bill),
        usd(spending.fallback_micro_usd),
        usd(total),
        share(fallbacks),
        usd(spending.primaries_micro_usd)
    ));
    let part = |amount: i64| share(amount as f64 / total as f64);
    let mut table = Table::new([
        ("Part", false),
        ("Amount", true),
        ("Share of the cost", true),
    ]);
    for (name, amount) in [
        ("Own requests", spending.own_micro_usd),
        ("Fallbacks", spending.fallback_micro_usd),
        ("Probes", spending.probes_micro_usd),
        ("Total", total),
    ] {
        table.row([name.to_owned(), usd(amount), part(amount)]);
    }
    section.table = Some(table);
    let mut notes = Vec::new();
    if spending.incomplete_micro_usd > 0 {
        notes.push(format!(
            "Of this, {} ({}) was for responses that failed before their end.",
            usd(spending.incomplete_micro_usd),
            part(spending.incomplete_micro_usd)
        ));
    }
    if spending.estimated_micro_usd > 0 {
        notes.push(format!(
            "{} is from tokens that are estimated, because the provider did not report them.",
            usd(spending.estimated_micro_usd)
        ));
    }
    if spending.primaries_by_subscription > 0 {
        notes.push(format!(
            "For {}, the primary is paid by a subscription and would have cost nothing: their complete cost is in the surcharge.",
            requests(spending.primaries_by_subscription)
        ));
    }
    if spending.primaries_unpriced > 0 {
        notes.push(format!(
            "For {}, the price of the primary is not known: their complete cost is in the surcharge.",
            requests(spending.primaries_unpriced)
        ));
    }
    notes.extend(unpriced(spending.unpriced_requests));
    section.note = (!notes.is_empty()).then(|| notes.join(" "));
    if report.period.kind == PeriodKind::Month {
        section.chart = Some(cost::chart(&spending.days, place));
    }
    section
}

fn requests(count: u64) -> String {
    match count {
        1 => "1 request".to_owned(),
        more => format!("{} requests", grouped(more)),
    }
}

fn unpriced(requests: u64) -> Option<String> {
    match requests {
        0 => None,
        1 => Some("The price of 1 request is not known; it is not in these amounts.".to_owned()),
        more => Some(format!(
            "The prices of {} requests are not known; they are not in these amounts.",
            grouped(more)
        )),
    }
}
