//! An incident's impact as text.

use ::words::Clock;
use api::{Impact, ImpactItem, ImpactItemState, Incident};

use super::print_line::print_line;
use crate::view::impact::range_text;

/// Items that are listed; further ones are only counted.
const LISTED: usize = 20;

/// "$5,000 to $15,000 at risk, at most $21,000 at 20:40 UTC+2", or why there is no figure.
pub(super) fn at_risk(impact: Option<&Impact>, clock: &Clock) -> String {
    let Some(impact) = impact else {
        return String::new();
    };
    let ranges = impact.at_risk.iter().map(|range| range_text(range, clock));
    let ranges = ranges.collect::<Vec<_>>().join("; ");
    match (&*ranges, &impact.why) {
        ("", None) => String::new(),
        ("", Some(why)) => why.clone(),
        (ranges, None) => format!("{ranges}."),
        (ranges, Some(why)) => format!("{ranges}. {why}"),
    }
}

/// The three lines, and the figures of each pipeline.
pub(super) fn print(incident: &Incident) {
    let Some(impact) = &incident.impact else {
        return;
    };
    for (name, line) in [
        ("Safe", &impact.safe),
        ("Waiting", &impact.waiting),
        ("Failed", &impact.failed),
    ] {
        print_line!("       {:<9}{}", format!("{name}:"), line.text);
    }
    for one in &impact.pipelines {
        let customer = one.customer.as_ref();
        let customer = customer.map_or_else(String::new, |name| format!(" ({name})"));
        print_line!("       {}{customer}: {}", one.pipeline, one.method);
    }
    let open = |item: &&ImpactItem| match item.state {
        ImpactItemState::Waiting | ImpactItemState::Failed | ImpactItemState::Lost => true,
        ImpactItemState::Recovered | ImpactItemState::NotNeeded => false,
    };
    let open: Vec<&ImpactItem> = incident.items.iter().filter(open).collect();
    for item in open.iter().take(LISTED) {
        print_line!(
            "       Item {} of {}: {}",
            item.item,
            item.pipeline,
            state(item.state)
        );
    }
    if open.len() > LISTED {
        print_line!(
            "       … and {} more: `--json` lists all",
            open.len() - LISTED
        );
    }
    if !open.is_empty() {
        print_line!(
            "       `understudyd incidents mark {} PIPELINE ITEM recovered` (or lost) states what became of an item.",
            incident.summary.id
        );
    }
}

fn state(state: ImpactItemState) -> &'static str {
    match state {
        ImpactItemState::Recovered => "recovered",
        ImpactItemState::Waiting => "waits in the review queue",
        ImpactItemState::Failed => "failed",
        ImpactItemState::Lost => "marked as lost",
        ImpactItemState::NotNeeded => "not needed",
    }
}
