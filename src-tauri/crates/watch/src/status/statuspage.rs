//! Atlassian Statuspage, `/api/v2/summary.json` (<https://status.atlassian.com/api>).

use health::{Level, Page, Unreadable};
use serde::Deserialize;
use serde_json::Value;

use super::level::{Components, level};
use super::payload::{Expected, json, not_the_page};
use super::v2;

#[derive(Deserialize)]
struct Component {
    id: String,
    name: Option<String>,
    status: Option<String>,
    group: Option<bool>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = json(bytes)?;
    check_identity(&body, expected)?;
    let indicator = body
        .pointer("/status/indicator")
        .and_then(Value::as_str)
        .ok_or_else(|| not_the_page("it has no status indicator"))?;
    let components = components(&body)?;
    Ok(Page {
        surfaces: components.surfaces(expected.surfaces, from_indicator(indicator))?,
        incidents: v2::list(body.get("incidents").unwrap_or(&Value::Null), expected),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        missing: components.missing(expected.surfaces),
        changed: body
            .pointer("/page/updated_at")
            .and_then(Value::as_str)
            .and_then(|at| v2::time(&Some(at.to_owned()))),
    })
}

/// Any server can respond in the right format; only the genuine page contains its id.
pub(super) fn check_identity(body: &Value, expected: Expected<'_>) -> Result<(), Unreadable> {
    let theirs = body
        .pointer("/page/id")
        .and_then(Value::as_str)
        .ok_or_else(|| not_the_page("it has no page id"))?;
    match &expected.page.identity {
        Some(ours) if ours != theirs => Err(not_the_page(format!(
            "it is the page {theirs:?}, expected was {ours:?}"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The rows of `components[]`. A group's row repeats its members, so it is skipped.
pub(super) fn components(body: &Value) -> Result<Components, Unreadable> {
    let rows = body
        .get("components")
        .and_then(Value::as_array)
        .ok_or_else(|| not_the_page("it lists no components"))?;
    let mut components = Components::default();
    for row in rows
        .iter()
        .filter_map(|row| Component::deserialize(row).ok())
    {
        let name = row.name.as_deref().unwrap_or_default();
        if name.contains("(example)") {
            return Err(not_the_page(
                "it shows the example components of an unclaimed page",
            ));
        }
        if row.group != Some(true) && !is_signpost(name) {
            components.add(row.id, row.status.as_deref().and_then(level));
        }
    }
    Ok(components)
}

/// A row that contains only the page's address ("Visit www.githubstatus.com for more information").
fn is_signpost(name: &str) -> bool {
    name.starts_with("Visit www.")
}

/// The indicator covers all components, so it applies only to surfaces that are the entire page.
pub(super) fn from_indicator(indicator: &str) -> Option<Level> {
    match indicator {
        "none" => Some(Level::Operational),
        "maintenance" => Some(Level::Maintenance),
        "minor" => Some(Level::Degraded),
        "major" => Some(Level::PartialOutage),
        "critical" => Some(Level::MajorOutage),
        _ => None,
    }
}
