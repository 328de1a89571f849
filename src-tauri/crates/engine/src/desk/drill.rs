//! Drills: what one would do, its begin, its requests and its end. It changes no verdict, no breaker and no count of
//! requests. The cost of its own requests is in the day's sum and cap.

use api::{ControlError, DrillEntry, DrillOffer};
use catalog::{Dialect, KnownClient, REHEARSAL_PREFIX, Tier};
use chrono::{DateTime, Utc};
use gateway::{Caller, Exchange, Ineligible, LiveDrill, Login, MadeFailure, Plan};
use ledger::{AttemptOutcome, AttemptRow, ExchangeRow, NotificationKind, NotificationRow, Urgency};

use super::{Desk, Effect, Record};
use crate::booking;
use crate::drill::plan::DrillPlan;
use crate::drill::play::Session;
use crate::drill::run::{DrillRun, EndedBy, SeenRequest};
use crate::settings::Weight;
use crate::view;
use crate::view::set_up::{SetUp, Whose};

/// The model of a drill without a fallback, or without a client.
const REHEARSED: &str = "steady";
/// The client's name in Requests.
const CLIENT: &str = "Understudy drill";

impl Desk {
    /// The clients whose settings point here, by name: before their first request they show what the set-up does.
    pub(crate) fn connected_are(&mut self, clients: Vec<String>) {
        self.connected = clients;
    }

    /// What a drill would do and cost.
    ///
    /// # Errors
    /// No route serves this model, or no fallback is in use now.
    pub(crate) fn drill_offer(
        &self,
        model: Option<&str>,
        live: bool,
    ) -> Result<DrillOffer, ControlError> {
        let plan = self.drill_plan(model, live)?;
        Ok(view::drill::offer(&self.state, &plan, &self.set_up(&plan)))
    }

    /// # Errors
    /// The drill cannot run now, or its cost needs the owner's consent.
    pub(crate) fn begin_drill(
        &mut self,
        now: DateTime<Utc>,
        entry: &DrillEntry,
    ) -> (Result<Option<Session>, ControlError>, Vec<Effect>) {
        let begun = self.begun_drill(now, entry);
        (begun, std::mem::take(&mut self.effects))
    }

    fn begun_drill(
        &mut self,
        now: DateTime<Utc>,
        entry: &DrillEntry,
    ) -> Result<Option<Session>, ControlError> {
        let refused = |error: String, fix: &str| ControlError {
            error,
            fix: Some(fix.to_owned()),
        };
        let plan = self.drill_plan(entry.model.as_deref(), entry.live)?;
        if self.state.drill.as_ref().is_some_and(DrillRun::is_running) {
            return Err(refused(
                "a drill is running".into(),
                "wait for its end, or end it with `understudyd drill --stop`",
            ));
        }
        if plan.costs() && !entry.yes {
            let offer = view::drill::offer(&self.state, &plan, &SetUp::default());
            return Err(refused(
                format!("this drill costs {}", offer.cost.method),
                "confirm it (`understudyd drill --yes`, or the button in the window)",
            ));
        }
        let id = self.state.drill.as_ref().map_or(0, |last| last.id + 1);
        let run = DrillRun::begin(id, now, plan, entry.live);
        tracing::info!(
            route = %run.plan.route, model = %run.plan.model, live = run.live, rehearsal = run.plan.rehearsal,
            "a drill began: the primary fails on purpose"
        );
        let session = run.session();
        let (title, body) = view::drill::began(&self.state, &run);
        self.state.drill = Some(run);
        self.notify_of_drill(now, title, body);
        self.live_changed(now);
        Ok(session)
    }

    /// A request of the drill's own session has ended. None: no end was reported. Returns the failure of its repetition; None:
    /// the session ends.
    pub(crate) fn drill_tested(
        &mut self,
        now: DateTime<Utc>,
        id: u64,
        exchange: Option<&Exchange>,
    ) -> (Option<MadeFailure>, Vec<Effect>) {
        let row = exchange.map(|exchange| self.drill_row(exchange));
        let current = self.state.drill.as_mut().filter(|run| run.id == id);
        let seen = row.as_ref().map(|row| SeenRequest::of(row, None));
        let next = current.and_then(|run| run.tested(now, seen));
        if let Some(row) = row {
            if row.attempts.iter().any(is_billed) {
                self.state.today.drilled(&row);
                self.check_the_cap(now);
            }
            self.effect(Effect::Record(Record::Exchange {
                row: Box::new(row),
                review: None,
            }));
        }
        let over = self
            .state
            .drill
            .as_ref()
            .is_some_and(|run| run.id == id && !run.live && run.testing.is_none());
        if over {
            self.end_drill(now, EndedBy::Itself);
        }
        (next, std::mem::take(&mut self.effects))
    }

