//! `[equivalents]`: the owner's choice of which model can replace which.

use std::collections::BTreeMap;

use catalog::{EndpointId, Equivalent, Likeness, ModelId, Provider, REHEARSAL};
use toml::Spanned;

use super::reading::Reading;

impl Reading<'_> {
    pub(super) fn equivalents(
        &mut self,
        written: BTreeMap<String, BTreeMap<String, Spanned<String>>>,
        own: &[Provider],
    ) -> BTreeMap<EndpointId, Vec<Equivalent>> {
        let mut equivalents: BTreeMap<EndpointId, Vec<Equivalent>> = BTreeMap::new();
        for (of, models) in written {
            for (endpoint, model) in models {
                self.is_fallback(&endpoint, &model, own);
                let id = EndpointId::new(&endpoint);
                equivalents.entry(id).or_default().push(Equivalent {
                    of: of.trim().to_owned(),
                    model: ModelId::new(model.get_ref().trim()),
                    likeness: Likeness::Owners,
                });
            }
        }
        equivalents
    }

    fn is_fallback(&mut self, endpoint: &str, model: &Spanned<String>, own: &[Provider]) {
        let id = EndpointId::new(endpoint);
        let mine = || own.iter().flat_map(|p| &p.endpoints).any(|e| e.id == id);
        if endpoint == REHEARSAL {
            self.err(
                model,
                "the rehearsal is never a fallback for a real provider; remove it".into(),
            );
        } else if self.catalog.endpoint(&id).is_none() && !mine() {
            let known = self.endpoint_ids(own);
            self.err(
                model,
                format!("there is no endpoint \"{endpoint}\"; known are {known}"),
            );
        }
        if model.get_ref().trim().is_empty() || model.get_ref().contains('*') {
            self.err(
                model,
                format!(
                    "name one model of \"{endpoint}\" by its full id; patterns are allowed on the left only"
                ),
            );
        }
    }
}
