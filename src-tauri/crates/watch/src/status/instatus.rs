//! Instatus: `/summary.json` for the page and its open incidents, `/v2/components.json` for the components.

use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;

use super::level::Components;
use super::payload::{Expected, host, json, not_the_page};
use super::plain::plain;
use super::v2::{time, words};

#[derive(Deserialize)]
struct Summary {
    page: Named,
    #[serde(rename = "activeIncidents")]
    incidents: Option<Vec<Incident>>,
}

#[derive(Deserialize)]
struct Named {
    url: String,
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    id: String,
    name: Option<String>,
    started: String,
    status: Option<String>,
    url: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct List {
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    id: String,
    status: Option<String>,
}

/// `list`: the components, if they were fetched. Without them, only a surface that is the entire page has a state.
pub(super) fn read(
    bytes: &[u8],
    list: Option<&[u8]>,
    expected: Expected<'_>,
) -> Result<Page, Unreadable> {
    let summary = Summary::deserialize(json(bytes)?)
        .map_err(|e| not_the_page(format!("the response is not this service's page: {e}")))?;
    let ours = host(&expected.page.page);
    if host(&summary.page.url) != ours {
        return Err(not_the_page(format!(
            "it is the page of {}, expected was {ours}",
            host(&summary.page.url)
        )));
    }
    let entire_page = level(&summary.page.status);
    let list = list.and_then(|bytes| List::deserialize(json(bytes).ok()?).ok());
    let mut missing = Vec::new();
    let surfaces = match list {
        Some(list) => {
            let mut components = Components::default();
            for row in list.components {
                components.add(row.id, row.status.as_deref().and_then(level));
            }
            missing = components.missing(expected.surfaces);
            components.surfaces(expected.surfaces, entire_page)?
        }
        None => {
            let entire = expected.surfaces.iter().filter(|s| s.components.is_empty());
            entire
                .filter_map(|surface| Some((surface.id.clone(), entire_page?)))
                .collect()
        }
    };
    let incidents = summary.incidents.unwrap_or_default();
    let changed = incidents.iter().filter_map(|i| time(&i.updated_at)).max();
    let incidents: Option<Vec<PageIncident>> = incidents.into_iter().map(Incident::read).collect();
    Ok(Page {
        surfaces,
        incidents: incidents.ok_or_else(|| not_the_page("an incident has no time"))?,
        read_from: expected.url.to_owned(),
        incidents_only: false,
        changed,
        missing,
    })
}

impl Incident {
    /// Only open incidents are listed, without their components.
    fn read(self) -> Option<PageIncident> {
        let started = time(&Some(self.started))?;
        let status = self.status.map(|status| status.to_lowercase());
        Some(PageIncident {
            id: self.id,
            title: plain(&self.name.unwrap_or_default()),
            url: self.url,
            surfaces: Vec::new(),
            started,
            resolved: None,
            updates: vec![(
                time(&self.updated_at).unwrap_or(started),
                words(status.as_deref(), None),
            )],
        })
    }
}

/// The words of components, and those of a page, which add how many components are affected.
fn level(word: &str) -> Option<Level> {
    let of_one = ["ONE", "SOME", "ALL"]
        .iter()
        .find_map(|count| word.strip_prefix(count))
        .unwrap_or(word);
    match of_one {
        "UP" | "OPERATIONAL" => (of_one == word).then_some(Level::Operational),
        "UNDERMAINTENANCE" => Some(Level::Maintenance),
        "HASISSUES" | "DEGRADEDPERFORMANCE" => Some(Level::Degraded),
        "PARTIALOUTAGE" | "MINOROUTAGE" => Some(Level::PartialOutage),
        "MAJOROUTAGE" => Some(Level::MajorOutage),
        _ => None,
    }
}
