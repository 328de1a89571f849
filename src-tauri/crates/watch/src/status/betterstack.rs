//! Better Stack's `/index.json` (<https://betterstack.com/docs/uptime/status-pages>), in the format of JSON:API. A monitor
//! can be down without a report. Reports stay listed after their end, and may have no `ends_at`.

use std::collections::BTreeMap;

use catalog::{Surface, SurfaceId};
use chrono::{DateTime, Utc};
use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;
use serde_json::Value;

use super::level::Components;
use super::payload::{Expected, json, not_the_page};
use super::plain::plain;
use super::v2::{surfaces_of, time};

#[derive(Deserialize)]
struct Body {
    data: Data,
    included: Vec<Included>,
}

#[derive(Deserialize)]
struct Data {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    aggregate_state: String,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Included {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    attributes: Value,
    #[serde(default)]
    relationships: Value,
}

#[derive(Deserialize)]
struct Resource {
    status: String,
}

#[derive(Deserialize)]
struct Report {
    title: Option<String>,
    report_type: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    aggregate_state: Option<String>,
    affected_resources: Option<Vec<Affected>>,
}

#[derive(Deserialize)]
struct Affected {
    status_page_resource_id: String,
}

#[derive(Deserialize)]
struct Update {
    message: Option<String>,
    published_at: Option<String>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = Body::deserialize(json(bytes)?)
        .map_err(|e| not_the_page(format!("the response is not this service's page: {e}")))?;
    if body.data.kind != "status_page" {
        return Err(not_the_page("the response is not a status page"));
    }
    let theirs = &body.data.id;
    if let Some(ours) = &expected.page.identity
        && ours != theirs
    {
        return Err(not_the_page(format!(
            "it is the page {theirs:?}, expected was {ours:?}"
        )));
    }
    let mut components = Components::default();
    let mut updates = BTreeMap::new();
    for row in &body.included {
        match &*row.kind {
            "status_page_resource" => {
                let resource = Resource::deserialize(&row.attributes)
                    .map_err(|e| not_the_page(format!("a resource cannot be read: {e}")))?;
                components.add(row.id.clone(), level(&resource.status));
            }
            "status_update" => {
                if let Ok(update) = Update::deserialize(&row.attributes)
                    && let Some(at) = time(&update.published_at)
                {
                    let text = plain(&update.message.unwrap_or_default());
                    updates.insert(row.id.as_str(), (at, text));
                }
            }
            _ => {}
        }
    }
    components.check(expected.surfaces)?;
    let entire_page = level(&body.data.attributes.aggregate_state);
    let reports = body
        .included
        .iter()
        .filter(|row| row.kind == "status_report");
    let incidents = reports.filter_map(|row| incident(row, &updates, expected));
    Ok(Page {
        surfaces: surfaces(expected.surfaces, &components, entire_page),
        incidents: incidents.collect(),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        missing: components.missing(expected.surfaces),
        changed: time(&body.data.attributes.updated_at),
    })
}

/// A surface of several monitors, such as one for each model, is down only if all of them are. A monitor that is no longer
/// listed was removed: this list is always complete.
fn surfaces(
    surfaces: &[Surface],
    components: &Components,
    entire_page: Option<Level>,
) -> BTreeMap<SurfaceId, Level> {
    let states = surfaces.iter().filter_map(|surface| {
        let listed: Vec<Option<Level>> = match surface.components.is_empty() {
            true => vec![entire_page],
            false => {
                let ids = surface.components.iter();
                ids.filter_map(|id| components.state(id)).collect()
            }
        };
        Some((surface.id.clone(), share(&listed)?))
    });
    states.collect()
}

fn share(states: &[Option<Level>]) -> Option<Level> {
    let known: Vec<Level> = states.iter().copied().flatten().collect();
    let worst = known.iter().copied().max()?;
    let ill = known.iter().filter(|level| **level >= Level::Degraded);
    match ill.count() {
        0 => (known.len() == states.len()).then_some(worst),
        ill if ill == states.len() => known.into_iter().min(),
        _ => Some(Level::Degraded),
    }
}

fn level(word: &str) -> Option<Level> {
    match word {
        "operational" => Some(Level::Operational),
        "maintenance" => Some(Level::Maintenance),
        "degraded" => Some(Level::Degraded),
        "downtime" => Some(Level::MajorOutage),
        _ => None,
    }
}

fn incident(
    row: &Included,
    updates: &BTreeMap<&str, (DateTime<Utc>, String)>,
    expected: Expected<'_>,
) -> Option<PageIncident> {
    let report = Report::deserialize(&row.attributes).ok()?;
    if report.report_type.as_deref() == Some("maintenance") {
        return None;
    }
    let started = time(&report.starts_at)?;
    let of_report = row.relationships.pointer("/status_updates/data");
    let ids = of_report.and_then(Value::as_array).into_iter().flatten();
    let mut updates: Vec<_> = ids
        .filter_map(|one| updates.get(one.get("id")?.as_str()?).cloned())
        .collect();
    updates.sort_by_key(|(at, _)| *at);
    let ends = time(&report.ends_at);
    let over = report.aggregate_state.as_deref() == Some("resolved")
        || ends.is_some_and(|end| end <= expected.at);
    let last = updates.last().map(|(at, _)| *at);
    let affected = report.affected_resources.unwrap_or_default().into_iter();
    let affected: Vec<String> = affected.map(|one| one.status_page_resource_id).collect();
    Some(PageIncident {
        id: row.id.clone(),
        title: plain(&report.title.unwrap_or_default()),
        url: Some(expected.page.page.clone()),
        surfaces: surfaces_of(expected.surfaces, &affected),
        started,
        resolved: over.then(|| ends.or(last).unwrap_or(started).max(started)),
        updates,
    })
}
