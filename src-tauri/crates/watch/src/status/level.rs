use std::collections::BTreeMap;

use catalog::{Surface, SurfaceId};
use health::{Level, Unreadable};

use super::payload::not_the_page;

/// A component's state from the page's text. `None`: an unknown text, which counts as no reading.
pub(super) fn level(word: &str) -> Option<Level> {
    match word {
        "operational" => Some(Level::Operational),
        "under_maintenance" => Some(Level::Maintenance),
        "degraded_performance" => Some(Level::Degraded),
        "partial_outage" => Some(Level::PartialOutage),
        // Statuspage uses `major_outage`, incident.io `full_outage`.
        "major_outage" | "full_outage" => Some(Level::MajorOutage),
        _ => None,
    }
}

/// Component id → its state. Components that the page does not list are not in it.
#[derive(Debug, Default)]
pub(super) struct Components(BTreeMap<String, Option<Level>>);

impl Components {
    /// Of two rows with one id the worse state applies. An unknown state is not replaced by a good one.
    pub(super) fn add(&mut self, id: String, state: Option<Level>) {
        self.0
            .entry(id)
            .and_modify(|known| *known = worst([*known, state]))
            .or_insert(state);
    }

    pub(super) fn lists(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// The state of all components together.
    pub(super) fn entire_page(&self) -> Option<Level> {
        worst(self.0.values().copied())
    }

    /// At least one component of the catalogue must be listed.
    pub(super) fn check(&self, surfaces: &[Surface]) -> Result<(), Unreadable> {
        let expected = surfaces.iter().flat_map(|surface| &surface.components);
        if expected.clone().next().is_some() && !expected.clone().any(|id| self.lists(id)) {
            return Err(not_the_page(format!(
                "none of the {} expected components is on it",
                expected.count()
            )));
        }
        Ok(())
    }

    /// The components of the catalogue that are not listed.
    pub(super) fn missing(&self, surfaces: &[Surface]) -> Vec<String> {
        let expected = surfaces.iter().flat_map(|surface| &surface.components);
        expected.filter(|id| !self.lists(id)).cloned().collect()
    }

    /// The state of one component: `None` if it is not listed, `Some(None)` if its state is unknown.
    pub(super) fn state(&self, id: &str) -> Option<Option<Level>> {
        self.0.get(id).copied()
    }

    /// Reduced to the catalogue's surfaces. `entire_page` is the state of those that name no component.
    pub(super) fn surfaces(
        &self,
        surfaces: &[Surface],
        entire_page: Option<Level>,
    ) -> Result<BTreeMap<SurfaceId, Level>, Unreadable> {
        self.check(surfaces)?;
        Ok(surfaces
            .iter()
            .filter_map(|surface| {
                let state = if surface.components.is_empty() {
                    entire_page
                } else {
                    worst(
                        surface
                            .components
                            .iter()
                            .map(|id| self.0.get(id).copied().flatten()),
                    )
                };
                Some((surface.id.clone(), state?))
            })
            .collect())
    }
}

/// The worst of some states. The result is "operational" only if every state is known.
pub(super) fn worst(states: impl IntoIterator<Item = Option<Level>>) -> Option<Level> {
    let (mut worst, mut all_known) = (None, true);
    for state in states {
        all_known &= state.is_some();
        worst = worst.max(state);
    }
    worst.filter(|level| all_known || *level > Level::Operational)
}
