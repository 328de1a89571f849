//! A fallback that can be tested. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

use catalog::{Auth, Catalog, Dialect, EndpointId, ModelId, ProviderId};
use gateway::{Credential, Ineligible, Plan};

use super::cost::Expected;
use super::judge::Place;
use super::turn::Turn;
use crate::routing::SAMPLE;

/// Key of a result: the route's dialect decides what is translated.
pub(crate) type TestKey = (Dialect, EndpointId, ModelId);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) route: String,
    pub(crate) turn: Turn,
    pub(crate) provider: ProviderId,
    pub(crate) endpoint: EndpointId,
    /// The model name that is sent to the endpoint.
    pub(crate) model: ModelId,
    /// Where the owner fixes a failure.
    pub(crate) place: Place,
    /// Why it cannot be tested now.
    pub(crate) untestable: Option<String>,
    /// Clients use its route in this dialect: the owner wrote the route, it was used recently, or the primary has this dialect.
    pub(crate) usual: bool,
    pub(crate) expected: Expected,
    /// Fingerprint of the endpoint's and the model's data: a result with another one is outdated.
    pub(crate) fingerprint: String,
}

impl Target {
    pub(crate) fn key(&self) -> TestKey {
        let (endpoint, model) = (self.endpoint.clone(), self.model.clone());
        (self.turn.dialect, endpoint, model)
    }

    /// True if `name` is this fallback's route, endpoint or model.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        [
            self.route.as_str(),
            self.endpoint.as_str(),
            self.model.as_str(),
        ]
        .contains(&name)
    }
}

/// The fallbacks of a plan for one model, including those that only a missing consent or the daily cap excludes. `pinned`: the
/// plan for a test of this candidate.
pub(crate) fn of_plan(
    plan: &Plan,
    catalog: &Catalog,
    is_own: impl Fn(&ProviderId) -> bool,
    pinned: impl Fn(&EndpointId, &ModelId) -> Plan,
) -> Vec<Target> {
    let requested = plan.candidates.iter().filter(|c| !c.is_primary());
    let requested = requested.map(|c| {
        (
            &c.endpoint,
            &c.model,
            c.credential == Credential::ClientLogin,
        )
    });
    let held = plan.dropped.iter().filter(|dropped| {
        use Ineligible::{NeedsYes, UsedUp};
        !plan.candidates.is_empty() && matches!(dropped.why, NeedsYes | UsedUp { .. })
    });
    let held = held.map(|dropped| (&dropped.endpoint, &dropped.model, false));
    let turn = Turn {
        dialect: plan.dialect,
        model: plan.model.clone(),
        streamed: plan.pipeline.is_none(),
    };
    let target = |(id, model, by_login): (&EndpointId, &ModelId, bool)| {
        let endpoint = catalog.endpoint(id)?;
        let provider = catalog.provider(&endpoint.provider)?;
        let known = catalog.model(&endpoint.provider, model.as_str());
        let price = catalog.planned_price(&endpoint.provider, model.as_str());
        let free = price.is_none() && endpoint.auth == Auth::None && endpoint.is_local();
        let untestable = if model.as_str().contains(SAMPLE) {
            Some("no client has requested a model of this route yet".to_owned())
        } else if by_login {
            Some(
                "it needs the client's login, which Understudy never uses for its own requests"
                    .to_owned(),
            )
        } else {
            why_not(&pinned(id, model), id, model)
        };
        Some(Target {
            route: plan.route.clone(),
            provider: provider.id.clone(),
            endpoint: id.clone(),
            model: model.clone(),
            place: Place {
                endpoint: id.to_string(),
                base: endpoint.base.clone(),
                own: is_own(&provider.id),
                keys_page: provider.keys_page.clone(),
            },
            untestable,
            usual: true,
            expected: Expected::of(&turn, price, free),
            fingerprint: fingerprint(&(endpoint, known)),
            turn: turn.clone(),
        })
    };
    requested.chain(held).filter_map(target).collect()
}

/// None: the pinned request is possible.
fn why_not(pinned: &Plan, endpoint: &EndpointId, model: &ModelId) -> Option<String> {
    if !pinned.candidates.is_empty() {
        return None;
    }
    let mut dropped = pinned.dropped.iter();
    let of_it = dropped.find(|dropped| dropped.endpoint == *endpoint && dropped.model == *model);
    Some(of_it.map_or_else(
        || "no request of this route can be sent to it alone".to_owned(),
        |dropped| dropped.why.to_string(),
    ))
}

/// Hexadecimal. Another build may compute a different fingerprint for the same data; the result then counts as outdated.
fn fingerprint(facts: &impl std::fmt::Debug) -> String {
    let mut hasher = DefaultHasher::new();
    format!("{facts:?}").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
