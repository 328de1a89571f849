//! Figures over time, for charts. They are read beside the ledger's writer, so that the loop does not wait.

use api::{CostSeries, IncidentLanes, IncidentSeries, LatencySeries, RibbonSeries, UptimeSeries};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Offset, TimeDelta, Timelike, Utc};
use ledger::Slots;
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::desk::Zone;
use crate::reads::{Reads, Unread};
use crate::view::series;

/// By day in a zone, or by hour. Without either: 30 days.
#[derive(Deserialize)]
pub(super) struct Span {
    days: Option<u32>,
    hours: Option<u32>,
    /// A name of the time zone database; without it: UTC.
    zone: Option<String>,
}

const DAYS: u32 = 30;
const MOST_DAYS: u32 = 92;
const MOST_HOURS: u32 = 48;
/// Of the ribbon: 24 hours.
const QUARTERS: i32 = 96;
/// Of the uptime of all providers.
const MOST_INCIDENTS: u32 = 500;

impl Span {
    fn slots(&self, now: DateTime<Utc>) -> Result<Slots, Refused> {
        if let Some(hours) = self.hours {
            return Ok(by_hour(now, hours.clamp(1, MOST_HOURS)));
        }
        let name = self.zone.as_deref().unwrap_or("UTC");
        let zone: chrono_tz::Tz = name.parse().map_err(|_| {
            Refused::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("`zone` is not a time zone: {name}"),
                Some("give a name of the time zone database, for example Europe/Berlin"),
            )
        })?;
        let zone = Zone::new(move |at| at.with_timezone(&zone).offset().fix());
        let days = self.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
        Ok(by_day(now, &zone, days))
    }
}

/// The day of `now` is the last one.
fn by_day(now: DateTime<Utc>, zone: &Zone, days: u32) -> Slots {
    let mut bounds = vec![zone.day_ends(now)];
    let mut begins = zone.day_began(now);
    for _ in 0..days {
        bounds.push(begins);
        // An hour before midnight is on the day before, also where a clock change moves midnight.
        begins = zone.day_began(begins - TimeDelta::hours(1));
    }
    Slots::new(bounds)
}

/// The hour of `now` is the last one.
fn by_hour(now: DateTime<Utc>, hours: u32) -> Slots {
    let past = TimeDelta::seconds(i64::from(now.minute() * 60 + now.second()))
        + TimeDelta::nanoseconds(i64::from(now.nanosecond()));
    let begins = now - past;
    let bounds = (0..=hours).map(|n| begins + TimeDelta::hours(1) - TimeDelta::hours(n.into()));
    Slots::new(bounds.collect())
}

/// The quarter of an hour of `now` is the last one.
fn by_quarter(now: DateTime<Utc>) -> Slots {
    let past = TimeDelta::milliseconds(now.timestamp_millis().rem_euclid(900_000));
    let ends = now - past + TimeDelta::minutes(15);
    let bounds = (0..=QUARTERS).map(|n| ends - TimeDelta::minutes(15) * n);
    Slots::new(bounds.collect())
}

/// Reads the figures of all charts, so that the first one is as fast as the others.
pub(crate) async fn warm_charts(reads: Reads, now: DateTime<Utc>) {
    let slots = by_day(now, &Zone::new(|_| Utc.fix()), MOST_DAYS);
    let read = reads.chart(move |quarters, reader| quarters.uptime(reader, &slots));
    if let Err(Unread::Failed(error)) = read.await {
        tracing::warn!(%error, "the figures of charts could not be read");
    }
}

pub(super) async fn uptime(
    State(control): State<Control>,
    Query(span): Query<Span>,
) -> Result<Shown<UptimeSeries>, Refused> {
    let slots = span.slots((control.clock)())?;
    let read = control.reads.chart({
        let slots = slots.clone();
        move |quarters, reader| {
            let points = quarters.uptime(reader, &slots)?;
            let incidents = match (slots.bounds().first(), slots.bounds().last()) {
                (Some(from), Some(to)) => {
                    let ledger = reader.ledger();
                    ledger.incidents_between(*from, *to, MOST_INCIDENTS)?
                }
                _ => Vec::new(),
            };
            Ok((points, incidents))
        }
    });
    let (points, incidents) = read.await?;
    Ok(Shown(series::uptime(&slots, points, &incidents)))
}

