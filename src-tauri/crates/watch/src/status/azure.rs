//! The RSS feed of Azure's status (`rssfeed.azure.status.microsoft`). It lists broad incidents only and no component
//! states, so an empty feed means "no broad incident published" and no surface gets a state. Instances that serve a failing region
//! have served an empty feed. One `guid` keeps its incident while its text is replaced; the end is stated in prose alone.

use catalog::SurfaceId;
use chrono::{DateTime, Utc};
use health::{Page, PageIncident, Unreadable};

use super::feed::{self, Fields, Shape};
use super::payload::{Expected, not_the_page};
use super::plain::plain;

const TITLE: &str = "Azure Status";

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let feed = feed::parse(bytes, Shape::Rss)?;
    let title = feed.head.text("title");
    // Each instance has an address of its own, so the title is all that identifies the feed.
    if title != expected.page.identity.as_deref().unwrap_or(TITLE) {
        return Err(not_the_page(format!("the feed's title is {title:?}")));
    }
    let incidents: Option<Vec<PageIncident>> = feed
        .entries
        .iter()
        .map(|entry| incident(entry, expected))
        .collect();
    Ok(Page {
        incidents: incidents.ok_or_else(|| not_the_page("an item has no id or no time"))?,
        read_from: expected.url.to_owned(),
        changed: time(feed.head.text("lastBuildDate")),
        ..Page::default()
    })
}

fn incident(entry: &Fields, expected: Expected<'_>) -> Option<PageIncident> {
    let published = time(entry.text("pubDate"))?;
    let id = entry.text("guid");
    if id.is_empty() {
        return None;
    }
    let categories: Vec<String> = entry.all("category").map(plain).collect();
    let title = plain(entry.text("title"));
    let text = plain(entry.text("description"));
    let named = |tag: &String| categories.contains(tag) || title.contains(tag.as_str());
    let surfaces = expected.surfaces.iter();
    let surfaces: Vec<SurfaceId> = surfaces
        .filter(|surface| surface.components.iter().any(named))
        .map(|surface| surface.id.clone())
        .collect();
    Some(PageIncident {
        id: id.to_owned(),
        title: match categories.is_empty() {
            true => title,
            false => format!("{title} ({})", categories.join(", ")),
        },
        url: Some(expected.page.page.clone()),
        surfaces,
        started: published,
        resolved: is_resolved(&text).then_some(published),
        updates: vec![(published, text)],
    })
}

const ENDED: [&str; 5] = [
    "resolved",
    "mitigated",
    "recovered",
    "restored",
    "concluded",
];
const CONTINUES: [&str; 12] = [
    "continue",
    "continues",
    "continuing",
    "ongoing",
    "investigating",
    "remain",
    "remains",
    "still",
    "monitoring",
    "working",
    "experiencing",
    "impacted",
];
/// With one of these, an ended clause does not end the incident: "not yet resolved", "once it is mitigated".
const QUALIFIED: [&str; 14] = [
    "not",
    "yet",
    "partially",
    "mostly",
    "some",
    "most",
    "majority",
    "until",
    "once",
    "when",
    "if",
    "being",
    "expect",
    "unless",
];

/// The last clause that states an end or a continuation decides: "resolved in A, continues in B" is open.
fn is_resolved(text: &str) -> bool {
    let lower = text
        .to_lowercase()
        .replace(" but ", ". ")
        .replace(" and ", ". ");
    let clauses = lower.split(['.', ';', ',', ':', '!', '\n']);
    let decisive = clauses.rev().find_map(|clause| {
        let words: Vec<&str> = clause
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
        let open = has(&CONTINUES);
        (open || has(&ENDED)).then(|| !open && !has(&QUALIFIED))
    });
    decisive.unwrap_or(false)
}

/// `Thu, 23 Jul 2026 16:29:09 Z`
fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let text = text
        .strip_suffix(" Z")
        .map_or_else(|| text.to_owned(), |rest| format!("{rest} +0000"));
    let time = DateTime::parse_from_rfc2822(&text).ok()?;
    Some(time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::is_resolved;

    #[test]
    fn the_last_clause_decides_whether_an_incident_is_over() {
        for (text, over) in [
            ("", false),
            ("The issue is now resolved.", true),
            ("We confirmed that all services are fully recovered.", true),
            ("Current status: This incident has been mitigated.", true),
            ("The issue is not yet resolved.", false),
            ("Resolved in West US, continues in East US.", false),
            (
                "We resolved it in West US and continue to work in East US.",
                false,
            ),
            ("We will report once the issue is mitigated.", false),
            ("Most customers have recovered.", false),
            ("We are investigating. The issue is resolved.", true),
            (
                "The issue is resolved. We are monitoring the services.",
                false,
            ),
            ("More information follows as it becomes available.", false),
        ] {
            assert_eq!(is_resolved(text), over, "{text}");
        }
    }
}
