//! Builds the evidence of a verdict.

use catalog::{EndpointId, ModelId, SurfaceId};

use super::{Claim, CurrentReadings, fine};
use crate::{Blame, Evidence, FailedCalls, PageClaim, PageEvidence, Unknown};

impl<'a> CurrentReadings<'a> {
    pub(super) fn evidence(&self, blame: Blame) -> Evidence {
        let together = self.bad_together();
        Evidence {
            page: self.page_evidence(),
            calls: self.failed_calls(|_| true),
            failing: self.failing().map(|(key, _, _)| key.1.clone()).collect(),
            answering: self.working().map(|key| key.1.clone()).collect(),
            together: if together.len() >= 2 {
                together
            } else {
                Vec::new()
            },
            shared: if blame == Blame::SharedInfrastructure {
                self.context.failing_together.to_vec()
            } else {
                Vec::new()
            },
            network_up: self.context.network.is_up(),
            ours: self
                .ours
                .iter()
                .next()
                .map(|((endpoint, _), fault)| (endpoint.clone(), *fault)),
            last_request: match self.measured_level() {
                None => self.last_request,
                Some(_) => None,
            },
        }
    }

    pub(super) fn page_evidence(&self) -> PageEvidence {
        let Some(level) = self.page_level() else {
            return self.unread_page();
        };
        let of_level = self
            .current_claims()
            .filter(|c| fine(c.level) == fine(level));
        let since = of_level.filter_map(|c| c.since);
        PageEvidence::Claim(PageClaim {
            level,
            since: if fine(level) {
                since.max()
            } else {
                since.min()
            },
            read_at: self
                .current_claims()
                .map(|c| c.read_at)
                .max()
                .unwrap_or(self.context.now),
        })
    }

    /// Why the page contributes no evidence.
    pub(super) fn unread_page(&self) -> PageEvidence {
        if self.context.provider.is_none_or(|p| p.status.is_none()) {
            return PageEvidence::NoPage;
        }
        let stale = |claim: &Result<&Claim, Unknown>| matches!(claim, Err(Unknown::Stale));
        match self.page.unreadable() {
            Some(why) => PageEvidence::Unreadable(why.clone()),
            None if self.claims.values().any(stale) => PageEvidence::Stale,
            None if self.page.was_read() => PageEvidence::NoState,
            None => PageEvidence::NotRead,
        }
    }

    /// The failing calls to these models, added up.
    pub(super) fn failed_calls(
        &self,
        of: impl Fn(&(EndpointId, ModelId)) -> bool,
    ) -> Option<FailedCalls> {
        self.failing()
            .filter(|(key, _, _)| of(key))
            .map(|(_, _, stretch)| stretch.evidence())
            .reduce(FailedCalls::and)
    }

    /// Surfaces that are bad at the same time, each by a source that counts separately: page components, and calls to a
    /// host that no bad component covers.
    pub(super) fn bad_together(&self) -> Vec<SurfaceId> {
        let Some(provider) = self.context.provider else {
            return Vec::new();
        };
        let declared =
            |id: &SurfaceId| matches!(self.claims.get(id), Some(Ok(claim)) if !fine(claim.level));
        let mut bad: Vec<_> = provider
            .surfaces
            .iter()
            .filter(|s| declared(&s.id))
            .collect();
        for ((endpoint, _), _, _) in self.failing() {
            let group = self.surfaces_of(endpoint);
            if !group.iter().any(|s| bad.contains(s))
                && let Some(one) = group.first()
            {
                bad.push(one);
            }
        }
        // Surfaces that count come first.
        bad.sort_by_key(|s| !self.counts(&s.id));
        bad.into_iter().map(|s| s.id.clone()).collect()
    }

    /// The surfaces that calls to an endpoint affect: first the endpoint's own surface, then those on the same host.
    pub(super) fn surfaces_of(&self, endpoint: &EndpointId) -> Vec<&'a catalog::Surface> {
        let Some(provider) = self.context.provider else {
            return Vec::new();
        };
        let Some(endpoint) = provider.endpoints.iter().find(|e| e.id == *endpoint) else {
            return Vec::new();
        };
        let own = |s: &&catalog::Surface| Some(&s.id) == endpoint.surface.as_ref();
        let host = provider
            .surfaces
            .iter()
            .find(own)
            .and_then(|s| s.host.as_ref());
        let shares = |s: &&catalog::Surface| !own(s) && host.is_some() && s.host.as_ref() == host;
        let surfaces = provider.surfaces.iter();
        surfaces
            .clone()
            .filter(own)
            .chain(surfaces.filter(shares))
            .collect()
    }
}
