//! Flashduty's `/api/status-page/<id>/summary/active`: the components without states, and the open changes. A component that
//! no open change names is operational. Only the format of a healthy page was recorded; that of a change is the
//! documented one of the list of changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;
use serde_json::Value;

use super::declared::{self, Declared};
use super::level::Components;
use super::payload::{Expected, json, not_the_page};
use super::plain::plain;
use super::v2::words;

#[derive(Deserialize)]
struct Body {
    page: Named,
    active_changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Named {
    page_id: u64,
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    component_id: String,
}

#[derive(Deserialize)]
struct Change {
    change_id: Value,
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    start_at_seconds: i64,
    affected_components: Option<Vec<Value>>,
    updates: Option<Vec<Update>>,
}

#[derive(Deserialize)]
struct Update {
    at_seconds: i64,
    status: Option<String>,
    description: Option<String>,
    component_changes: Option<Vec<ComponentChange>>,
}

#[derive(Deserialize)]
struct ComponentChange {
    component_id: String,
    status: Option<String>,
}

/// Every change must be readable: a skipped one would leave its components green.
pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let mut body = json(bytes)?;
    // An error arrives with status 200 and without data.
    let data = body.get_mut("data").map(Value::take).unwrap_or_default();
    let body = Body::deserialize(data)
        .map_err(|e| not_the_page(format!("the response is not this service's page: {e}")))?;
    let theirs = body.page.page_id.to_string();
    if let Some(ours) = &expected.page.identity
        && *ours != theirs
    {
        return Err(not_the_page(format!(
            "it is the page {theirs:?}, expected was {ours:?}"
        )));
    }
    let mut components = Components::default();
    let ids: BTreeSet<String> = body
        .page
        .components
        .into_iter()
        .map(|c| c.component_id)
        .collect();
    for id in &ids {
        components.add(id.clone(), None);
    }
    // Component ids change when the page is edited.
    components.check(expected.surfaces)?;
    let incidents = body.active_changes.into_iter();
    let incidents = incidents.filter(|change| change.kind.as_deref() != Some("maintenance"));
    let events: Option<Vec<Declared>> = incidents
        .map(|change| change.read(&ids, expected))
        .collect();
    let events = events.ok_or_else(|| not_the_page("a change has no time"))?;
    Ok(Page {
        missing: components.missing(expected.surfaces),
        ..declared::page(events, expected, None)
    })
}

impl Change {
    fn read(self, listed: &BTreeSet<String>, expected: Expected<'_>) -> Option<Declared> {
        let started = DateTime::from_timestamp(self.start_at_seconds, 0)?;
        let mut updates = self.updates.unwrap_or_default();
        updates.sort_by_key(|update| update.at_seconds);
        let mut states: BTreeMap<String, Option<Level>> = BTreeMap::new();
        for row in self.affected_components.iter().flatten() {
            if let Some(id) = row.as_str().or_else(|| row.get("component_id")?.as_str()) {
                let status = row.get("status").and_then(Value::as_str);
                states.insert(id.to_owned(), status.and_then(level));
            }
        }
        for change in updates
            .iter()
            .flat_map(|u| u.component_changes.iter().flatten())
        {
            let state = change.status.as_deref().and_then(level);
            states.insert(change.component_id.clone(), state);
        }
        // An open change that affects nothing is unclassified: its components' states are unknown.
        let ill = states.values().any(|state| *state >= Some(Level::Degraded));
        if states.is_empty() {
            states = listed.iter().map(|id| (id.clone(), None)).collect();
        } else if !ill {
            states.values_mut().for_each(|state| *state = None);
        }
        let text = |update: &Update| words(update.status.as_deref(), update.description.as_deref());
        let updates: Option<Vec<(DateTime<Utc>, String)>> = updates
            .iter()
            .map(|update| {
                Some((
                    DateTime::from_timestamp(update.at_seconds, 0)?,
                    text(update),
                ))
            })
            .collect();
        Some(Declared {
            incident: PageIncident {
                id: self
                    .change_id
                    .as_str()
                    .map_or_else(|| self.change_id.to_string(), str::to_owned),
                title: plain(&self.title.unwrap_or_default()),
                url: Some(expected.page.page.clone()),
                surfaces: Vec::new(),
                started,
                resolved: None,
                updates: updates?,
            },
            parts: states.into_iter().collect(),
        })
    }
}

fn level(word: &str) -> Option<Level> {
    match word {
        "operational" => Some(Level::Operational),
        "degraded" => Some(Level::Degraded),
        "partial_outage" => Some(Level::PartialOutage),
        "full_outage" => Some(Level::MajorOutage),
        _ => None,
    }
}
