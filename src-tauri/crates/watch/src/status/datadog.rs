//! Datadog Status Pages, `/config.json`: components in groups, and all incidents. Incidents may be written days after their
//! end; their times are those that the page states.

use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;

use super::level::Components;
use super::payload::{Expected, json, not_the_page};
use super::plain::plain;
use super::v2::{surfaces_of, time, words};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    id: String,
    domain_prefix: String,
    components: Vec<Component>,
    incidents: Option<Vec<Incident>>,
}

#[derive(Deserialize)]
struct Component {
    id: String,
    status: Option<String>,
    components: Option<Vec<Component>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    id: String,
    title: Option<String>,
    resolved: Option<bool>,
    current_status: Option<String>,
    published_date: String,
    resolved_date: Option<String>,
    last_modified_at: Option<String>,
    components_affected: Option<Vec<Component>>,
    timeline: Option<Vec<Update>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    status: Option<String>,
    description: Option<String>,
    started_at: Option<String>,
    components_affected: Option<Vec<Component>>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = Body::deserialize(json(bytes)?)
        .map_err(|e| not_the_page(format!("the response is not this service's page: {e}")))?;
    if let Some(ours) = &expected.page.identity
        && *ours != body.id
    {
        return Err(not_the_page(format!(
            "it is the page {:?} ({}), expected was {ours:?}",
            body.id, body.domain_prefix
        )));
    }
    let mut components = Components::default();
    add(&mut components, body.components);
    let incidents = body.incidents.unwrap_or_default();
    let changed = incidents
        .iter()
        .filter_map(|i| time(&i.last_modified_at))
        .max();
    let incidents = incidents.into_iter().filter_map(|i| i.read(expected));
    Ok(Page {
        surfaces: components.surfaces(expected.surfaces, components.entire_page())?,
        incidents: incidents.collect(),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        missing: components.missing(expected.surfaces),
        changed,
    })
}

/// A group has no state of its own.
fn add(components: &mut Components, rows: Vec<Component>) {
    for row in rows {
        match row.components {
            Some(members) => add(components, members),
            None => components.add(row.id, row.status.as_deref().and_then(level)),
        }
    }
}

fn level(word: &str) -> Option<Level> {
    match word {
        "operational" => Some(Level::Operational),
        "maintenance" => Some(Level::Maintenance),
        "degraded" => Some(Level::Degraded),
        "partial_outage" => Some(Level::PartialOutage),
        "major_outage" => Some(Level::MajorOutage),
        _ => None,
    }
}

impl Incident {
    fn read(self, expected: Expected<'_>) -> Option<PageIncident> {
        let published = time(&Some(self.published_date))?;
        let timeline = self.timeline.unwrap_or_default();
        let affected = timeline.iter().flat_map(|u| u.components_affected.iter());
        let affected = affected.chain(&self.components_affected).flatten();
        let affected: Vec<String> = affected.map(|one| one.id.clone()).collect();
        let mut updates: Vec<_> = timeline
            .into_iter()
            .filter_map(|update| {
                let at = time(&update.started_at)?;
                Some((
                    at,
                    words(update.status.as_deref(), update.description.as_deref()),
                ))
            })
            .collect();
        updates.sort_by_key(|(at, _)| *at);
        let over =
            self.resolved == Some(true) || self.current_status.as_deref() == Some("resolved");
        let first = updates.first().map_or(published, |(at, _)| *at);
        let last = updates.last().map_or(published, |(at, _)| *at);
        let started = first.min(published);
        Some(PageIncident {
            url: Some(format!(
                "{}/incidents/{}",
                expected.page.page.trim_end_matches('/'),
                self.id
            )),
            id: self.id,
            title: plain(&self.title.unwrap_or_default()),
            surfaces: surfaces_of(expected.surfaces, &affected),
            started,
            resolved: over.then(|| time(&self.resolved_date).unwrap_or(last).max(started)),
            updates,
        })
    }
}
