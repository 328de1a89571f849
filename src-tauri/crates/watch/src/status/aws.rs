//! The public list of current events of AWS Health (`/public/currentevents`). It is not documented. The body is UTF-16
//! with a byte order mark. An event covers many services and stays open for months: only the state of each service
//! in it counts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;

use super::declared::{self, Declared};
use super::payload::{Expected, not_the_page};
use super::plain::plain;

#[derive(Deserialize)]
struct Event {
    arn: String,
    /// Seconds, as text.
    date: String,
    service: String,
    summary: Option<String>,
    region_name: Option<String>,
    event_log: Option<Vec<Entry>>,
    impacted_services: Option<BTreeMap<String, Impact>>,
    impacted_service_status_changes: Option<Vec<Change>>,
    end_time: Option<String>,
}

/// Times in seconds.
#[derive(Deserialize)]
struct Entry {
    message: Option<String>,
    timestamp: i64,
}

#[derive(Deserialize)]
struct Impact {
    current: String,
}

/// Times in milliseconds.
#[derive(Deserialize)]
struct Change {
    service: String,
    current_status: String,
    timestamp: i64,
}

/// Every event must be readable: a skipped one would leave its service green.
pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let (text, marked) = decode(bytes)?;
    let events: Vec<Event> = serde_json::from_str(&text)
        .map_err(|e| not_the_page(format!("the response is not the list of events: {e}")))?;
    // An empty list counts only in the encoding of the genuine one.
    if events.is_empty() && !marked {
        return Err(not_the_page("an empty list without a byte order mark"));
    }
    let logged = events
        .iter()
        .flat_map(|event| event.event_log.iter().flatten());
    let changed = logged.map(|entry| entry.timestamp).max().and_then(seconds);
    let events: Option<Vec<Declared>> = events
        .into_iter()
        .map(|event| event.read(expected))
        .collect();
    let events = events.ok_or_else(|| not_the_page("an event has no time or no address"))?;
    Ok(declared::page(events, expected, changed))
}

impl Event {
    fn read(self, expected: Expected<'_>) -> Option<Declared> {
        if !self.arn.starts_with("arn:aws") {
            return None;
        }
        let started = seconds(self.date.parse().ok()?)?;
        let mut updates: Vec<(DateTime<Utc>, String)> = self
            .event_log
            .unwrap_or_default()
            .into_iter()
            .filter_map(|entry| {
                let message = plain(entry.message.as_deref()?);
                Some((seconds(entry.timestamp)?, message))
            })
            .collect();
        updates.sort_by_key(|(at, _)| *at);
        let mut parts: Vec<(String, Option<Level>)> = self
            .impacted_services
            .unwrap_or_default()
            .into_iter()
            .map(|(service, impact)| (service, level(&impact.current)))
            .collect();
        // The event's own state proves nothing: policy announcements have the same type as outages.
        if parts.iter().all(|(service, _)| *service != self.service) {
            parts.push((self.service, None));
        }
        let expects = |id: &String| {
            let mut surfaces = expected.surfaces.iter();
            surfaces.any(|s| s.components.is_empty() || s.components.contains(id))
        };
        let ours: Vec<_> = parts.iter().filter(|(id, _)| expects(id)).collect();
        let ended = self.end_time.and_then(|end| seconds(end.parse().ok()?));
        let over = !ours.is_empty()
            && ours.iter().all(|(_, level)| match level {
                Some(level) => *level == Level::Operational,
                None => ended.is_some(),
            });
        let changes = self.impacted_service_status_changes.unwrap_or_default();
        let last_change = changes
            .iter()
            .filter(|change| change.current_status == "0" && expects(&change.service))
            .filter_map(|change| DateTime::from_timestamp_millis(change.timestamp))
            .max();
        let last_update = updates.last().map(|(at, _)| *at);
        let resolved = last_change.or(ended).or(last_update).unwrap_or(started);
        let summary = self.summary.unwrap_or_default();
        let summary = plain(summary.trim_start_matches("[RESOLVED]"));
        Some(Declared {
            incident: PageIncident {
                id: self.arn,
                title: match self.region_name {
                    Some(region) => format!("{summary} ({})", plain(&region)),
                    None => summary,
                },
                url: Some(expected.page.page.clone()),
                surfaces: Vec::new(),
                started,
                resolved: over.then_some(resolved.max(started)),
                updates,
            },
            parts,
        })
    }
}

fn level(current: &str) -> Option<Level> {
    match current {
        "0" => Some(Level::Operational),
        "1" => Some(Level::Degraded),
        "2" => Some(Level::PartialOutage),
        "3" => Some(Level::MajorOutage),
        _ => None,
    }
}

fn seconds(timestamp: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(timestamp, 0)
}

/// The text, and whether it was UTF-16 in the byte order of the genuine list.
fn decode(bytes: &[u8]) -> Result<(String, bool), Unreadable> {
    let (units, is_genuine) = match bytes {
        [0xfe, 0xff, rest @ ..] => (rest, true),
        [0xff, 0xfe, rest @ ..] => (rest, false),
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| undecodable())?;
            return Ok((text.trim_start_matches('\u{feff}').to_owned(), false));
        }
    };
    let (pairs, rest) = units.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(undecodable());
    }
    let from = match is_genuine {
        true => u16::from_be_bytes,
        false => u16::from_le_bytes,
    };
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|pair| from(*pair))).collect();
    Ok((text.map_err(|_| undecodable())?, is_genuine))
}

fn undecodable() -> Unreadable {
    not_the_page("the response is neither UTF-16 nor UTF-8")
}
