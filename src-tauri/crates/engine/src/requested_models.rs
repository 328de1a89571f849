//! The models that pipelines and applications requested: a limited number, since clients choose the names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use catalog::Dialect;

/// Maximum number of models stored per pipeline; more do not change its routing.
const MODELS_KNOWN: usize = 32;
/// Maximum number of pipelines whose models are stored: each one is shown with its order of providers.
const PIPELINES_KNOWN: usize = 128;

/// By pipeline; applications without one are under `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestedModels(BTreeMap<Option<String>, BTreeSet<(Dialect, String)>>);

impl RequestedModels {
    /// True: the entry is new.
    pub(crate) fn record(
        &mut self,
        pipeline: Option<String>,
        dialect: Dialect,
        model: &str,
    ) -> bool {
        if self.0.len() >= PIPELINES_KNOWN && !self.0.contains_key(&pipeline) {
            return false;
        }
        let models = self.0.entry(pipeline).or_default();
        models.len() < MODELS_KNOWN && models.insert((dialect, model.to_owned()))
    }
}

impl Deref for RequestedModels {
    type Target = BTreeMap<Option<String>, BTreeSet<(Dialect, String)>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_and_models_are_limited() {
        let mut requested = RequestedModels::default();
        for n in 0..20_000 {
            requested.record(Some(format!("pipeline {n}")), Dialect::OpenaiChat, "m");
            requested.record(None, Dialect::OpenaiChat, &format!("m{n}"));
        }
        assert_eq!(requested.len(), PIPELINES_KNOWN);
        assert!(
            requested
                .values()
                .all(|models| models.len() <= MODELS_KNOWN)
        );
        assert!(!requested.record(Some("pipeline 0".into()), Dialect::OpenaiChat, "m"));
        assert!(requested.record(Some("pipeline 0".into()), Dialect::OpenaiChat, "n"));
    }
}
