//! Where a request's content may go. The primary is always allowed; every other provider needs the owner's permission, which
//! for coding agents is the provider's stored key.

use catalog::ProviderId;

use super::{Caller, CallerKind, Ineligible};
use crate::{CandidateRule, Config, EndpointConfig, Route, Scope};

/// The scope of one request and its owner, for the reason of an exclusion.
pub(super) struct Bounds<'a> {
    scope: Scope,
    caller: &'a Caller,
}

impl<'a> Bounds<'a> {
    /// The pipeline's own setting has priority, then the route's, then the general one.
    pub(super) fn of(config: &Config, route: Option<&Route>, caller: &'a Caller) -> Self {
        let of_route = || route.and_then(|route| route.may_go_to.clone());
        let general = || config.may_go_to.clone();
        let pipeline = route.and_then(|route| route.pipeline.as_deref());
        let pipeline = caller.pipeline().or(pipeline);
        let scope = match (pipeline, &caller.kind) {
            (Some(name), _) => config
                .pipelines
                .get(name)
                .cloned()
                .or_else(of_route)
                .or_else(general)
                .unwrap_or(Scope::Named),
            (None, CallerKind::Agent) => of_route().unwrap_or(Scope::Any),
            (None, CallerKind::Application | CallerKind::Pipeline(_)) => {
                of_route().or_else(general).unwrap_or(Scope::Named)
            }
        };
        Self { scope, caller }
    }

    /// # Errors [`Ineligible::OutOfScope`]: this fallback must not get the request.
    pub(super) fn check(
        &self,
        rule: &CandidateRule,
        fallback: &EndpointConfig,
        primary: &ProviderId,
    ) -> Result<(), Ineligible> {
        let endpoint = &fallback.endpoint;
        let allowed = match &self.scope {
            Scope::Any => true,
            Scope::SameVendor => false,
            Scope::Named => rule.named,
            Scope::Endpoints(allowed) => allowed.contains(&endpoint.id),
        };
        if allowed || endpoint.provider == *primary {
            return Ok(());
        }
        Err(Ineligible::OutOfScope {
            whose: match &self.caller.kind {
                CallerKind::Agent => "this route's requests".to_owned(),
                CallerKind::Application => "requests of applications".to_owned(),
                CallerKind::Pipeline(name) => format!("requests of the pipeline \"{name}\""),
            },
            name: fallback.name.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
