//! The requests of an incident: a lane for each result, and the posts of the status page as flags.

use super::svg::{Box, LEFT, Svg, WIDTH};
use crate::model::{LaneSlot, Lanes};
use crate::page::{Chart, Legend};
use crate::place::Place;
use crate::text::grouped;

const LANE: f64 = 46.0;
const BAR: f64 = 36.0;
const RIGHT: f64 = 12.0;

/// What a lane counts.
type Count = fn(&LaneSlot) -> u64;

const LANES: [(&str, &str, Count); 3] = [
    ("carried", "by a fallback", |slot| slot.carried),
    ("waiting", "waiting", |slot| slot.waiting),
    ("failed", "failed", |slot| slot.failed),
];

/// None: no request was affected.
pub(crate) fn chart(lanes: &Lanes, place: &Place) -> Option<Chart> {
    let (first, last) = (*lanes.bounds.first()?, *lanes.bounds.last()?);
    if lanes.slots.is_empty() {
        return None;
    }
    let span = (last - first).num_milliseconds().max(1) as f64;
    let x = |at: chrono::DateTime<chrono::Utc>| {
        let part = (at.clamp(first, last) - first).num_milliseconds() as f64 / span;
        LEFT + (WIDTH - LEFT - RIGHT) * part
    };
    let sum = |count: Count| lanes.slots.iter().map(count).sum::<u64>();
    let label = format!(
        "Requests during the incident: {} answered by a fallback, {} failed; the posts of the status page are lines.",
        grouped(sum(LANES[0].2)),
        grouped(sum(LANES[2].2))
    );
    let height = LANE * 3.0 + 18.0;
    let mut svg = Svg::new(height, &label);
    for (at, (class, name, count)) in LANES.into_iter().enumerate() {
        let base = LANE * at as f64 + BAR + 6.0;
        let most = lanes.slots.iter().map(count).max().unwrap_or(0);
        svg.name(base - 12.0, name);
        svg.name(base, &format!("at most {}", grouped(most)));
        svg.line("axis", (LEFT, base), (WIDTH - RIGHT, base));
        for slot in lanes.slots.iter().filter(|slot| count(slot) > 0) {
            let number = slot.slot as usize;
            let (Some(from), Some(to)) = (lanes.bounds.get(number), lanes.bounds.get(number + 1))
            else {
                continue;
            };
            let tall = BAR * count(slot) as f64 / most.max(1) as f64;
            let width = (x(*to) - x(*from) - 1.0).max(1.0);
            let bar = Box {
                x: x(*from),
                y: base - tall,
                width,
                height: tall,
            };
            svg.bar(
                class,
                &bar,
                &format!("{}: {} {name}", place.clock(*from), grouped(count(slot))),
            );
        }
    }
    for entry in lanes.entries.iter().filter(|entry| entry.of_status_page) {
        let at = x(entry.at);
        svg.line("flag", (at, 0.0), (at, height - 18.0));
    }
    svg.text((LEFT, height - 4.0), "start", &place.clock(first));
    svg.text((WIDTH - RIGHT, height - 4.0), "end", &place.clock(last));
    Some(Chart {
        svg: svg.finish(),
        legend: vec![
            Legend {
                class: "carried",
                text: "answered by a fallback",
            },
            Legend {
                class: "waiting",
                text: "waiting in review",
            },
            Legend {
                class: "failed",
                text: "failed",
            },
            Legend {
                class: "flag",
                text: "post of the status page",
            },
        ],
    })
}
