//! Pages that list all incidents with their components, and no component states: a component is operational if no open
//! incident names it.

use std::collections::BTreeMap;

use catalog::{Surface, SurfaceId};
use chrono::{DateTime, TimeDelta, Utc};
use health::{Level, Page, PageIncident};

use super::level::worst;
use super::payload::Expected;

/// An open incident without an update for this long proves nothing about the present: pages leave incidents open for months.
const ABANDONED_AFTER: TimeDelta = TimeDelta::hours(72);

/// An incident, and the level of each component that it names.
pub(super) struct Declared {
    /// Its surfaces are filled in here.
    pub(super) incident: PageIncident,
    /// `None`: the page's word for the level is unknown. `Operational`: over for this component.
    pub(super) parts: Vec<(String, Option<Level>)>,
}

impl Declared {
    fn is_open(&self) -> bool {
        self.incident.resolved.is_none()
    }

    fn is_abandoned(&self, now: DateTime<Utc>) -> bool {
        let last = self.incident.updates.last().map(|(at, _)| *at);
        let last = last.unwrap_or(self.incident.started);
        self.is_open() && now - last > ABANDONED_AFTER
    }

    /// The levels that it reports for this surface. A surface without components is the entire page.
    fn levels(&self, surface: &Surface) -> impl Iterator<Item = Option<Level>> {
        let named = |id: &String| surface.components.is_empty() || surface.components.contains(id);
        self.parts
            .iter()
            .filter(move |(id, _)| named(id))
            .map(|(_, level)| *level)
    }

    fn names(&self, surface: &Surface) -> bool {
        self.levels(surface).next().is_some()
    }
}

/// The page of these incidents. Incidents of other components are left out.
pub(super) fn page(
    events: Vec<Declared>,
    expected: Expected<'_>,
    changed: Option<DateTime<Utc>>,
) -> Page {
    let surfaces = expected.surfaces.iter();
    let states = surfaces.filter_map(|surface| {
        let level = level(&events, surface, expected.at)?;
        Some((surface.id.clone(), level))
    });
    let states: BTreeMap<SurfaceId, Level> = states.collect();
    let incidents = events.into_iter().filter_map(|event| {
        let named = expected.surfaces.iter().filter(|s| event.names(s));
        let named: Vec<SurfaceId> = named.map(|surface| surface.id.clone()).collect();
        if named.is_empty() {
            return None;
        }
        let abandoned = event.is_abandoned(expected.at);
        Some(PageIncident {
            surfaces: if abandoned { Vec::new() } else { named },
            ..event.incident
        })
    });
    Page {
        incidents: incidents.collect(),
        surfaces: states,
        read_from: expected.url.to_owned(),
        incidents_only: false,
        changed,
        missing: Vec::new(),
    }
}

/// `None` while an abandoned incident names the surface: the page may be right or forgotten.
fn level(events: &[Declared], surface: &Surface, now: DateTime<Utc>) -> Option<Level> {
    let open = events.iter().filter(|event| event.is_open());
    let (abandoned, current): (Vec<_>, Vec<_>) = open
        .filter(|event| event.names(surface))
        .partition(|event| event.is_abandoned(now));
    let levels = current.iter().flat_map(|event| event.levels(surface));
    let doubt = abandoned.iter().any(|event| {
        let mut levels = event.levels(surface);
        levels.any(|level| level != Some(Level::Operational))
    });
    worst(
        levels
            .chain(doubt.then_some(None))
            .chain([Some(Level::Operational)]),
    )
}
