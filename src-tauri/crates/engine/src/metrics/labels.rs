//! Label values from clients: each set of names has a limit, and further names count as "other".

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use catalog::{Catalog, Model};

const OTHER: &str = "other";
/// Maximum number of names with a separate label.
const MOST: usize = 50;
/// Maximum number of characters in a name.
const LONGEST: usize = 100;

/// Names in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeSet<String>>);

impl Names {
    pub(super) fn label(&self, name: &str) -> String {
        let name: String = name.chars().take(LONGEST).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&name) || known.len() < MOST {
            known.insert(name.clone());
            name
        } else {
            OTHER.to_owned()
        }
    }
}

/// Models of the catalogue by their id, without the date; other models as [`Names`].
#[derive(Debug, Default)]
pub(super) struct Models(Names);

impl Models {
    pub(super) fn label(&self, catalog: &Catalog, name: &str) -> String {
        let mut providers = catalog.providers().iter();
        let known = providers.find_map(|provider| Model::known(&provider.models, name));
        match known {
            Some(model) => model.id.to_string(),
            None if name.is_empty() => String::new(),
            None => self.0.label(name),
        }
    }
}
