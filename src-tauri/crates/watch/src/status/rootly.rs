//! Rootly's `/api/v1/status.json` (<https://docs.rootly.com/configuration/status-page-public-api>): an indicator for the
//! entire page and the open incidents, without components. Read from the documented format; no recording was available.

use health::{Page, PageIncident, Unreadable};
use serde::Deserialize;

use super::payload::{Expected, host, json, not_the_page};
use super::plain::plain;
use super::statuspage::from_indicator;
use super::v2::{is_maintenance, is_over, time, words};

#[derive(Deserialize)]
struct Body {
    page: Named,
    status: Status,
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Named {
    url: String,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    indicator: String,
}

#[derive(Deserialize)]
struct Incident {
    id: String,
    #[serde(alias = "title")]
    name: Option<String>,
    status: Option<String>,
    #[serde(alias = "created_at")]
    started_at: String,
    resolved_at: Option<String>,
    #[serde(alias = "incident_updates")]
    updates: Option<Vec<Update>>,
}

#[derive(Deserialize)]
struct Update {
    status: Option<String>,
    #[serde(alias = "message")]
    body: Option<String>,
    created_at: Option<String>,
}

pub(super) fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Page, Unreadable> {
    let body = Body::deserialize(json(bytes)?)
        .map_err(|e| not_the_page(format!("the response is not this service's page: {e}")))?;
    let ours = host(&expected.page.page);
    if host(&body.page.url) != ours {
        return Err(not_the_page(format!(
            "it is the page of {}, expected was {ours}",
            host(&body.page.url)
        )));
    }
    let level = from_indicator(&body.status.indicator);
    let entire = expected.surfaces.iter().filter(|s| s.components.is_empty());
    Ok(Page {
        surfaces: entire
            .filter_map(|surface| Some((surface.id.clone(), level?)))
            .collect(),
        incidents: body
            .incidents
            .into_iter()
            .filter_map(|incident| incident.read(expected))
            .collect(),
        read_from: expected.url.to_owned(),
        incidents_only: false,
        changed: time(&body.page.updated_at),
        missing: Vec::new(),
    })
}

impl Incident {
    fn read(self, expected: Expected<'_>) -> Option<PageIncident> {
        let status = self.status.unwrap_or_default();
        if is_maintenance(&status) {
            return None;
        }
        let started = time(&Some(self.started_at))?;
        let updates = self.updates.unwrap_or_default().into_iter();
        let mut updates: Vec<_> = updates
            .filter_map(|update| {
                let text = words(update.status.as_deref(), update.body.as_deref());
                Some((time(&update.created_at)?, text))
            })
            .collect();
        updates.sort_by_key(|(at, _)| *at);
        let name = self
            .name
            .map(|name| plain(&name))
            .filter(|name| !name.is_empty());
        let last = updates.last().map_or(started, |(at, _)| *at);
        Some(PageIncident {
            // Incidents without a title have been seen: the first update describes them.
            title: name
                .or_else(|| Some(updates.first()?.1.clone()))
                .unwrap_or_default(),
            url: Some(expected.page.page.clone()),
            id: self.id,
            surfaces: Vec::new(),
            started,
            resolved: is_over(&status)
                .then(|| time(&self.resolved_at).unwrap_or(last).max(started)),
            updates,
        })
    }
}
