//! The last request of a client, with the providers that the owner can choose for the next one like it.

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use gateway::{CallerKind, Ineligible};

/// The last request of a client, and the plan for the next one like it.
#[derive(Debug)]
pub(crate) struct LastRequest {
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) pipeline: Option<String>,
    pub(crate) subscription: bool,
    /// Estimated tokens of its prompt.
    pub(crate) input: Option<u64>,
    /// The provider that answered it: its cache has the prompt.
    pub(crate) answered_by: Option<ProviderId>,
    pub(crate) planned: Option<Planned>,
}

#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) route: String,
    pub(crate) kind: CallerKind,
    /// In the route's order.
    pub(crate) offers: Vec<Offer>,
}

/// A provider as a choice of the owner.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) provider: ProviderId,
    pub(crate) endpoint: EndpointId,
    pub(crate) model: ModelId,
    /// `Ok(true)`: billed to a key of the owner. `Err`: the choice would have no effect.
    pub(crate) billed: Result<bool, Ineligible>,
}

impl LastRequest {
    pub(crate) fn offer(&self, provider: &ProviderId) -> Option<&Offer> {
        let mut offers = self.planned.as_ref()?.offers.iter();
        offers.find(|offer| offer.provider == *provider)
    }

    /// A request of the same kind has the same plan.
    pub(super) fn is_like(&self, other: &LastRequest) -> bool {
        let of = |request: &LastRequest| (request.dialect, request.subscription);
        of(self) == of(other) && self.model == other.model && self.pipeline == other.pipeline
    }
}