    /// Marked as a rehearsal, so that only its cost counts.
    fn drill_row(&self, exchange: &Exchange) -> ExchangeRow {
        let primary = self.primary(exchange);
        ExchangeRow {
            client: CLIENT.to_owned(),
            rehearsal: true,
            ..booking::exchange_row(exchange, primary, &self.state.catalog)
        }
    }

    /// A live request met the failure.
    pub(super) fn drill_met(&mut self, now: DateTime<Utc>, exchange: &Exchange, row: &ExchangeRow) {
        let Some(run) = self.state.drill.as_mut().filter(|run| run.is_running()) else {
            return;
        };
        let name = match exchange.client.name.as_str() {
            "" => "A client",
            name => name,
        };
        if run.met(now, SeenRequest::of(row, Some(name.to_owned()))) {
            self.reconfigure(now);
        }
    }

    pub(super) fn drill_due(&mut self, now: DateTime<Utc>) {
        let run = self.state.drill.as_ref();
        if run.and_then(DrillRun::next_due).is_some_and(|at| at <= now) {
            self.end_drill(now, EndedBy::Time);
        }
    }

    /// Ends the drill, if one runs.
    pub(crate) fn stop_drill(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        self.end_drill(now, EndedBy::Owner);
        std::mem::take(&mut self.effects)
    }

    pub(super) fn end_drill(&mut self, now: DateTime<Utc>, by: EndedBy) {
        let run = self.state.drill.as_mut().filter(|run| run.is_running());
        let Some(run) = run else {
            return;
        };
        run.end(now, by);
        let plan = run.plan.clone();
        self.live_changed(now);
        let set_up = self.set_up(&plan);
        let Some(run) = &self.state.drill else {
            return;
        };
        let report = view::drill::report(&self.state, run, set_up);
        tracing::info!(
            passed = report.passed,
            "the drill ended: {}",
            report.message
        );
        let title = view::drill::ended(&report);
        self.notify_of_drill(now, title, report.message.clone());
        self.event_over(view::thread::DRILL);
        if let Some(run) = &mut self.state.drill {
            run.report = Some(report);
        }
    }

    /// For the gateway.
    pub(super) fn live_drill(&self) -> Option<LiveDrill> {
        let run = self.state.drill.as_ref()?;
        (run.live && run.is_running()).then(|| LiveDrill {
            route: run.plan.route.clone(),
            dialect: run.plan.dialect,
            failure: run.live_failure,
            until: run.until,
        })
    }

    /// Live requests of this plan's route meet the failure until then.
    pub(crate) fn drilled_until(&self, plan: &Plan) -> Option<DateTime<Utc>> {
        let live = self.live_drill()?;
        (live.route == plan.route && live.dialect == plan.dialect).then_some(live.until)
    }

    fn live_changed(&mut self, now: DateTime<Utc>) {
        if self.running.drill != self.live_drill() {
            self.reconfigure(now);
        }
    }

    fn notify_of_drill(&mut self, now: DateTime<Utc>, title: String, body: String) {
        let row = NotificationRow {
            at: now,
            kind: NotificationKind::Fallback,
            thread: view::thread::DRILL.into(),
            title: format!("{}{title}", view::notification::REHEARSAL),
            body,
            urgency: Urgency::Low,
            incident: None,
        };
        self.notify(now, Weight::Outage, row, Vec::new());
    }

    /// The real route where a fallback exists, else the rehearsal models.
    fn drill_plan(&self, model: Option<&str>, live: bool) -> Result<DrillPlan, ControlError> {
        if self.state.paused || self.state.draining {
            return Err(ControlError {
                error: "no fallback is used now: Understudy is paused or stopping".into(),
                fix: Some("resume it, then start the drill".into()),
            });
        }
        let wanted = match model {
            Some(model) => Some(self.drilled_model(model)),
            None => self.latest_model(),
        };
        let real = wanted.as_ref().and_then(|(dialect, model, login)| {
            let plan = self.drilled(*dialect, model, *login);
            DrillPlan::of(&plan, *login, &self.state.catalog)
        });
        match (real, model) {
            (Some(plan), _) if plan.fallback.is_some() || plan.held.is_some() || live => Ok(plan),
            (None, Some(model)) if !model.starts_with(REHEARSAL_PREFIX) => Err(ControlError {
                error: format!("no provider of a route serves {model:?}"),
                fix: Some("`understudyd doctor` lists the routes and their models".into()),
            }),
            (real, _) => {
                let needs_client = real.is_some_and(|plan| plan.needs_client);
                let model = format!("{REHEARSAL_PREFIX}{REHEARSED}");
                let plan = self.drilled(Dialect::Anthropic, &model, Login::None);
                let plan = DrillPlan::of(&plan, Login::None, &self.state.catalog);
                let plan = plan.map(|plan| DrillPlan {
                    needs_client,
                    ..plan
                });
                plan.ok_or_else(|| ControlError {
                    error: "the rehearsal provider is not in the catalogue".into(),
                    fix: None,
                })
            }
        }
    }

