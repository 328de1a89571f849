//! What sentences about stored rows need of the state. A copy of it serves the pages, which are not made by the loop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::words::Clock;
use api::{DrainState, Spans};
use catalog::{Catalog, ProviderId};
use chrono::{DateTime, Utc};

use crate::desk::Zone;
use crate::settings::Settings;
use crate::state::State;
use crate::view::drain;

pub(crate) trait Facts {
    fn catalog(&self) -> &Catalog;
    fn settings(&self) -> &Settings;
    fn zone(&self) -> &Zone;
    /// Requests of this pipeline pass through the gateway.
    fn is_routed(&self, pipeline: &str) -> bool;

    fn product(&self, id: &ProviderId) -> String {
        let provider = self.catalog().provider(id);
        provider.map_or_else(|| id.to_string(), |p| p.product.clone())
    }

    /// Converts sentences to text, with times in the owner's zone.
    fn clock(&self, now: DateTime<Utc>) -> Clock {
        Clock::local(self.zone().offsets(), now)
    }
}

impl Facts for State {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn is_routed(&self, pipeline: &str) -> bool {
        let name = Some(pipeline.to_owned());
        self.requested_models.contains_key(&name)
    }
}

/// As of the last snapshot.
#[derive(Clone, Debug)]
pub(crate) struct PageFacts {
    catalog: Arc<Catalog>,
    settings: Arc<Settings>,
    zone: Zone,
    routed: BTreeSet<String>,
    /// What each open item of a pipeline waits for.
    drains: Arc<BTreeMap<String, (Spans, DrainState)>>,
}

impl PageFacts {
    /// `None`: the item is closed, or has no pipeline.
    pub(crate) fn drain(&self, review: &str) -> Option<&(Spans, DrainState)> {
        self.drains.get(review)
    }

    pub(crate) fn of(state: &State) -> PageFacts {
        PageFacts {
            catalog: Arc::clone(&state.catalog),
            settings: Arc::clone(&state.settings),
            zone: state.zone.clone(),
            routed: state.requested_models.keys().flatten().cloned().collect(),
            drains: Arc::new(drains(state)),
        }
    }
}

fn drains(state: &State) -> BTreeMap<String, (Spans, DrainState)> {
    let open = state.draining_items.open().iter();
    open.map(|open| (open.item.row.id.clone(), drain::sentence(open)))
        .collect()
}

impl Facts for PageFacts {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn zone(&self) -> &Zone {
        &self.zone
    }

    fn is_routed(&self, pipeline: &str) -> bool {
        self.routed.contains(pipeline)
    }
}
