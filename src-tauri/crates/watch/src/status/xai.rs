//! The RSS feed of the xAI status page. Each item is one incident of one product, whose id is in the item's address; an
//! outage of several products is several items. The feed keeps about 100 items, open ones among them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use health::{Level, Page, PageIncident, Unreadable};

use super::declared::{self, Declared};
use super::feed::{self, Fields, Shape};
use super::payload::{Expected, host, not_the_page};
use super::plain::plain;
use super::v2::words;

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let feed = feed::parse(bytes, Shape::Rss)?;
    let ours = host(&expected.page.page);
    if ours.is_empty() || feed.head.link().is_none_or(|link| host(link) != ours) {
        return Err(not_the_page(format!("the feed is not that of {ours}")));
    }
    if feed.entries.is_empty() {
        return Err(not_the_page(
            "the feed has no items; the genuine one keeps about 100",
        ));
    }
    let items: Option<Vec<Item>> = feed.entries.iter().map(|entry| item(entry, ours)).collect();
    // A skipped item would leave its product green.
    let items = items.ok_or_else(|| not_the_page("an item has no product, time or state"))?;
    let changed = rfc2822(feed.head.text("lastBuildDate"));
    Ok(declared::page(grouped(items), expected, changed))
}

struct Item {
    product: String,
    title: String,
    link: String,
    started: DateTime<Utc>,
    resolved: Option<DateTime<Utc>>,
    level: Option<Level>,
    updates: Vec<(DateTime<Utc>, String)>,
}

fn item(entry: &Fields, ours: &str) -> Option<Item> {
    let link = entry.link()?;
    if host(link) != ours {
        return None;
    }
    let mut path = link.trim_end_matches('/').rsplit('/');
    let (_incident, product) = (path.next()?, path.next()?);
    let description = entry.text("description");
    let status = labelled(description, "Status:")?.to_lowercase();
    let severity = labelled(description, "Severity:").unwrap_or_default();
    let resolved = status == "resolved" || entry.all("category").any(|word| word == "resolved");
    let published = rfc2822(entry.text("pubDate"))?;
    let updates = updates(description);
    let first = updates.first().map(|(at, _)| *at);
    let last = updates.last().map(|(at, _)| *at);
    let title = entry.text("title");
    Some(Item {
        product: product.to_owned(),
        // "[API Console] Console not loading"
        title: plain(title.split_once(']').map_or(title, |(_, rest)| rest)),
        link: link.to_owned(),
        started: first.map_or(published, |first| first.min(published)),
        resolved: resolved.then_some(last.unwrap_or(published)),
        level: level(&severity.to_lowercase()),
        updates,
    })
}

/// The text after a label, up to the next tag: `Status: RESOLVED`.
fn labelled<'h>(html: &'h str, label: &str) -> Option<&'h str> {
    let (_, after) = html.split_once(label)?;
    let end = after.find('<').unwrap_or(after.len());
    after[..end].split_whitespace().next()
}

/// `<strong>date</strong> … <h3>stage</h3> … <p>text</p>` in either order, returned oldest first.
fn updates(html: &str) -> Vec<(DateTime<Utc>, String)> {
    let parts = html.split("<strong>").skip(1);
    let mut updates: Vec<_> = parts
        .filter_map(|part| {
            let (date, rest) = part.split_once("</strong>")?;
            let at = rfc2822(&plain(date))?;
            let (stage, text) = match rest
                .split_once("<h3>")
                .and_then(|(_, h)| h.split_once("</h3>"))
            {
                Some((stage, text)) => (Some(plain(stage)), text),
                None => (None, rest),
            };
            Some((at, words(stage.as_deref(), Some(text))))
        })
        .collect();
    updates.sort_by_key(|(at, _)| *at);
    updates
}

fn level(severity: &str) -> Option<Level> {
    match severity {
        "degraded" => Some(Level::Degraded),
        "disruption" => Some(Level::PartialOutage),
        "outage" => Some(Level::MajorOutage),
        _ => None,
    }
}

/// Items of one title and one start are one incident, which is over when each of them is.
fn grouped(items: Vec<Item>) -> Vec<Declared> {
    let mut groups: BTreeMap<(DateTime<Utc>, String), Vec<Item>> = BTreeMap::new();
    for item in items {
        let key = (item.started, item.title.clone());
        groups.entry(key).or_default().push(item);
    }
    let group = groups.into_iter().map(|((started, title), items)| {
        let ends: Option<Vec<_>> = items.iter().map(|item| item.resolved).collect();
        let longest = items.iter().max_by_key(|item| item.updates.len());
        let (url, updates) = longest.map_or((None, Vec::new()), |item| {
            (Some(item.link.clone()), item.updates.clone())
        });
        let parts = items.into_iter().map(|item| {
            let level = match item.resolved {
                Some(_) => Some(Level::Operational),
                None => item.level,
            };
            (item.product, level)
        });
        Declared {
            parts: parts.collect(),
            incident: PageIncident {
                id: format!("{} {title}", started.format("%Y-%m-%dT%H:%M:%SZ")),
                title,
                url,
                surfaces: Vec::new(),
                started,
                resolved: ends.and_then(|ends| ends.into_iter().max()),
                updates,
            },
        }
    });
    group.collect()
}

fn rfc2822(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(time.with_timezone(&Utc))
}
