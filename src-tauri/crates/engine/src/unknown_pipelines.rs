//! Pipeline names in requests that are not in the settings: accepted, and reported with the most similar name. If the settings
//! contain no pipeline, no name is reported.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::nearest::nearest;
use crate::settings::Settings;

/// A name without a request for this long is removed.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);
/// Most names that are kept; a client that invents a name for each request gives no more information beyond that.
const MOST: usize = 16;

/// Names in recent requests, each with the time of the last request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnknownPipelines(BTreeMap<String, DateTime<Utc>>);

impl UnknownPipelines {
    pub(crate) fn seen(&mut self, now: DateTime<Utc>, name: &str, settings: &Settings) {
        let known = known(settings);
        self.0
            .retain(|name, last| now - *last < REMEMBERED && !known.contains(name.as_str()));
        if known.is_empty() || known.contains(name) {
            return;
        }
        if self.0.len() < MOST || self.0.contains_key(name) {
            self.0.insert(name.to_owned(), now);
        }
    }

    /// One sentence for each name.
    pub(crate) fn warnings(&self, settings: &Settings) -> Vec<(String, String)> {
        let names = self.0.keys();
        names
            .filter_map(|name| Some((name.clone(), warning(name, settings)?)))
            .collect()
    }
}

/// The pipeline in the settings whose name is most similar.
pub(crate) fn nearest_known(name: &str, settings: &Settings) -> Option<String> {
    nearest(name, &known(settings)).map(str::to_owned)
}

/// True if a pipeline or a route in the settings has this name.
pub(crate) fn is_known(name: &str, settings: &Settings) -> bool {
    known(settings).contains(name)
}

/// `The pipeline "leeds" is not in the settings. Did you mean "leads"?` None: the name is in the settings, or they contain no
/// pipeline.
pub(crate) fn warning(name: &str, settings: &Settings) -> Option<String> {
    let known = known(settings);
    if known.is_empty() || known.contains(name) {
        return None;
    }
    let meant = match nearest(name, &known) {
        Some(meant) => format!(" Did you mean \"{meant}\"?"),
        None => String::new(),
    };
    Some(format!(
        "The pipeline \"{name}\" is not in the settings.{meant}"
    ))
}

fn known(settings: &Settings) -> BTreeSet<&str> {
    let of_routes = settings
        .routes
        .iter()
        .filter_map(|route| route.pipeline.as_deref());
    settings
        .pipeline_names
        .iter()
        .map(String::as_str)
        .chain(of_routes)
        .collect()
}

#[cfg(test)]
mod tests;
