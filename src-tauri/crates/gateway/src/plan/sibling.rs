//! Another model of the same provider with the same login, for a failure of only one model: the fallback without extra cost.
//! Pure.

use catalog::{Model, ModelId, Price, tier_of};

use super::{Credential, Ineligible, Login};
use crate::{Config, EndpointConfig, Route, Siblings};

/// The model that answers if only `requested` fails: that of the next lower tier with a known price that is not higher.
pub(super) fn sibling(found: &EndpointConfig, requested: &ModelId) -> Option<ModelId> {
    let prices = |model: &ModelId| Some(&Model::known(&found.models, model.as_str())?.prices);
    let own = prices(requested)?;
    let tier = tier_of(&found.tiers, requested.as_str())?;
    let lower = found.tiers.range(..tier).rev();
    let mut lower = lower.filter_map(|(_, rank)| rank.fallback_model.as_ref());
    lower
        .find(|model| prices(model).is_some_and(|prices| are_no_dearer(prices, own)))
        .cloned()
}

/// At every day and hour. Without a known price of both: false.
fn are_no_dearer(prices: &[Price], than: &[Price]) -> bool {
    let rates = || prices.iter().flat_map(Price::usual_rates);
    let mut others = than.iter().flat_map(Price::usual_rates);
    !prices.is_empty()
        && !than.is_empty()
        && others.all(|other| rates().all(|rates| rates.is_at_most(&other)))
}

/// The owner's setting for siblings for one request. A key that is billed per token needs the route's own setting.
pub(super) fn permitted(
    config: &Config,
    route: Option<&Route>,
    credential: Credential,
    login: Login,
) -> Option<Result<(), Ineligible>> {
    let of_route = route.and_then(|route| route.sibling);
    let billed = credential == Credential::OurKey || login == Login::Key;
    match (of_route.unwrap_or(config.sibling), of_route) {
        (Siblings::Off, _) => None,
        (Siblings::On, Some(_)) => Some(Ok(())),
        (Siblings::On | Siblings::Ask, None) if billed => Some(Err(Ineligible::SiblingOnKey)),
        (Siblings::On, None) => Some(Ok(())),
        (Siblings::Ask, _) => Some(Err(Ineligible::SiblingNeedsYes)),
    }
}

#[cfg(test)]
mod tests;
