//! An Atom feed of incidents, from Statuspage (`/history.atom`) or incident.io (`/feed.atom`). It has no component
//! states, no impact, and one date for all updates of an entry.

use chrono::{DateTime, Utc};
use health::{Page, PageIncident, Unreadable};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::payload::{Expected, not_the_page};
use super::plain::{entity, plain};
use super::v2::{is_maintenance, is_over, time};

/// Text of the relevant elements, by name; of the feed itself or of one entry.
#[derive(Default)]
struct Fields {
    id: String,
    title: String,
    updated: String,
    published: String,
    content: String,
    summary: String,
    link: Option<String>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let (feed, entries) = parse(bytes)?;
    let host = host(&expected.page.page);
    let names_host = |text: &str| !host.is_empty() && text.contains(host);
    let genuine = names_host(&feed.id)
        || feed.link.as_deref().is_some_and(names_host)
        || entries.first().is_some_and(|entry| names_host(&entry.id));
    if !genuine {
        return Err(not_the_page(format!("the feed is not that of {host}")));
    }
    Ok(Page {
        surfaces: Default::default(),
        incidents: entries.into_iter().filter_map(Fields::incident).collect(),
        read_from: expected.url.to_owned(),
        incidents_only: true,
    })
}

fn parse(bytes: &[u8]) -> Result<(Fields, Vec<Fields>), Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| not_the_page("the feed is not UTF-8"))?;
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let (mut feed, mut entries) = (Fields::default(), Vec::new());
    loop {
        let event = reader
            .read_event()
            .map_err(|e| not_the_page(format!("the feed is not XML: {e}")))?;
        match event {
            Event::Start(tag) => {
                let name = local_name(&tag);
                if path.is_empty() && name != "feed" {
                    return Err(not_the_page(format!(
                        "the response is <{name}>, not a feed"
                    )));
                }
                if path.len() == 1 && name == "entry" {
                    entries.push(Fields::default());
                }
                at_link(&tag, &path, &name, &mut feed, &mut entries);
                path.push(name);
            }
            Event::Empty(tag) => {
                let name = local_name(&tag);
                at_link(&tag, &path, &name, &mut feed, &mut entries);
            }
            Event::End(_) => {
                path.pop();
                if path.is_empty() {
                    return Ok((feed, entries));
                }
            }
            Event::Text(part) => push(&part.xml10_content(), &path, &mut feed, &mut entries),
            Event::CData(part) => push(&part.into_inner(), &path, &mut feed, &mut entries),
            Event::GeneralRef(name) => {
                if let Some(c) = entity(&name.xml10_content()) {
                    push(c.encode_utf8(&mut [0; 4]), &path, &mut feed, &mut entries);
                }
            }
            Event::Eof => return Err(not_the_page("the feed is cut short")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
}

fn local_name(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

/// The fields that an element at this path belongs to, and its name.
fn fields<'a>(
    path: &'a [String],
    feed: &'a mut Fields,
    entries: &'a mut [Fields],
) -> Option<(&'a mut Fields, &'a str)> {
    match path {
        [_, entry, name, ..] if entry == "entry" => Some((entries.last_mut()?, name)),
        [_, name] => Some((feed, name)),
        _ => None,
    }
}

fn push(text: &str, path: &[String], feed: &mut Fields, entries: &mut [Fields]) {
    let Some((of, name)) = fields(path, feed, entries) else {
        return;
    };
    match name {
        "id" => of.id.push_str(text),
        "title" => of.title.push_str(text),
        "updated" => of.updated.push_str(text),
        "published" => of.published.push_str(text),
        "content" => of.content.push_str(text),
        "summary" => of.summary.push_str(text),
        _ => {}
    }
}

/// `<link href>`: the first one that is not the feed's own address.
fn at_link(
    tag: &BytesStart<'_>,
    path: &[String],
    name: &str,
    feed: &mut Fields,
    entries: &mut [Fields],
) {
    let attribute = |name: &str| {
        let found = tag.attributes().flatten();
        found
            .into_iter()
            .find(|a| a.key.as_ref() == name)
            .map(|a| plain(&a.value))
    };
    let of = match path {
        [_] => Some(feed),
        [_, entry] if entry == "entry" => entries.last_mut(),
        _ => None,
    };
    if let (Some(of), "link") = (of, name)
        && attribute("rel").is_none_or(|rel| rel == "alternate")
    {
        of.link = of.link.take().or_else(|| attribute("href"));
    }
}

impl Fields {
    fn incident(self) -> Option<PageIncident> {
        let text = if self.content.is_empty() {
            &self.summary
        } else {
            &self.content
        };
        let stages = stages(text);
        if stages.iter().any(|stage| is_maintenance(stage)) {
            return None;
        }
        let updated = date(&self.updated);
        let started = date(&self.published).into_iter().chain(updated).min()?;
        let over = stages.first().is_some_and(|stage| is_over(stage));
        let last = updated.unwrap_or(started);
        // Statuspage numbers its entries. The address ends with the incident's id in the JSON API.
        let address = self.link.as_deref().unwrap_or(&self.id).trim();
        Some(PageIncident {
            id: address.rsplit('/').next().unwrap_or(address).to_owned(),
            title: plain(&self.title),
            url: self.link,
            surfaces: Vec::new(),
            started,
            resolved: over.then_some(last),
            updates: vec![(last, plain(text))],
        })
    }
}

/// The stages in bold in an entry's HTML, newest first, in the format of `v2`: `<strong>Resolved</strong>` at
/// Statuspage, `<b>Status: Resolved</b>` at incident.io.
fn stages(html: &str) -> Vec<String> {
    let mut stages = Vec::new();
    for (open, close) in [("<strong>", "</strong>"), ("<b>", "</b>")] {
        for part in html.split(open).skip(1) {
            let bold = part.split(close).next().unwrap_or_default();
            let word = bold.trim().trim_start_matches("Status:").trim();
            stages.push(word.to_lowercase().replace(' ', "_"));
        }
    }
    stages
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    time(&Some(text.trim().to_owned()))
}

/// `status.claude.com` of `https://status.claude.com/history`.
fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.split('/').next().unwrap_or_default()
}
