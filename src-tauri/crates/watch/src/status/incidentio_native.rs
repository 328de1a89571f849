//! incident.io's own `/proxy/<host>`, which its status pages use. It is not documented; the format is the one that
//! status.openai.com served in 2026. A component that `affected_components` does not name is operational.

use std::collections::BTreeMap;

use health::{Page, PageIncident, Unreadable};
use serde::Deserialize;
use serde_json::Value;

use super::level::{Components, level};
use super::payload::{Expected, json, not_the_page};
use super::v2::{is_maintenance, is_over, surfaces_of, time, words};

#[derive(Deserialize)]
struct Affected {
    component_id: String,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Incident {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    published_at: Option<String>,
    created_at: Option<String>,
    affected_components: Option<Vec<Affected>>,
    component_impacts: Option<Vec<Affected>>,
    updates: Option<Vec<Update>>,
}

#[derive(Deserialize)]
struct Update {
    status: Option<String>,
    to_status: Option<String>,
    message_string: Option<String>,
    published_at: Option<String>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = json(bytes)?;
    let summary = body
        .get("summary")
        .ok_or_else(|| not_the_page("it has no summary"))?;
    let listed = listed(summary);
    check_identity(summary, &listed, expected)?;
    let affected = affected(summary)?;

    let mut components = Components::default();
    for id in listed.keys() {
        components.add(id.clone(), Some(health::Level::Operational));
    }
    for row in affected {
        components.add(row.component_id, row.status.as_deref().and_then(level));
    }
    // Without a list of components, no component counts as unaffected.
    let entire_page = components.entire_page().filter(|_| !listed.is_empty());
    let ongoing = summary.get("ongoing_incidents").and_then(Value::as_array);
    Ok(Page {
        surfaces: components.surfaces(expected.surfaces, entire_page)?,
        incidents: ongoing
            .into_iter()
            .flatten()
            .filter_map(|item| Incident::deserialize(item).ok())
            .filter_map(|incident| incident.read(expected))
            .collect(),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        missing: components.missing(expected.surfaces),
        changed: None,
    })
}

/// Component id → the page that it names, from `structure.items[]` and, where the page has no groups, `components[]`.
fn listed(summary: &Value) -> BTreeMap<String, Option<String>> {
    let items = |path| {
        summary
            .pointer(path)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let grouped = items("/structure/items").flat_map(|item| {
        let members = item.pointer("/group/components").and_then(Value::as_array);
        members
            .into_iter()
            .flatten()
            .chain(item.get("component"))
            .filter_map(|row| Some((text(row, "component_id")?, None)))
    });
    let flat = items("/components")
        .filter_map(|row| Some((text(row, "id")?, text(row, "status_page_id"))));
    grouped.chain(flat).collect()
}

fn check_identity(
    summary: &Value,
    listed: &BTreeMap<String, Option<String>>,
    expected: Expected<'_>,
) -> Result<(), Unreadable> {
    let Some(ours) = &expected.page.identity else {
        return Ok(());
    };
    let theirs = text(summary, "id");
    if theirs.as_ref() == Some(ours) || listed.values().flatten().any(|page| page == ours) {
        return Ok(());
    }
    Err(not_the_page(format!(
        "it is the page {:?}, expected was {ours:?}",
        theirs.unwrap_or_default()
    )))
}

/// Every row must be readable: a skipped row would leave its component green.
fn affected(summary: &Value) -> Result<Vec<Affected>, Unreadable> {
    match summary.get("affected_components") {
        Some(Value::Null) => Ok(Vec::new()),
        Some(rows) => Vec::deserialize(rows)
            .map_err(|e| not_the_page(format!("its affected components cannot be read: {e}"))),
        None => Err(not_the_page(
            "it does not say which components are affected",
        )),
    }
}

impl Incident {
    fn read(self, expected: Expected<'_>) -> Option<PageIncident> {
        let status = self.status.as_deref().unwrap_or_default();
        if self.kind.as_deref() == Some("maintenance") || is_maintenance(status) {
            return None;
        }
        let named: Vec<String> = self
            .affected_components
            .into_iter()
            .chain(self.component_impacts)
            .flatten()
            .map(|row| row.component_id)
            .collect();
        let mut updates: Vec<_> = self
            .updates
            .into_iter()
            .flatten()
            .filter_map(|update| {
                let status = update.to_status.as_deref().or(update.status.as_deref());
                let at = time(&update.published_at)?;
                Some((at, words(status, update.message_string.as_deref())))
            })
            .collect();
        updates.sort_by_key(|(at, _)| *at);
        let started = time(&self.published_at)
            .or_else(|| time(&self.created_at))
            .or_else(|| updates.first().map(|(at, _)| *at))?;
        Some(PageIncident {
            url: Some(format!(
                "{}/incidents/{}",
                expected.page.page.trim_end_matches('/'),
                self.id
            )),
            id: self.id,
            title: super::plain::plain(&self.name),
            surfaces: surfaces_of(expected.surfaces, &named),
            started,
            resolved: is_over(status)
                .then(|| updates.last().map(|(at, _)| *at))
                .flatten(),
            updates,
        })
    }
}

fn text(row: &Value, field: &str) -> Option<String> {
    Some(row.get(field)?.as_str()?.to_owned())
}
