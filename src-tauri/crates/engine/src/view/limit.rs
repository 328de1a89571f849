//! Used-up limits of the owner's logins and keys: states of the login, while the provider itself works.

use std::collections::{BTreeMap, BTreeSet};

use ::words::{Clock, Spans};
use api::UsedUpLimit;
use catalog::{EndpointId, ModelId, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use health::OurFault;

use super::login;
use crate::state::State;

/// Resets within this time of each other are one: a reset counted from each response moves by seconds.
const SAME_RESET: TimeDelta = TimeDelta::minutes(1);

/// One limit of a provider that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsedUp {
    pub(crate) provider: ProviderId,
    pub(crate) models: BTreeSet<ModelId>,
    /// `None`: the provider did not send it.
    pub(crate) resets_at: Option<DateTime<Utc>>,
}

/// By provider and reset time. A client's login is known from its refused request, a kept key also from its circuit breaker.
pub(crate) fn used_up(state: &State) -> Vec<UsedUp> {
    let mut by_model: BTreeMap<(EndpointId, ModelId), Option<DateTime<Utc>>> = BTreeMap::new();
    for (key, finding) in state.verdicts.providers.values().flat_map(|p| &p.models) {
        if let Some((_, OurFault::Limit { until })) = finding.evidence.ours {
            by_model.insert(key.clone(), until);
        }
    }
    for breaker in login::at_their_limit(&state.breakers) {
        let key = (breaker.endpoint.clone(), breaker.model.clone());
        by_model.insert(key, breaker.resets_at);
    }
    let mut limits: Vec<UsedUp> = Vec::new();
    for ((endpoint, model), resets_at) in by_model {
        let Some(provider) = state.catalog.endpoint(&endpoint).map(|e| &e.provider) else {
            continue;
        };
        if !state.is_mine(provider) {
            continue;
        }
        let same = |one: &&mut UsedUp| one.provider == *provider && same(one.resets_at, resets_at);
        match limits.iter_mut().find(same) {
            Some(limit) => {
                limit.models.insert(model);
                limit.resets_at = limit.resets_at.max(resets_at);
            }
            None => limits.push(UsedUp {
                provider: provider.clone(),
                models: BTreeSet::from([model]),
                resets_at,
            }),
        }
    }
    limits.sort_by_key(|limit| (limit.provider.clone(), limit.resets_at));
    limits
}

fn same(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < SAME_RESET,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// "Your limit at Anthropic is used up; it resets 13:40." Names the models where a provider has several limits.
pub(crate) fn sentence(state: &State, limit: &UsedUp, all: &[UsedUp]) -> Spans {
    let of_provider = all.iter().filter(|one| one.provider == limit.provider);
    let models = (of_provider.count() > 1).then_some(&limit.models);
    ::words::used_up(&state.catalog, &limit.provider, models, limit.resets_at)
}

pub(crate) fn shown(state: &State, clock: &Clock) -> Vec<UsedUpLimit> {
    let limits = used_up(state);
    let shown = limits.iter().map(|limit| {
        let spans = sentence(state, limit, &limits);
        UsedUpLimit {
            provider: limit.provider.to_string(),
            product: state.product(&limit.provider),
            models: limit.models.iter().map(ToString::to_string).collect(),
            resets_at: limit.resets_at,
            sentence: clock.plain(&spans),
            spans,
        }
    });
    shown.collect()
}
