//! The scope of requests in the settings.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{EndpointId, Provider};
use gateway::Scope;
use toml::Spanned;

use super::file::{self, MayGoTo, MayGoToWord};
use super::reading::Reading;

impl Reading<'_> {
    pub(super) fn scope(
        &mut self,
        written: Option<&Spanned<MayGoTo>>,
        own: &[Provider],
    ) -> Option<Scope> {
        let written = written?;
        let endpoints = match written.get_ref() {
            // The default without a setting.
            MayGoTo::Word(MayGoToWord::Named) => return None,
            MayGoTo::Word(MayGoToWord::SameVendor) => return Some(Scope::SameVendor),
            MayGoTo::Word(MayGoToWord::Any) => return Some(Scope::Any),
            MayGoTo::Endpoints(endpoints) => endpoints,
        };
        let mut allowed = BTreeSet::new();
        for id in endpoints {
            let id = EndpointId::new(id);
            if !self.is_endpoint(&id, own) {
                let known = self.endpoint_ids(own);
                self.err(
                    written,
                    format!("there is no endpoint \"{id}\"; known are {known}"),
                );
            }
            allowed.insert(id);
        }
        Some(Scope::Endpoints(allowed))
    }

    pub(super) fn pipeline_scopes(
        &mut self,
        pipelines: &[file::Pipeline],
        own: &[Provider],
    ) -> BTreeMap<String, Scope> {
        let mut scopes = BTreeMap::new();
        for pipeline in pipelines {
            if let Some(scope) = self.scope(pipeline.may_go_to.as_ref(), own) {
                scopes.insert(pipeline.name.clone(), scope);
            }
        }
        scopes
    }
}
