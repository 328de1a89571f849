//! The incident list of Google's status dashboards (`/incidents.json`, with a schema at `/incidents.schema.json`): an array
//! of all incidents of years, of all products. An incident is open without `end`; the state of its last update may
//! contradict that, and `created` may be after `end`.

use chrono::{DateTime, Utc};
use health::{Level, Page, PageIncident, Unreadable};
use serde::Deserialize;

use super::declared::{self, Declared};
use super::payload::{Expected, not_the_page};
use super::plain::plain;
use super::v2::{time, words};

#[derive(Deserialize)]
struct Incident {
    id: String,
    begin: String,
    end: Option<String>,
    modified: Option<String>,
    external_desc: Option<String>,
    updates: Option<Vec<Update>>,
    status_impact: Option<String>,
    affected_products: Option<Vec<Product>>,
    service_key: Option<String>,
    service_name: Option<String>,
    uri: Option<String>,
}

#[derive(Deserialize)]
struct Update {
    when: Option<String>,
    created: Option<String>,
    text: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Product {
    id: String,
}

/// Every incident must be readable: a skipped one would leave its product green.
pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let incidents: Vec<Incident> = serde_json::from_slice(bytes)
        .map_err(|e| not_the_page(format!("the response is not the list of incidents: {e}")))?;
    if incidents.is_empty() {
        return Err(not_the_page(
            "it lists no incidents; the genuine list keeps those of years",
        ));
    }
    let changed = incidents.iter().filter_map(|i| time(&i.modified)).max();
    let events: Option<Vec<Declared>> = incidents
        .into_iter()
        .map(|incident| incident.read(expected))
        .collect();
    let events = events.ok_or_else(|| not_the_page("an incident has no time or no product"))?;
    Ok(declared::page(events, expected, changed))
}

impl Incident {
    fn read(self, expected: Expected<'_>) -> Option<Declared> {
        let begin = time(&Some(self.begin))?;
        let resolved = match &self.end {
            None => None,
            Some(_) => Some(time(&self.end)?),
        };
        let products = self.affected_products.unwrap_or_default();
        let mut ids: Vec<String> = products.into_iter().map(|product| product.id).collect();
        ids.extend(self.service_key);
        if ids.is_empty() {
            return None;
        }
        let level = self.status_impact.as_deref().and_then(level);
        let mut updates: Vec<(DateTime<Utc>, String)> = self
            .updates
            .unwrap_or_default()
            .into_iter()
            .filter_map(|update| {
                let at = time(&update.when).or_else(|| time(&update.created))?;
                let status = update.status.map(|status| status.to_lowercase());
                Some((at, words(status.as_deref(), update.text.as_deref())))
            })
            .collect();
        updates.sort_by_key(|(at, _)| *at);
        let text = self.external_desc.unwrap_or_default();
        let title = text.lines().map(plain).find(|line| !line.is_empty());
        let base = expected.page.page.trim_end_matches('/');
        Some(Declared {
            incident: PageIncident {
                title: title.or(self.service_name).unwrap_or_default(),
                url: self
                    .uri
                    .map(|uri| format!("{base}/{}", uri.trim_start_matches('/'))),
                id: self.id,
                surfaces: Vec::new(),
                started: resolved.map_or(begin, |end| end.min(begin)),
                resolved,
                updates,
            },
            parts: ids.into_iter().map(|id| (id, level)).collect(),
        })
    }
}

/// An incident of the lowest class may still be one in which all requests fail.
fn level(impact: &str) -> Option<Level> {
    match impact {
        "SERVICE_INFORMATION" => Some(Level::Degraded),
        "SERVICE_DISRUPTION" => Some(Level::PartialOutage),
        "SERVICE_OUTAGE" => Some(Level::MajorOutage),
        _ => None,
    }
}
