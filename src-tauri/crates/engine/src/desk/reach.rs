//! Where requests of pipelines and applications go when their primary fails, from their present plans.

use std::collections::BTreeSet;

use gateway::{Caller, CallerKind, Ineligible, Login, Plan};

use super::Desk;
use crate::routing;
use crate::state::{Reach, Way};

impl Desk {
    pub(super) fn reaches(&self) -> Vec<Reach> {
        let settings = &self.state.settings;
        let of_routes = settings
            .routes
            .iter()
            .filter_map(|route| route.pipeline.clone());
        let seen = self.state.requested_models.keys().flatten().cloned();
        let names: BTreeSet<String> = settings
            .pipeline_names
            .iter()
            .cloned()
            .chain(of_routes)
            .chain(seen)
            .collect();
        let whose = names.into_iter().map(Some).chain([None]);
        whose.map(|whose| self.reach(whose)).collect()
    }

    /// The plans of each pipeline's requests.
    pub(super) fn pipeline_plans(&self) -> Vec<(String, Plan)> {
        let names = self.state.reaches.iter();
        let names = names.filter_map(|reach| reach.whose.clone());
        names
            .flat_map(|name| {
                let (plans, _) = self.plans_of(Some(&name));
                plans.into_iter().map(move |plan| (name.clone(), plan))
            })
            .collect()
    }

    fn reach(&self, whose: Option<String>) -> Reach {
        let (plans, seen) = self.plans_of(whose.as_deref());
        let mut reach = Reach {
            whose,
            seen,
            ..Reach::default()
        };
        // Without traffic, one route with a fallback is enough.
        let mut bare = plans.iter().map(|plan| plan.candidates.len() < 2);
        reach.without_fallback = match seen {
            true => bare.any(|bare| bare),
            false => !plans.is_empty() && bare.all(|bare| bare),
        };
        for plan in &plans {
            let Some(first) = plan.candidates.first() else {
                continue;
            };
            let way = |provider: &catalog::ProviderId, endpoint: &catalog::EndpointId| Way {
                primary: first.provider.clone(),
                provider: provider.clone(),
                endpoint: endpoint.clone(),
            };
            if reach.order.is_empty() {
                let providers = plan.candidates.iter().map(|c| c.provider.clone());
                reach.providers = providers.collect();
                let order = plan
                    .candidates
                    .iter()
                    .map(|c| self.state.product(&c.provider));
                for product in order {
                    if !reach.order.contains(&product) {
                        reach.order.push(product);
                    }
                }
            }
            for candidate in &plan.candidates[1..] {
                if candidate.provider != first.provider {
                    reach
                        .others
                        .insert(way(&candidate.provider, &candidate.endpoint));
                }
            }
            for dropped in &plan.dropped {
                if matches!(dropped.why, Ineligible::OutOfScope { .. })
                    && let Some(endpoint) = self.state.catalog.endpoint(&dropped.endpoint)
                {
                    reach
                        .out_of_scope
                        .insert(way(&endpoint.provider, &endpoint.id));
                }
            }
        }
        reach
    }

    /// Plans from its own routes and its traffic; for a pipeline without both, from the routes of the owner's providers.
    fn plans_of(&self, whose: Option<&str>) -> (Vec<Plan>, bool) {
        let state = &self.state;
        let own = state
            .settings
            .routes
            .iter()
            .filter(|route| whose.is_some() && route.pipeline.as_deref() == whose);
        let own = own.map(|route| {
            let pattern = gateway::Pattern::new(&route.models);
            (route.dialect, routing::sample_of(&pattern))
        });
        let seen = state.requested_models.get(&whose.map(str::to_owned));
        let seen = seen.into_iter().flatten().cloned();
        let mut wanted: Vec<_> = own.chain(seen).collect();
        let known = !wanted.is_empty();
        if !known && whose.is_some() {
            let mine = state.plans.iter().filter(|plan| {
                let first = plan.candidates.first();
                let of_a_pipeline = plan.pipeline.is_some();
                plan.route != "*"
                    && !of_a_pipeline
                    && first.is_some_and(|c| state.is_mine(&c.provider))
            });
            wanted = mine
                .map(|plan| (plan.dialect, plan.model.clone()))
                .collect();
        }
        let explain = |(dialect, model): (catalog::Dialect, String)| {
            let caller = Caller {
                kind: whose.map_or(CallerKind::Application, |name| {
                    CallerKind::Pipeline(name.to_owned())
                }),
                login: Login::None,
                rerun: false,
                client: String::new(),
            };
            let login = self.usual_login(dialect, &caller.kind);
            self.explain(dialect, &model, &Caller { login, ..caller })
        };
        (wanted.into_iter().map(explain).collect(), known)
    }

    /// The kind of login in traffic. Only agents have subscriptions.
    pub(crate) fn usual_login(&self, dialect: catalog::Dialect, kind: &CallerKind) -> Login {
        match (self.usual_caller(dialect).login, kind) {
            (Login::None, _) => Login::None,
            (login @ (Login::Key | Login::Subscription), CallerKind::Agent) => login,
            (
                Login::Key | Login::Subscription,
                CallerKind::Application | CallerKind::Pipeline(_),
            ) => Login::Key,
        }
    }
}
