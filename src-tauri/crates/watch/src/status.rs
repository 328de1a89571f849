//! Parsers of status pages, one file per dialect. Pure: bytes in, a [`Page`] or the reason for its absence out.
//!
//! A 200 proves nothing: pages can be frozen, moved, challenged or faked. A parser therefore requires the page's id and at
//! least one expected component. A surface that cannot be read is missing from the [`Page`], which is neither green nor red.

mod atom;
mod incidentio_compat;
mod incidentio_native;
mod level;
mod payload;
mod plain;
mod statuspage;
mod v2;

use catalog::StatusDialect;
use health::{Page, PageIncident, Unreadable};

pub use payload::Expected;

/// Maximum number of ended incidents that are returned, newest first.
const MOST_PAST_INCIDENTS: usize = 20;

/// Parses a page's payload. `incidents` is the body of [`incidents_url`], if it was fetched. One that cannot be parsed
/// is ignored, because the components are sufficient.
pub fn read(
    dialect: StatusDialect,
    bytes: &[u8],
    incidents: Option<&[u8]>,
    expected: Expected<'_>,
) -> Result<Page, Unreadable> {
    let mut page = match dialect {
        StatusDialect::Statuspage => statuspage::read(bytes, expected),
        StatusDialect::IncidentioCompat => incidentio_compat::read(bytes, expected),
        StatusDialect::IncidentioNative => incidentio_native::read(bytes, expected),
        StatusDialect::Atom => atom::read(bytes, expected),
    }?;
    for more in incidents
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

/// Address of incidents that are missing in the payload at `url`: all those of `components.json`, and the last updates of an
/// ended incident for all formats.
pub fn incidents_url(dialect: StatusDialect, url: &str) -> Option<String> {
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
        StatusDialect::Atom => None,
    }
}

/// True if the payload contains no incidents at all.
pub fn needs_incidents(dialect: StatusDialect) -> bool {
    match dialect {
        StatusDialect::IncidentioCompat => true,
        StatusDialect::Statuspage | StatusDialect::IncidentioNative | StatusDialect::Atom => false,
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
