//! Label values that clients choose: each set of names has a limit, beyond which a name counts as "other".

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use catalog::{Catalog, Model};

const OTHER: &str = "other";
/// Names of a kind that have a label of their own.
const MOST: usize = 50;
/// Characters of a name.
const LONGEST: usize = 100;

/// Names in the order in which they come.
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

/// The catalogue's models by their id there, whatever their date; others as [`Names`].
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
