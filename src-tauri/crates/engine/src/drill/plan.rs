//! What a drill runs: the route, the fallback that its test request can use, and the cost. Pure.

use catalog::{Auth, Catalog, Dialect};
use gateway::{Ineligible, Login, Plan};
use ledger::Candidate;

use super::play::body;
use crate::fallback_test::cost::Expected;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DrillPlan {
    pub(crate) route: String,
    pub(crate) dialect: Dialect,
    /// The model that the test request names.
    pub(crate) model: String,
    /// The kind of login of the route's clients.
    pub(crate) login: Login,
    /// Both candidates are rehearsal models.
    pub(crate) rehearsal: bool,
    pub(crate) primary: Candidate,
    /// The candidate that answers a test request.
    pub(crate) fallback: Option<Candidate>,
    /// Why there is none, if the owner can change it by a consent or a setting.
    pub(crate) held: Option<Ineligible>,
    /// A fallback exists, and only a live request has the login for it.
    pub(crate) needs_client: bool,
    /// None: no provider gets a request.
    pub(crate) expected: Option<Expected>,
}

impl DrillPlan {
    /// None: the plan has no candidate.
    pub(crate) fn of(plan: &Plan, login: Login, catalog: &Catalog) -> Option<DrillPlan> {
        let stored = |c: &gateway::Candidate| Candidate {
            provider: c.provider.clone(),
            endpoint: c.endpoint.clone(),
            model: c.model.clone(),
        };
        let mut candidates = plan.candidates.iter();
        let primary = stored(candidates.find(|c| c.is_primary())?);
        let mut others = plan.candidates.iter().filter(|c| !c.is_primary());
        let fallback = others.find(|c| c.standing.admits()).map(stored);
        let reasons = || plan.dropped.iter().map(|dropped| &dropped.why);
        let held = match &fallback {
            Some(_) => None,
            None => reasons().find(|why| is_the_owners(why)).cloned(),
        };
        let expected = fallback
            .as_ref()
            .filter(|_| !plan.rehearsal)
            .map(|fallback| {
                let endpoint = catalog.endpoint(&fallback.endpoint);
                let price = catalog.planned_price(&fallback.provider, fallback.model.as_str());
                let local = endpoint.is_some_and(|e| e.auth == Auth::None && e.is_local());
                let free = local && price.is_none();
                let bytes = body(plan.dialect, &plan.model).to_string().len();
                Expected::of_bytes(bytes, 1, price, free)
            });
        Some(DrillPlan {
            route: plan.route.clone(),
            dialect: plan.dialect,
            model: plan.model.clone(),
            login,
            rehearsal: plan.rehearsal,
            primary,
            needs_client: fallback.is_none()
                && reasons().any(|why| *why == Ineligible::NeedsItsClient),
            fallback,
            held,
            expected,
        })
    }

    pub(crate) fn costs(&self) -> bool {
        self.expected.as_ref().is_some_and(|cost| !cost.free)
    }
}

/// The fallback exists, and a consent, a cap or a scope of the owner excludes it now.
pub(crate) fn is_the_owners(why: &Ineligible) -> bool {
    match why {
        Ineligible::NeedsYes
        | Ineligible::Declined
        | Ineligible::UsedUp { .. }
        | Ineligible::OutOfScope { .. } => true,
        Ineligible::Unknown
        | Ineligible::Dialect(_)
        | Ineligible::Untranslatable(_)
        | Ineligible::NoKey { .. }
        | Ineligible::Loop
        | Ineligible::BadAddress(_)
        | Ineligible::Rehearsal
        | Ineligible::OtherModels
        | Ineligible::NoneBefore
        | Ineligible::SiblingNeedsYes
        | Ineligible::SiblingOnKey
        | Ineligible::Paused
        | Ineligible::NotTested
        | Ineligible::NeedsItsClient => false,
    }
}
