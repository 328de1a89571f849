//! Finds the equivalent of a model among an endpoint's models. Pure.

use std::cmp::Reverse;
use std::fmt;

use crate::model::undated;
use crate::{Catalog, Endpoint, ModelId, REHEARSAL, Tier, pattern, tier};

/// A model of an endpoint that is equivalent to other models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivalent {
    /// A pattern over the ids of the models that it replaces.
    pub of: String,
    pub model: ModelId,
    pub likeness: Likeness,
}

/// Why a model is equivalent to another; earlier variants have priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// By the owner's settings.
    Owners,
    /// The same model under another id.
    SameModel,
    Tier(Tier),
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Likeness::Owners => f.write_str("by your settings"),
            Likeness::SameModel => f.write_str("the same model under another id"),
            Likeness::Tier(tier) => write!(f, "both of the tier \"{}\"", tier.as_str()),
        }
    }
}

impl Equivalent {
    /// True if it is equivalent to a model that the pattern `models` (such as `claude-*`) matches.
    pub fn stands_for_some(&self, models: &str) -> bool {
        let plain = |pattern: &str| pattern.replace('*', "");
        pattern::matches(models, &plain(&self.of)) || pattern::matches(&self.of, &plain(models))
    }

    /// The equivalent of a model: by likeness, then by the most specific pattern.
    pub fn best<'e>(among: &'e [Equivalent], model: &str) -> Option<&'e Equivalent> {
        let fixed_bytes = |of: &str| of.bytes().filter(|byte| *byte != b'*').count();
        let rank = |one: &Equivalent| {
            let kind = match one.likeness {
                Likeness::Owners => 0,
                Likeness::SameModel => 1,
                Likeness::Tier(_) => 2,
            };
            (kind, Reverse(fixed_bytes(&one.of)))
        };
        let undated = undated(model);
        let fits = |one: &&Equivalent| {
            pattern::matches(&one.of, model)
                || undated.is_some_and(|undated| pattern::matches(&one.of, undated))
        };
        among.iter().filter(fits).min_by_key(|one| rank(one))
    }
}

impl Catalog {
    /// Equivalents among this endpoint's models by the catalogue: for models of other providers, first the same ones under
    /// other ids, then those of the same tier.
    pub fn equivalents(&self, endpoint: &Endpoint) -> Vec<Equivalent> {
        let Some(own) = self.provider(&endpoint.provider) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut add = |of: &str, model: &ModelId, likeness| {
            let known = own.models.iter().any(|known| known.id == *model);
            if of != model.as_str() && (known || endpoint.serves_model(model.as_str())) {
                found.push(Equivalent {
                    of: of.to_owned(),
                    model: model.clone(),
                    likeness,
                });
            }
        };
        let resold = own
            .models
            .iter()
            .filter_map(|model| Some((&model.id, model.vendor_model_id.as_ref()?)));
        for (id, vendor_model) in resold.clone() {
            add(vendor_model.as_str(), id, Likeness::SameModel);
        }
        let others = self
            .providers()
            .iter()
            .filter(|other| other.id != own.id && other.id.as_str() != REHEARSAL);
        for other in others {
            for model in &other.models {
                let Some(vendor_model) = &model.vendor_model_id else {
                    continue;
                };
                add(model.id.as_str(), vendor_model, Likeness::SameModel);
                let resold = resold.clone().find(|(_, resold)| *resold == vendor_model);
                if let Some((id, _)) = resold {
                    add(model.id.as_str(), id, Likeness::SameModel);
                }
            }
            for (tier, rank) in &other.tiers {
                let Some(fallback_model) = tier::fallback_model(&own.tiers, *tier) else {
                    continue;
                };
                for models in &rank.models {
                    add(models, fallback_model, Likeness::Tier(*tier));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
