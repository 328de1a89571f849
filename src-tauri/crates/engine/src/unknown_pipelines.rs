//! Pipeline names in requests that are not in the settings: accepted, and reported with the most similar name. If the settings
//! contain no pipeline, no name is reported.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

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

/// The known name with the smallest edit distance, at most a third of its letters.
fn nearest<'k>(name: &str, known: &BTreeSet<&'k str>) -> Option<&'k str> {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let name = letters(name);
    let distances = known
        .iter()
        .map(|known| (distance(&name, &letters(known)), *known));
    let most = (name.len() / 3).max(1);
    let (_, nearest) = distances.filter(|(distance, _)| *distance <= most).min()?;
    Some(nearest)
}

/// Levenshtein, V. (1966): insertions, deletions and substitutions from one to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
