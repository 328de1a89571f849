//! An Atom feed of incidents, from Statuspage (`/history.atom`) or incident.io (`/feed.atom`). It has no component
//! states and no impact.
//!
//! Statuspage writes all updates into one text, newest first, each with its own time and stage. `published` is the time
//! of the newest update and `updated` that of the last edit, which may be days after the end. So the times are those in
//! the text, and `published` gives their year. incident.io writes only the last stage, with one date.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};
use health::{Page, PageIncident, Unreadable};

use super::feed::{self, Fields, Shape};
use super::payload::{Expected, host, not_the_page};
use super::plain::plain;
use super::v2::{is_maintenance, is_over, time, words};

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let feed = feed::parse(bytes, Shape::Atom)?;
    let host = host(&expected.page.page);
    let names_host = |text: &str| !host.is_empty() && text.contains(host);
    let genuine = names_host(feed.head.text("id"))
        || feed.head.link().is_some_and(names_host)
        || feed
            .entries
            .first()
            .is_some_and(|entry| names_host(entry.text("id")));
    if !genuine {
        return Err(not_the_page(format!("the feed is not that of {host}")));
    }
    Ok(Page {
        incidents: feed.entries.iter().filter_map(incident).collect(),
        read_from: expected.url.to_owned(),
        incidents_only: true,
        changed: date(feed.head.text("updated")),
        ..Page::default()
    })
}

/// One update of an entry.
#[derive(Debug, PartialEq)]
struct Update {
    at: DateTime<Utc>,
    stage: String,
    text: String,
}

/// An entry without a known stage in its place is not an incident: it must never count as an open one.
fn incident(entry: &Fields) -> Option<PageIncident> {
    let text = match entry.text("content") {
        "" => entry.text("summary"),
        content => content,
    };
    let edited = date(entry.text("updated"));
    let published = date(entry.text("published")).or(edited)?;
    let mut updates = marked_updates(text, published);
    if updates.is_empty() {
        let stage = leading_stage(text)?;
        updates.push(Update {
            at: edited.unwrap_or(published),
            stage,
            text: plain(text),
        });
    }
    if updates.iter().any(|update| is_maintenance(&update.stage)) {
        return None;
    }
    let begun = edited.map_or(published, |edited| edited.min(published));
    let first = updates.first()?.at;
    // A text with only its last stage does not contain the start.
    let started = if updates.len() == 1 {
        first.min(begun)
    } else {
        first
    };
    // Address: Statuspage numbers its entries, and the address ends with the incident's id in the JSON API.
    let address = entry.link().unwrap_or(entry.text("id")).trim();
    Some(PageIncident {
        id: address.rsplit('/').next().unwrap_or(address).to_owned(),
        title: plain(entry.text("title")),
        url: entry.link().map(str::to_owned),
        surfaces: Vec::new(),
        started,
        resolved: resolved(&updates),
        updates: updates
            .into_iter()
            .map(|update| (update.at, update.text))
            .collect(),
    })
}

/// The time of the label that ended the incident: every later label confirms the end.
fn resolved(updates: &[Update]) -> Option<DateTime<Utc>> {
    let over = updates.iter().rev().take_while(|u| is_over(&u.stage));
    over.last().map(|update| update.at)
}

/// Statuspage's updates, oldest first: `<small>Jul 7, 16:17 UTC</small><br><strong>Resolved</strong> - text`. Bold text
/// in any other place, and a label that is no known stage, is text.
fn marked_updates(html: &str, published: DateTime<Utc>) -> Vec<Update> {
    let mut updates: Vec<Update> = Vec::new();
    // Newest first in the text, so that equal times keep their order after reversing.
    for part in html.split("<small>").skip(1) {
        let Some((mark, rest)) = part.split_once("</small>") else {
            continue;
        };
        match label(rest).zip(time_mark(&plain(mark), published)) {
            Some(((stage, text), at)) => updates.push(Update {
                at,
                text: words(Some(&stage), Some(text.trim_start_matches([' ', '-']))),
                stage,
            }),
            None => {
                if let Some(last) = updates.last_mut() {
                    let more = plain(part);
                    last.text = plain(&format!("{} {more}", last.text));
                }
            }
        }
    }
    updates.reverse();
    updates.sort_by_key(|update| update.at);
    updates
}

/// `<br><strong>Resolved</strong> - text`: the known stage, and the text after it.
fn label(html: &str) -> Option<(String, &str)> {
    let html = html.trim_start().strip_prefix("<br")?;
    let (_, html) = html.split_once('>')?;
    let html = html.trim_start().strip_prefix("<strong>")?;
    let (label, text) = html.split_once("</strong>")?;
    Some((stage(label)?, text.trim_start()))
}

/// incident.io's stage, at the beginning of the text: `<b>Status: Resolved</b>`.
fn leading_stage(html: &str) -> Option<String> {
    let bold = html.trim_start().strip_prefix("<b>")?;
    let (label, _) = bold.split_once("</b>")?;
    stage(label.trim().strip_prefix("Status:")?)
}

fn stage(label: &str) -> Option<String> {
    let stage = label.trim().to_lowercase().replace(' ', "_");
    let known = matches!(
        &*stage,
        "investigating" | "identified" | "fixing" | "monitoring" | "update"
    );
    (known || is_over(&stage) || is_maintenance(&stage)).then_some(stage)
}

/// `Jul 9, 06:01 UTC`, in the year of the newest update, or in the year before if that is later.
fn time_mark(text: &str, published: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.replace(',', " ");
    let [month, day, clock, zone] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        return None;
    };
    let month = month.parse::<chrono::Month>().ok()?.number_from_month();
    let day = day.parse().ok()?;
    let clock = NaiveTime::parse_from_str(clock, "%H:%M").ok()?;
    let offset = Duration::hours(hours_from_utc(zone)?);
    let in_year = |year| {
        let local = NaiveDate::from_ymd_opt(year, month, day)?.and_time(clock);
        local.and_utc().checked_sub_signed(offset)
    };
    let this = in_year(published.year());
    // A mark has no seconds, and a page may be edited after it was published.
    let later = |at: &DateTime<Utc>| *at > published + Duration::days(1);
    match this {
        Some(at) if !later(&at) => Some(at),
        Some(_) | None => in_year(published.year() - 1).filter(|at| !later(at)),
    }
}

/// The zones in which pages write their times.
fn hours_from_utc(zone: &str) -> Option<i64> {
    Some(match zone {
        "UTC" | "GMT" => 0,
        "PST" => -8,
        "PDT" | "MST" => -7,
        "MDT" | "CST" => -6,
        "CDT" | "EST" => -5,
        "EDT" => -4,
        "BST" | "CET" => 1,
        "CEST" => 2,
        _ => return None,
    })
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    time(&Some(text.trim().to_owned()))
}
