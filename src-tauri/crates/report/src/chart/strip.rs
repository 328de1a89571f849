//! Uptime by day, a row for each provider. Height and colour both show the state, for readers of a print without colours.

use chrono::{DateTime, Utc};

use super::svg::{Box, LEFT, Svg, WIDTH};
use crate::model::{DayUptime, ProviderUptime};
use crate::page::{Chart, Legend};
use crate::place::Place;
use crate::text::{duration, grouped, percent, shown};

const ROW: f64 = 30.0;
const BAR: f64 = 22.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Degraded,
    Outage,
    Ours,
    Limit,
    Unknown,
}

impl State {
    fn of(day: &DayUptime, length_s: u64) -> State {
        let excluded = &day.excluded;
        if day.outage_s > 0 {
            State::Outage
        } else if day.degraded_s > 0 {
            State::Degraded
        } else if excluded.ours_s > 0 {
            State::Ours
        } else if excluded.undetermined_s > 0 {
            State::Unknown
        } else if day.calls.limits > 0 {
            State::Limit
        } else if day.calls.judged == 0 && excluded.no_evidence_s >= length_s {
            State::Unknown
        } else {
            State::Up
        }
    }

    fn class(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Degraded => "degraded",
            State::Outage => "outage",
            State::Ours => "ours",
            State::Limit => "limit",
            State::Unknown => "unknown",
        }
    }

    fn height(self) -> f64 {
        match self {
            State::Up | State::Unknown => 0.4,
            State::Limit | State::Ours => 0.55,
            State::Degraded => 0.75,
            State::Outage => 1.0,
        }
    }

    fn text(self) -> &'static str {
        match self {
            State::Up => "no outage",
            State::Degraded => "degraded",
            State::Outage => "outage",
            State::Ours => "ours",
            State::Limit => "limit reached",
            State::Unknown => "unknown",
        }
    }
}

pub(crate) fn chart(providers: &[ProviderUptime], to: DateTime<Utc>, place: &Place) -> Chart {
    let height = ROW * providers.len() as f64 + 18.0;
    let parts: Vec<String> = providers
        .iter()
        .map(|row| {
            let uptime = row.availability.map_or("unknown".to_owned(), percent);
            format!("{} {uptime}", shown(&row.product))
        })
        .collect();
    let mut svg = Svg::new(height, &format!("Uptime by day: {}.", parts.join(", ")));
    for (at, provider) in providers.iter().enumerate() {
        let top = ROW * at as f64;
        svg.name(top + BAR, &shown(&provider.product));
        let width = (WIDTH - LEFT) / provider.days.len().max(1) as f64;
        for (number, day) in provider.days.iter().enumerate() {
            let left = LEFT + width * number as f64;
            if at + 1 == providers.len() && (number == 0 || (number + 1).is_multiple_of(5)) {
                let day = place.day_of_month(day.begins).to_string();
                svg.text((left + width / 2.0, height - 4.0), "middle", &day);
            }
            if day.begins >= to {
                continue;
            }
            let ends = provider
                .days
                .get(number + 1)
                .map_or(to, |next| next.begins)
                .min(to);
            let length_s = u64::try_from((ends - day.begins).num_seconds()).unwrap_or(0);
            let state = State::of(day, length_s);
            let tall = BAR * state.height();
            let bar = Box {
                x: left,
                y: top + 4.0 + BAR - tall,
                width: width - 2.0,
                height: tall,
            };
            svg.bar(state.class(), &bar, &title(day, state, place));
            if day.carried > 0 {
                let mark = Box {
                    x: left,
                    y: top + 5.0 + BAR,
                    width: width - 2.0,
                    height: 2.5,
                };
                svg.bar("carried", &mark, "answered by a fallback");
            }
        }
    }
    Chart {
        svg: svg.finish(),
        legend: [
            State::Up,
            State::Degraded,
            State::Outage,
            State::Ours,
            State::Limit,
            State::Unknown,
        ]
        .into_iter()
        .map(|state| Legend {
            class: state.class(),
            text: state.text(),
        })
        .chain([Legend {
            class: "carried",
            text: "a fallback answered",
        }])
        .collect(),
    }
}

fn title(day: &DayUptime, state: State, place: &Place) -> String {
    let mut parts = vec![format!("{}: {}", place.day(day.begins), state.text())];
    let long = |seconds: u64| duration(i64::try_from(seconds).unwrap_or(i64::MAX));
    if day.outage_s > 0 {
        parts.push(long(day.outage_s));
    }
    if day.calls.judged > 0 {
        parts.push(format!(
            "{} of {} calls failed",
            grouped(day.calls.failed),
            grouped(day.calls.judged)
        ));
    }
    if day.carried > 0 {
        parts.push(format!("{} answered by a fallback", grouped(day.carried)));
    }
    parts.join(", ")
}
