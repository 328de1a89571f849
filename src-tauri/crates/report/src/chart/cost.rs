//! Cost by day, from below: own, fallback, probes.

use super::svg::{Box, LEFT, Svg, WIDTH};
use crate::model::DayCost;
use crate::page::{Chart, Legend};
use crate::place::Place;
use crate::text::usd;

const HEIGHT: f64 = 120.0;
const BOTTOM: f64 = 16.0;

pub(crate) fn chart(days: &[DayCost], place: &Place) -> Chart {
    let total = |day: &DayCost| day.own_micro_usd + day.fallback_micro_usd + day.probes_micro_usd;
    let most = days.iter().map(total).max().unwrap_or(0).max(1);
    let label = format!("Cost by day; the highest is {}.", usd(most));
    let mut svg = Svg::new(HEIGHT + BOTTOM, &label);
    svg.line("axis", (LEFT, HEIGHT), (WIDTH, HEIGHT));
    svg.line("axis", (LEFT, 8.0), (WIDTH, 8.0));
    svg.name(12.0, &usd(most));
    svg.name(HEIGHT, &usd(0));
    let width = (WIDTH - LEFT) / days.len().max(1) as f64;
    let scale = (HEIGHT - 8.0) / most as f64;
    for (number, day) in days.iter().enumerate() {
        let left = LEFT + width * number as f64;
        let mut top = HEIGHT;
        for (class, amount, name) in [
            ("own", day.own_micro_usd, "own"),
            ("fallback", day.fallback_micro_usd, "fallbacks"),
            ("probes", day.probes_micro_usd, "probes"),
        ] {
            if amount <= 0 {
                continue;
            }
            let tall = amount as f64 * scale;
            top -= tall;
            let bar = Box {
                x: left,
                y: top,
                width: width - 2.0,
                height: tall,
            };
            svg.bar(
                class,
                &bar,
                &format!("{}, {name}: {}", place.day(day.begins), usd(amount)),
            );
        }
        if number == 0 || (number + 1).is_multiple_of(5) {
            let day = place.day_of_month(day.begins).to_string();
            svg.text((left + width / 2.0, HEIGHT + BOTTOM - 3.0), "middle", &day);
        }
    }
    Chart {
        svg: svg.finish(),
        legend: vec![
            Legend {
                class: "own",
                text: "own requests",
            },
            Legend {
                class: "fallback",
                text: "fallbacks",
            },
            Legend {
                class: "probes",
                text: "probes",
            },
        ],
    }
}
