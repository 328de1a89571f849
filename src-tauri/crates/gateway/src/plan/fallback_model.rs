//! The model of a fallback, and whether it may cost money. Pure.

use catalog::{Auth, Equivalent, Likeness, ModelId};

use super::{Credential, Ineligible};
use crate::{Config, Consent, EndpointConfig, Pattern, Route, Spending};

/// "Any model" in a plan for an entire pattern: `claude-…`.
pub const ANY_MODEL: char = '\u{2026}';

/// The model id for a candidate whose route names none. An id belongs to its vendor: it is sent to another provider only if
/// that one is known to serve it by this id; else that provider's own equivalent is used. The owner's setting has priority. An
/// endpoint of the owner without known models gets the client's id.
pub(super) fn model(
    found: &EndpointConfig,
    requested: &str,
) -> Result<(ModelId, Option<Likeness>), Ineligible> {
    let endpoint = &found.endpoint;
    let equivalent = Equivalent::best(&found.equivalents, requested);
    if let Some(equivalent) = equivalent
        && equivalent.likeness == Likeness::Owners
    {
        return Ok((equivalent.model.clone(), Some(Likeness::Owners)));
    }
    let nothing_known = endpoint.serves.is_empty() && found.models.is_empty();
    let listed = |known: &catalog::Model| catalog::same_model(requested, known.id.as_str());
    if nothing_known
        || endpoint
            .serves
            .iter()
            .any(|pattern| matches_vendor(pattern, requested))
        || found.models.iter().any(listed)
        || serves_some(found, requested)
    {
        return Ok((ModelId::new(requested), None));
    }
    let mapped = found.models.iter().find(|known| {
        let vendor_model = known.vendor_model_id.as_ref();
        vendor_model
            .is_some_and(|vendor_model| catalog::same_model(requested, vendor_model.as_str()))
    });
    let mapped = mapped.map(|known| (known.id.clone(), Some(Likeness::SameModel)));
    let equivalent = || equivalent.map(|one| (one.model.clone(), Some(one.likeness)));
    let by_pattern = || {
        let unchanged = || (ModelId::new(requested), None);
        endpoint.serves_model(requested).then(unchanged)
    };
    let sent = mapped.or_else(equivalent).or_else(by_pattern);
    sent.ok_or(Ineligible::OtherModels)
}

/// A pattern for every vendor's models (`*/*`) is no evidence that the endpoint has this id.
fn matches_vendor(pattern: &str, requested: &str) -> bool {
    !pattern.starts_with('*') && Pattern::new(pattern).matches(requested)
}

/// For an entire pattern: true if it serves a matching model, or has an equivalent for one.
fn serves_some(found: &EndpointConfig, requested: &str) -> bool {
    if !requested.contains(ANY_MODEL) {
        return false;
    }
    let models = requested.replace(ANY_MODEL, "*");
    let fits = |equivalent: &Equivalent| equivalent.stands_for_some(&models);
    if found.equivalents.iter().any(fits) {
        return true;
    }
    let pattern = Pattern::new(&models);
    let ids = found.models.iter().flat_map(|known| {
        std::iter::once(known.id.as_str()).chain(known.vendor_model_id.iter().map(ModelId::as_str))
    });
    let mut named = found.endpoint.serves.iter().map(String::as_str).chain(ids);
    named.any(|id| pattern.matches(id))
}

/// A route's own setting has priority over the one for all routes.
pub(super) fn spending(config: &Config, route: Option<&Route>) -> Spending {
    let general = config.spending.clone();
    match route.map(|route| route.subscription_to_paid_key) {
        None | Some(Consent::Ask) => general,
        Some(subscription_to_paid_key) => Spending {
            subscription_to_paid_key,
            ..general
        },
    }
}

/// True if it costs the owner money.
pub(crate) fn costs(found: &EndpointConfig, credential: Credential) -> bool {
    credential == Credential::OurKey && found.endpoint.auth != Auth::None
}

/// Checks if this fallback may be used with respect to its cost. `from_subscription`: the client's own subscription comes
/// before it.
pub(super) fn may_cost(
    found: &EndpointConfig,
    credential: Credential,
    from_subscription: bool,
    spending: &Spending,
) -> Result<(), Ineligible> {
    if !costs(found, credential) {
        return Ok(());
    }
    match spending.subscription_to_paid_key {
        Consent::Ask if from_subscription => return Err(Ineligible::NeedsYes),
        Consent::No if from_subscription => return Err(Ineligible::Declined),
        Consent::Ask | Consent::No | Consent::Yes => {}
    }
    match spending.used_up {
        Some(used_up) => Err(Ineligible::UsedUp {
            cap: used_up.cap,
            spent: used_up.spent,
        }),
        None => Ok(()),
    }
}
