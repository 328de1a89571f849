//! The providers that the owner can choose for a client's next request, and the obstacle for each of the others.

use catalog::{Auth, ProviderId};
use gateway::{Caller, CallerKind, Candidate, Credential, Dropped, Ineligible, Login, Plan, Role};

use super::Desk;
use super::use_now::{LastRequest, Offer, Planned};

impl Desk {
    /// Recomputes the plan of each client's next request.
    pub(super) fn plan_clients(&mut self) {
        let last = self.state.choices.last_requests();
        let planned: Vec<(String, Planned)> = last
            .map(|(client, request)| (client.clone(), self.planned(client, request)))
            .collect();
        self.state.choices.set_planned(planned);
    }

    /// This client, as in its last request.
    pub(super) fn caller_of(&self, client: &str, request: &LastRequest) -> Caller {
        let known = wire::Client {
            name: client.to_owned(),
            ..wire::Client::default()
        };
        Caller {
            kind: match &request.pipeline {
                Some(name) => CallerKind::Pipeline(name.clone()),
                None if known.is_agent() => CallerKind::Agent,
                None => CallerKind::Application,
            },
            login: match self.usual_caller(request.dialect).login {
                _ if request.subscription => Login::Subscription,
                Login::None => Login::None,
                Login::Key | Login::Subscription => Login::Key,
            },
            rerun: false,
            client: client.to_owned(),
        }
    }

    fn planned(&self, client: &str, request: &LastRequest) -> Planned {
        let caller = self.caller_of(client, request);
        let plan = self.explain(request.dialect, &request.model, &caller);
        let mut candidates: Vec<&Candidate> = plan.candidates.iter().collect();
        candidates.sort_by_key(|candidate| candidate.place);
        let mut offers: Vec<Offer> = Vec::new();
        for candidate in candidates {
            if !offers.iter().any(|one| one.provider == candidate.provider) {
                offers.push(self.usable(candidate));
            }
        }
        for dropped in &plan.dropped {
            let Some(endpoint) = self.state.catalog.endpoint(&dropped.endpoint) else {
                continue;
            };
            let provider = &endpoint.provider;
            let known = offers.iter().any(|one| one.provider == *provider);
            if !known && dropped.why != Ineligible::Rehearsal {
                offers.push(self.with_consent(provider, dropped, &plan, &caller));
            }
        }
        Planned {
            route: plan.route,
            kind: caller.kind,
            offers,
        }
    }

    fn usable(&self, candidate: &Candidate) -> Offer {
        let endpoint = self.state.catalog.endpoint(&candidate.endpoint);
        let metered = endpoint.is_some_and(|endpoint| endpoint.auth != Auth::None);
        Offer {
            provider: candidate.provider.clone(),
            endpoint: candidate.endpoint.clone(),
            model: candidate.model.clone(),
            billed: Ok(candidate.credential == Credential::OurKey && metered),
        }
    }

    /// Handles a provider that is not a candidate now: computes the change that the consent of a choice would make.
    fn with_consent(
        &self,
        provider: &ProviderId,
        dropped: &Dropped,
        plan: &Plan,
        caller: &Caller,
    ) -> Offer {
        let chosen = Plan::explain_choice(
            &self.config,
            &self.state.breakers,
            plan.dialect,
            &plan.model,
            caller,
            provider,
        );
        let mut candidates = chosen.candidates.iter();
        let found = candidates.find(|one| one.provider == *provider && one.role != Role::Sibling);
        if let Some(candidate) = found {
            return self.usable(candidate);
        }
        let of_it = |one: &&Dropped| one.endpoint == dropped.endpoint;
        let dropped = chosen.dropped.iter().find(of_it).unwrap_or(dropped);
        Offer {
            provider: provider.clone(),
            endpoint: dropped.endpoint.clone(),
            model: dropped.model.clone(),
            billed: Err(dropped.why.clone()),
        }
    }
}
