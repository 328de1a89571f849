//! Tests of fallbacks: the list of fallbacks, a test that the owner starts, and its result.

use api::ControlError;
use catalog::Dialect;
use chrono::{DateTime, Utc};
use gateway::{End, Exchange, ExchangeKind, Plan};

use super::{Desk, Effect, Record};
use crate::fallback_test::play::Played;
use crate::fallback_test::result;
use crate::fallback_test::target::{self, Target};
use crate::routing::SAMPLE;
use crate::view;

impl Desk {
    /// Records the model after a response; tests cover the fallbacks of models in use.
    pub(super) fn learn_model(&mut self, exchange: &Exchange) {
        let answered = exchange.end == End::Complete && exchange.kind == ExchangeKind::Generate;
        if answered
            && self
                .state
                .record_model_in_use(&exchange.route, exchange.dialect, &exchange.model)
        {
            self.traffic_has_news = true;
        }
    }

    /// The fallbacks of each route: for its models in use, else for its named model or the first known model that it matches.
    pub(super) fn targets(&self) -> Vec<Target> {
        let plans = self.state.plans.iter();
        plans.flat_map(|plan| self.targets_for(plan)).collect()
    }

    fn targets_for(&self, plan: &Plan) -> Vec<Target> {
        let usual = self.is_usual(plan);
        let caller = self.usual_caller(plan.dialect);
        let mut targets: Vec<Target> = Vec::new();
        for model in self.models_to_test(plan) {
            let of_model = self.explain(plan.dialect, &model, &caller);
            if of_model.route != plan.route {
                continue;
            }
            for target in self.targets_of(&of_model) {
                if !targets.iter().any(|known| known.key() == target.key()) {
                    targets.push(Target { usual, ..target });
                }
            }
        }
        targets
    }

    /// Every route exists in every dialect, but most are used in only one.
    fn is_usual(&self, plan: &Plan) -> bool {
        let key = (plan.route.clone(), plan.dialect);
        let mut own = self.state.settings.routes.iter();
        let primary = plan.candidates.first();
        self.state.models_in_use.contains_key(&key)
            || own.any(|own| own.name == plan.route && own.dialect == plan.dialect)
            || primary
                .and_then(|first| self.state.catalog.endpoint(&first.endpoint))
                .is_some_and(|endpoint| endpoint.speaks(plan.dialect))
    }

    fn models_to_test(&self, plan: &Plan) -> Vec<String> {
        let used = (plan.route.clone(), plan.dialect);
        if let Some(models) = self.state.models_in_use.get(&used) {
            return models.clone();
        }
        if !plan.model.contains(SAMPLE) {
            return vec![plan.model.clone()];
        }
        let (settings, catalog) = (&self.state.settings, &self.state.catalog);
        let mut written = settings.routes.iter();
        let written = written.find(|own| own.name == plan.route && own.dialect == plan.dialect);
        let pattern = written.map_or(plan.route.as_str(), |own| own.models.as_str());
        let primary = plan.candidates.first();
        let primary = primary.and_then(|first| catalog.provider(&first.provider));
        let known = primary.into_iter().flat_map(|provider| &provider.models);
        let mut known = known.filter(|model| catalog::pattern::matches(pattern, model.id.as_str()));
        match known.next().filter(|_| pattern != "*") {
            Some(model) => vec![model.id.to_string()],
            // A default route has a fallback to test only after a client has requested one of its models.
            None if written.is_none() => Vec::new(),
            None => vec![plan.model.clone()],
        }
    }

    fn targets_of(&self, plan: &Plan) -> Vec<Target> {
        let own = &self.state.settings.own;
        let is_own = |id: &catalog::ProviderId| own.iter().any(|own| own.id == *id);
        target::of_plan(plan, &self.state.catalog, is_own, |endpoint, model| {
            let (dialect, requested): (Dialect, &str) = (plan.dialect, &plan.model);
            let only = (endpoint.clone(), model.clone());
            Plan::explain_pinned(
                &self.config,
                &self.state.breakers,
                dialect,
                requested,
                &only,
            )
        })
    }

    pub(crate) fn fallbacks_of(&self, plan: &Plan) -> Vec<api::Fallback> {
        let shown = |target: &Target| view::fallback_test::shown(&self.state, target);
        self.targets_of(plan).iter().map(shown).collect()
    }

    /// # Errors
    /// There is no such fallback, it cannot be tested now, or it needs the owner's consent.
    pub(crate) fn begin_test(
        &mut self,
        wanted: &api::TestFallback,
    ) -> Result<Box<Target>, ControlError> {
        let refused = |error: String, fix: &str| {
            Err(ControlError {
                error,
                fix: Some(fix.to_owned()),
            })
        };
        // The daily cap may have been reached since the list was made.
        self.state.targets = self.targets();
        let is_it = |target: &&Target| {
            view::words::dialect(target.turn.dialect) == wanted.dialect
                && target.endpoint.as_str() == wanted.endpoint
                && target.model.as_str() == wanted.model
        };
        let Some(target) = self.state.targets.iter().find(is_it).cloned() else {
            return refused(
                format!(
                    "{} at {} is not a fallback of a route of {}",
                    wanted.model, wanted.endpoint, wanted.dialect
                ),
                "`understudyd test` lists the fallbacks",
            );
        };
        let name = view::fallback_test::name(&self.state, &target);
        if self.state.draining {
            return refused(
                format!("{name} cannot be tested: the engine is stopping"),
                "start it again, then test",
            );
        }
        if let Some(why) = &target.untestable {
            return refused(
                format!("{name} cannot be tested: {why}"),
                "`understudyd route explain` shows the candidates, with reasons",
            );
        }
        if !target.expected.free && !wanted.yes {
            return refused(
                format!(
                    "a test of {name} costs {}, so it needs your consent",
                    view::fallback_test::cost(&target).method
                ),
                "confirm it (`understudyd test --yes`, or the button in the window)",
            );
        }
        if !self.state.testing.insert(target.key()) {
            return refused(format!("{name} is being tested now"), "wait for its result");
        }
        Ok(Box::new(target))
    }

    /// Records the result and the cost. Statistics of client requests do not include it.
    pub(crate) fn test_ended(
        &mut self,
        now: DateTime<Utc>,
        target: &Target,
        played: &Played,
    ) -> (api::Fallback, Vec<Effect>) {
        self.state.testing.remove(&target.key());
        let row = result::row(now, target, played, &self.state.catalog);
        tracing::info!(
            endpoint = %target.endpoint, model = %target.model, passed = row.failed.is_none(),
            "a fallback was tested"
        );
        self.effect(Effect::Record(Record::FallbackTest(Box::new(row.clone()))));
        self.state.today.tested(&row);
        self.check_the_cap(now);
        self.state.tested.insert(target.key(), row);
        let shown = view::fallback_test::shown(&self.state, target);
        (shown, std::mem::take(&mut self.effects))
    }
}
