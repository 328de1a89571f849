//! Parsers of status pages, one file per dialect. Pure: bytes in, a [`Page`] or the reason for its absence out.
//!
//! A 200 proves nothing: pages can be frozen, moved, challenged or faked. A parser therefore requires the page's id and at
//! least one expected component. A surface that cannot be read is missing from the [`Page`], which is neither green nor red.

mod atom;
mod aws;
mod azure;
mod betterstack;
mod datadog;
mod declared;
mod feed;
mod flashduty;
mod google;
mod incidentio_compat;
mod incidentio_native;
mod instatus;
mod level;
mod payload;
mod plain;
mod recognise;
mod rootly;
mod statuspage;
mod v2;
mod xai;

use catalog::StatusDialect;
use health::{Page, PageIncident, Unreadable};

pub use payload::Expected;
pub use recognise::dialect_instead;

/// Maximum number of ended incidents that are returned, newest first.
const MOST_PAST_INCIDENTS: usize = 20;

/// Parses a page's payload. `more` is the body of [`more_url`], if it was fetched. One that cannot be parsed is ignored, because
/// the first one is sufficient.
pub fn read(
    dialect: StatusDialect,
    bytes: &[u8],
    more: Option<&[u8]>,
    expected: Expected<'_>,
) -> Result<Page, Unreadable> {
    let read = match dialect {
        StatusDialect::Statuspage => statuspage::read(bytes, expected),
        StatusDialect::IncidentioCompat => incidentio_compat::read(bytes, expected),
        StatusDialect::IncidentioNative => incidentio_native::read(bytes, expected),
        StatusDialect::Atom => atom::read(bytes, expected),
        StatusDialect::GoogleIncidents => google::read(bytes, expected),
        StatusDialect::AwsEvents => aws::read(bytes, expected),
        StatusDialect::AzureFeed => azure::read(bytes, expected),
        StatusDialect::BetterStack => betterstack::read(bytes, expected),
        StatusDialect::Instatus => instatus::read(bytes, more, expected),
        StatusDialect::Datadog => datadog::read(bytes, expected),
        StatusDialect::XaiFeed => xai::read(bytes, expected),
        StatusDialect::Flashduty => flashduty::read(bytes, expected),
        StatusDialect::Rootly => rootly::read(bytes, expected),
    };
    let mut page = read.map_err(|why| moved(why, dialect, bytes))?;
    for more in more
        .and_then(|bytes| v2::incidents(bytes, expected))
        .unwrap_or_default()
    {
        if page.incidents.iter().all(|known| known.id != more.id) {
            page.incidents.push(more);
        }
    }
    page.incidents = newest(page.incidents);
    Ok(page)
}

/// A payload of another service: the page moved, which the owner can correct.
fn moved(why: Unreadable, dialect: StatusDialect, bytes: &[u8]) -> Unreadable {
    match (why, recognise::dialect_of_payload(bytes)) {
        (Unreadable::NotThePage(why), Some(theirs)) if theirs != dialect => {
            Unreadable::NotThePage(format!(
                "{why}; its format is that of {}, expected was {}",
                theirs.name(),
                dialect.name()
            ))
        }
        (why, _) => why,
    }
}

/// Address of what is missing in the payload at `url`: the incidents of `components.json`, the last updates of an ended
/// incident, or the components of a summary.
pub fn more_url(dialect: StatusDialect, url: &str) -> Option<String> {
    match dialect {
        StatusDialect::Statuspage | StatusDialect::IncidentioCompat => {
            let (folder, _) = url.rsplit_once('/')?;
            Some(format!("{folder}/incidents.json"))
        }
        StatusDialect::IncidentioNative => {
            let after_scheme = url.find("://")? + 3;
            let path = url[after_scheme..].find('/')? + after_scheme;
            Some(format!("{}/api/v2/incidents.json", &url[..path]))
        }
        StatusDialect::Instatus => {
            let (folder, _) = url.rsplit_once('/')?;
            Some(format!("{folder}/v2/components.json"))
        }
        StatusDialect::Atom
        | StatusDialect::GoogleIncidents
        | StatusDialect::AwsEvents
        | StatusDialect::AzureFeed
        | StatusDialect::BetterStack
        | StatusDialect::Datadog
        | StatusDialect::XaiFeed
        | StatusDialect::Flashduty
        | StatusDialect::Rootly => None,
    }
}

/// True if the payload of each reading is incomplete without [`more_url`].
pub fn needs_more(dialect: StatusDialect) -> bool {
    matches!(
        dialect,
        StatusDialect::IncidentioCompat | StatusDialect::Instatus
    )
}

/// True if an incident has one text that is replaced, so that the earlier ones are lost.
pub fn replaces_texts(dialect: StatusDialect) -> bool {
    dialect == StatusDialect::AzureFeed
}

/// True if the states are those of monitors without a person: one that is down without an incident counts from the second reading on.
pub fn flaps(dialect: StatusDialect) -> bool {
    dialect == StatusDialect::BetterStack
}

/// The largest payload in bytes, after decompression: a few times the largest known one.
pub fn largest(dialect: StatusDialect) -> usize {
    match dialect {
        // 1.35 MB with the incidents of a year.
        StatusDialect::GoogleIncidents => 4 << 20,
        // 226 KB for two events.
        StatusDialect::AwsEvents => 2 << 20,
        // A page of hundreds of data centres; 90 days of each monitor.
        StatusDialect::Statuspage | StatusDialect::BetterStack => 768 << 10,
        StatusDialect::IncidentioCompat
        | StatusDialect::IncidentioNative
        | StatusDialect::Atom
        | StatusDialect::AzureFeed
        | StatusDialect::Instatus
        | StatusDialect::Datadog
        | StatusDialect::XaiFeed
        | StatusDialect::Flashduty
        | StatusDialect::Rootly => 512 << 10,
    }
}

fn newest(mut incidents: Vec<PageIncident>) -> Vec<PageIncident> {
    incidents.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.id.cmp(&b.id)));
    let mut past = 0;
    incidents.retain(|incident| {
        past += usize::from(incident.resolved.is_some());
        incident.resolved.is_none() || past <= MOST_PAST_INCIDENTS
    });
    incidents
}

#[cfg(test)]
mod tests;