pub(super) async fn latency(
    State(control): State<Control>,
    Query(span): Query<Span>,
) -> Result<Shown<LatencySeries>, Refused> {
    let slots = span.slots((control.clock)())?;
    let points = control.reads.chart({
        let slots = slots.clone();
        move |quarters, reader| quarters.latency(reader, &slots)
    });
    Ok(Shown(series::latency(&slots, points.await?)))
}

pub(super) async fn cost(
    State(control): State<Control>,
    Query(span): Query<Span>,
) -> Result<Shown<CostSeries>, Refused> {
    let slots = span.slots((control.clock)())?;
    let points = control.reads.chart({
        let slots = slots.clone();
        move |quarters, reader| quarters.cost(reader, &slots)
    });
    Ok(Shown(series::cost(&slots, points.await?)))
}

pub(super) async fn incident(
    State(control): State<Control>,
    Path(id): Path<i64>,
) -> Result<Shown<IncidentSeries>, Refused> {
    let now = (control.clock)();
    let found = control
        .read(move |ledger| ledger.incident_series(id, now))
        .await?;
    found
        .map(|found| Shown(series::incident(&found)))
        .ok_or_else(|| no_incident(id))
}

pub(super) async fn lanes(
    State(control): State<Control>,
    Path(id): Path<i64>,
) -> Result<Shown<IncidentLanes>, Refused> {
    let now = (control.clock)();
    let found = control
        .read(move |ledger| ledger.incident_lanes(id, now))
        .await?;
    found
        .map(|found| Shown(series::lanes(found)))
        .ok_or_else(|| no_incident(id))
}

pub(super) async fn ribbon(
    State(control): State<Control>,
    Path(provider): Path<String>,
) -> Result<Shown<RibbonSeries>, Refused> {
    let slots = by_quarter((control.clock)());
    let read = control.read({
        let slots = slots.clone();
        move |ledger| ledger.ribbon(&provider.as_str().into(), &slots)
    });
    Ok(Shown(series::ribbon(&slots, read.await?)))
}

fn no_incident(id: i64) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        format!("there is no incident {id}"),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn span(days: Option<u32>, hours: Option<u32>, zone: &str) -> Span {
        Span {
            days,
            hours,
            zone: Some(zone.to_owned()),
        }
    }

    fn bounds(span: &Span, now: &str) -> Vec<DateTime<Utc>> {
        match span.slots(at(now)) {
            Ok(slots) => slots.bounds().to_vec(),
            Err(Refused(status, error)) => panic!("{status}: {}", error.error),
        }
    }

    #[test]
    fn days_begin_at_local_midnight_also_over_a_clock_change() {
        let days = bounds(
            &span(Some(3), None, "Europe/Berlin"),
            "2026-10-26T11:00:00Z",
        );
        let expected = [
            "2026-10-23T22:00:00Z",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
            "2026-10-26T23:00:00Z",
        ];
        assert_eq!(days, expected.map(at));
        let days = bounds(
            &span(Some(2), None, "America/New_York"),
            "2026-03-09T03:00:00Z",
        );
        let expected = [
            "2026-03-07T05:00:00Z",
            "2026-03-08T05:00:00Z",
            "2026-03-09T04:00:00Z",
        ];
        assert_eq!(days, expected.map(at));
    }

    #[test]
    fn hours_end_with_the_hour_of_now() {
        let hours = bounds(&span(None, Some(2), "UTC"), "2026-06-21T20:04:11.5Z");
        let expected = [
            "2026-06-21T19:00:00Z",
            "2026-06-21T20:00:00Z",
            "2026-06-21T21:00:00Z",
        ];
        assert_eq!(hours, expected.map(at));
    }

    #[test]
    fn a_ribbon_has_24_hours_that_end_with_the_quarter_of_now() {
        let slots = by_quarter(at("2026-06-21T20:04:11.512Z"));
        let bounds = slots.bounds();
        assert_eq!(bounds.len(), 97);
        assert_eq!(bounds[96], at("2026-06-21T20:15:00Z"));
        assert_eq!(bounds[0], at("2026-06-20T20:15:00Z"));
    }

    #[test]
    fn a_span_is_bounded() {
        let now = "2026-06-21T20:04:11Z";
        assert_eq!(bounds(&span(Some(10_000), None, "UTC"), now).len(), 93);
        assert_eq!(bounds(&span(None, Some(10_000), "UTC"), now).len(), 49);
        assert_eq!(bounds(&span(Some(0), None, "UTC"), now).len(), 2);
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        let Err(Refused(status, _)) =
            span(None, None, "Europe/Atlantis").slots(at("2026-06-21T20:04:11Z"))
        else {
            panic!("the zone was accepted");
        };
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
