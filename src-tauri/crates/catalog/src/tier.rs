//! The capability tier of a model among its vendor's, to find another vendor's model for the same work.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{ModelId, pattern};

/// In increasing order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    Small,
    Medium,
    Large,
    Frontier,
}

impl Tier {
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Small => "small",
            Tier::Medium => "medium",
            Tier::Large => "large",
            Tier::Frontier => "frontier",
        }
    }
}

/// The models of one provider in a tier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rank {
    /// Patterns over the ids of its models in this tier.
    pub models: Vec<String>,
    /// Its model that is a fallback for another vendor's model.
    pub fallback_model: Option<ModelId>,
}

/// The tier of a model by the most specific pattern; `None`: no pattern matches.
pub fn tier_of(tiers: &BTreeMap<Tier, Rank>, model: &str) -> Option<Tier> {
    let patterns = tiers
        .iter()
        .flat_map(|(tier, rank)| rank.models.iter().map(move |pattern| (*tier, pattern)));
    let fitting = patterns.filter(|(_, pattern)| pattern::matches(pattern, model));
    let fixed_bytes = |pattern: &str| pattern.bytes().filter(|byte| *byte != b'*').count();
    fitting
        .max_by_key(|(_, pattern)| fixed_bytes(pattern))
        .map(|(tier, _)| tier)
}

/// A provider's model for work of this tier: of the lowest sufficient tier, else of the highest.
pub(crate) fn fallback_model(tiers: &BTreeMap<Tier, Rank>, tier: Tier) -> Option<&ModelId> {
    let enough = tiers
        .range(tier..)
        .find_map(|(_, rank)| rank.fallback_model.as_ref());
    let most = || {
        tiers
            .values()
            .rev()
            .find_map(|rank| rank.fallback_model.as_ref())
    };
    enough.or_else(most)
}

#[cfg(test)]
mod tests;
