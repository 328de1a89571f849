//! Incidents in the format of Statuspage's API v2 (`incidents[]` of summary.json and incidents.json). incident.io
//! serves it with gaps: no components, no `started_at`, no `resolved_at` while open. Only the id and the name are
//! certain.

use catalog::{Surface, SurfaceId};
use chrono::{DateTime, Utc};
use health::PageIncident;
use serde::Deserialize;
use serde_json::Value;

use super::payload::{Expected, json};
use super::plain::plain;

#[derive(Deserialize)]
struct Incident {
    id: String,
    name: String,
    status: Option<String>,
    impact: Option<String>,
    shortlink: Option<String>,
    created_at: Option<String>,
    started_at: Option<String>,
    updated_at: Option<String>,
    resolved_at: Option<String>,
    incident_updates: Option<Vec<Update>>,
    components: Option<Vec<Mirrored>>,
}

#[derive(Deserialize)]
struct Update {
    status: Option<String>,
    body: Option<String>,
    display_at: Option<String>,
    created_at: Option<String>,
    affected_components: Option<Vec<Affected>>,
}

#[derive(Deserialize)]
struct Affected {
    /// The component's id, under another name.
    code: Option<String>,
    old_status: Option<String>,
    new_status: Option<String>,
}

/// The component's present state, not its state at the time of the update.
#[derive(Deserialize)]
struct Mirrored {
    id: Option<String>,
    status: Option<String>,
}

/// The incidents of an `incidents.json`; `None` if it is another file, or belongs to another page.
pub(super) fn incidents(bytes: &[u8], expected: Expected<'_>) -> Option<Vec<PageIncident>> {
    let body = json(bytes).ok()?;
    let theirs = body.pointer("/page/id").and_then(Value::as_str);
    if let (Some(theirs), Some(ours)) = (theirs, &expected.page.identity)
        && theirs != ours
    {
        return None;
    }
    Some(list(body.get("incidents")?, expected))
}

/// All readable items. Incidents without a date and planned maintenance are excluded.
pub(super) fn list(items: &Value, expected: Expected<'_>) -> Vec<PageIncident> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Incident::deserialize(item).ok())
        .filter_map(|incident| incident.read(expected))
        .collect()
}

impl Incident {
    fn read(self, expected: Expected<'_>) -> Option<PageIncident> {
        let status = self.status.as_deref().unwrap_or_default();
        if self.impact.as_deref() == Some("maintenance") || is_maintenance(status) {
            return None;
        }
        let updates = self.incident_updates.unwrap_or_default();
        let named = named_components(&updates, &self.components.unwrap_or_default());
        let mut dated_updates: Vec<_> = updates
            .iter()
            .filter_map(|update| {
                let at = time(&update.display_at).or_else(|| time(&update.created_at))?;
                Some((at, words(update.status.as_deref(), update.body.as_deref())))
            })
            .collect();
        dated_updates.sort_by_key(|(at, _)| *at);

        let resolved = is_over(status)
            .then(|| {
                time(&self.resolved_at)
                    .or_else(|| dated_updates.last().map(|(at, _)| *at))
                    .or_else(|| time(&self.updated_at))
            })
            .flatten();
        // Backfilled incidents have been seen with a start after their end.
        let started = time(&self.started_at)
            .or_else(|| time(&self.created_at))
            .or_else(|| dated_updates.first().map(|(at, _)| *at))
            .into_iter()
            .chain(resolved)
            .min()?;
        let url = self.shortlink.unwrap_or_else(|| {
            format!(
                "{}/incidents/{}",
                expected.page.page.trim_end_matches('/'),
                self.id
            )
        });
        Some(PageIncident {
            id: self.id,
            title: plain(&self.name),
            url: Some(url),
            surfaces: surfaces_of(expected.surfaces, &named),
            started,
            resolved,
            updates: dated_updates,
        })
    }
}

/// Component ids that the incident affects. Updates also list unaffected components (operational before and after).
fn named_components(updates: &[Update], mirrored: &[Mirrored]) -> Vec<String> {
    let ill = |status: &Option<String>| status.as_deref().is_some_and(|s| s != "operational");
    let touched: Vec<String> = updates
        .iter()
        .flat_map(|update| update.affected_components.iter().flatten())
        .filter(|affected| ill(&affected.old_status) || ill(&affected.new_status))
        .filter_map(|affected| affected.code.clone())
        .collect();
    if !touched.is_empty() {
        return touched;
    }
    let any_ill = mirrored.iter().any(|component| ill(&component.status));
    mirrored
        .iter()
        .filter(|component| !any_ill || ill(&component.status))
        .filter_map(|component| component.id.clone())
        .collect()
}

pub(super) fn surfaces_of(surfaces: &[Surface], components: &[String]) -> Vec<SurfaceId> {
    surfaces
        .iter()
        .filter(|surface| surface.components.iter().any(|id| components.contains(id)))
        .map(|surface| surface.id.clone())
        .collect()
}

pub(super) fn is_over(status: &str) -> bool {
    matches!(status, "resolved" | "postmortem")
}

/// Statuses of planned work, at Statuspage and at incident.io.
pub(super) fn is_maintenance(status: &str) -> bool {
    matches!(
        status,
        "scheduled" | "in_progress" | "verifying" | "completed"
    ) || status.starts_with("maintenance_")
}

/// "Identified: We have found the cause." A page may leave out either part.
pub(super) fn words(status: Option<&str>, body: Option<&str>) -> String {
    let status = status.map(sentence_case).unwrap_or_default();
    let body = plain(body.unwrap_or_default());
    match (status.is_empty(), body.is_empty()) {
        (_, true) => status,
        (true, false) => body,
        (false, false) => format!("{status}: {body}"),
    }
}

fn sentence_case(word: &str) -> String {
    let word = plain(&word.replace('_', " "));
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

pub(super) fn time(text: &Option<String>) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text.as_deref()?).ok()?;
    Some(time.with_timezone(&Utc))
}