    fn drilled(&self, dialect: Dialect, model: &str, login: Login) -> Plan {
        let caller = Caller::agent(login);
        Plan::explain_drill(&self.config, &self.state.breakers, dialect, model, &caller)
    }

    /// The dialect in which clients request this model, and their kind of login.
    fn drilled_model(&self, model: &str) -> (Dialect, String, Login) {
        let mut last = self.state.choices.last_requests();
        let seen = last.find(|(_, request)| request.model == model);
        if let Some((client, request)) = seen {
            let login = self.caller_of(client, request).login;
            return (
                request.dialect,
                model.to_owned(),
                self.known_login(request.dialect, model, login),
            );
        }
        let spoken = Dialect::ALL.into_iter().find(|dialect| {
            let login = self.usual_caller(*dialect).login;
            let plan = self.drilled(*dialect, model, self.known_login(*dialect, model, login));
            let primary = plan.candidates.iter().find(|c| c.is_primary());
            let primary = primary.and_then(|c| self.state.catalog.endpoint(&c.endpoint));
            primary.is_some_and(|endpoint| endpoint.speaks(*dialect))
        });
        let dialect = spoken.unwrap_or(Dialect::Anthropic);
        let login = self.usual_caller(dialect).login;
        (
            dialect,
            model.to_owned(),
            self.known_login(dialect, model, login),
        )
    }

    /// Before the first request of a client, its login is not known. The primary gets no request, so a subscription, whose
    /// fallbacks need the most consent, is assumed where the route needs a login.
    fn known_login(&self, dialect: Dialect, model: &str, login: Login) -> Login {
        if login != Login::None {
            return login;
        }
        let plan = self.drilled(dialect, model, Login::None);
        let first = plan.dropped.iter().any(|dropped| {
            let endpoint = self.state.catalog.endpoint(&dropped.endpoint);
            matches!(dropped.why, Ineligible::NoKey { .. })
                && endpoint.is_some_and(|e| e.accepts_client_login && e.speaks(dialect))
        });
        match first {
            true => Login::Subscription,
            false => Login::None,
        }
    }

    /// The model of the newest request, else of a route in use.
    fn latest_model(&self) -> Option<(Dialect, String, Login)> {
        if let Some((client, request)) = self.state.choices.latest() {
            let login = self.caller_of(client, request).login;
            let (dialect, model) = (request.dialect, request.model.clone());
            let login = self.known_login(dialect, &model, login);
            return Some((dialect, model, login));
        }
        let mut targets = self.state.targets.iter();
        let target = targets.find(|target| target.usual)?;
        let (dialect, model) = (target.turn.dialect, target.turn.model.clone());
        let login = self.known_login(dialect, &model, self.usual_caller(dialect).login);
        Some((dialect, model, login))
    }

    /// What the clients of the last requests would get, and the pipelines.
    fn set_up(&self, drilled: &DrillPlan) -> SetUp {
        let mut plans: Vec<(Whose, Plan)> = Vec::new();
        let last = self.state.choices.last_requests();
        for (client, request) in last.filter(|(_, request)| request.pipeline.is_none()) {
            let caller = self.caller_of(client, request);
            let plan = self.explain(request.dialect, &request.model, &caller);
            plans.push((Whose::Client(client.clone()), plan));
        }
        if plans.is_empty() && !drilled.rehearsal {
            let caller = Caller::agent(drilled.login);
            let plan = self.explain(drilled.dialect, &drilled.model, &caller);
            plans.push((Whose::AnyClient, plan));
        }
        if plans.is_empty() {
            plans.extend(self.plans_of_connected());
        }
        for (name, plan) in self.pipeline_plans() {
            plans.push((Whose::Pipeline(name), plan));
        }
        view::set_up::of(&self.state, &plans)
    }

    /// For a large model of each one's vendor. A subscription is assumed: its fallbacks need the most consent.
    fn plans_of_connected(&self) -> Vec<(Whose, Plan)> {
        let plans = self.connected.iter().filter_map(|name| {
            let connection = KnownClient::named(name)?.connect.as_ref()?;
            let mut providers = self.state.catalog.providers().iter();
            let provider = providers.find(|provider| provider.name == connection.vendor)?;
            let model = provider.tiers.get(&Tier::Large)?.fallback_model.as_ref()?;
            let mut endpoints = provider.endpoints.iter();
            let endpoint = endpoints.find(|endpoint| endpoint.accepts_client_login)?;
            let dialect = endpoint
                .preferred
                .or(endpoint.paths.keys().next().copied())?;
            let plan = self.explain(dialect, model.as_str(), &Caller::agent(Login::Subscription));
            Some((Whose::Client(name.clone()), plan))
        });
        plans.collect()
    }
}

/// A real provider got the request.
fn is_billed(attempt: &AttemptRow) -> bool {
    !booking::is_rehearsal(&attempt.provider) && attempt.outcome != AttemptOutcome::Drill
}
