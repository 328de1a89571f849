//! Parked requests finish without a person: which one runs, when, and who gets its response.

use std::collections::BTreeMap;

use catalog::{Auth, Dialect, EndpointId, MicroDollars, ModelId};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Caller, CallerKind, Consent, Credential, Ineligible, Login, Plan, Standing};
use health::{Basis, Level, Verdict};
use ledger::{
    Delivery, Drainable, ExchangeRow, NextDelivery, NotificationKind, NotificationRow, Urgency,
};

use super::reviews::{Answerer, Facts, Open, READ_EVERY, RunResult, Waits, receiver, waits};
use super::{Desk, Effect, Record, ReviewWork};
use crate::fallback_test::cost::Expected;
use crate::settings::{Drain, Receiver, Weight};
use crate::view;

/// Shortest time between two decisions without a read: many events in a second decide once.
const DECIDE_EVERY: TimeDelta = TimeDelta::seconds(1);
/// A read of the items without a change: they grow old.
const READ_AT_LATEST: TimeDelta = TimeDelta::minutes(10);

type Model = (EndpointId, ModelId);
/// What a plan depends on: pipeline, dialect, model, and whether the client had a subscription.
type Request = (String, Dialect, String, bool);

impl Desk {
    pub(super) fn drain_changed(&mut self) {
        self.state.draining_items.change();
    }

    /// Reads the items if they have changed, decides, and starts what is due.
    pub(super) fn drain_due(&mut self, now: DateTime<Utc>) {
        let items = &mut self.state.draining_items;
        let last = items.read_at;
        let old = last.is_none_or(|at| now - at >= READ_AT_LATEST) && !items.open.is_empty();
        if (items.changed && last.is_none_or(|at| now - at >= READ_EVERY)) || old {
            items.changed = false;
            items.read_at = Some(now);
            self.effect(Effect::Record(Record::ReadDrainable));
        }
        let decided = self.state.draining_items.decided_at;
        let due = self
            .state
            .draining_items
            .next_due()
            .is_some_and(|at| at <= now);
        if due || decided.is_none_or(|at| now - at >= DECIDE_EVERY) {
            self.decide_drain(now);
        }
    }

    pub(super) fn drainable_read(&mut self, now: DateTime<Utc>, items: Vec<Drainable>) {
        let open = items.into_iter().map(|item| Open {
            item,
            waits: Waits::SwitchedOff,
            cost: None,
        });
        self.state.draining_items.open = open.collect();
        self.decide_drain(now);
    }

    fn decide_drain(&mut self, now: DateTime<Utc>) {
        self.state.draining_items.decided_at = Some(now);
        if self.state.draining_items.open.is_empty() {
            return;
        }
        let mut open = std::mem::take(&mut self.state.draining_items.open);
        let mut planned: BTreeMap<Request, (Answerer, Option<Model>)> = BTreeMap::new();
        let mut next = None;
        for one in &mut open {
            let row = &one.item.row;
            let name = row.pipeline.clone().unwrap_or_default();
            let key = (
                name.clone(),
                row.dialect,
                row.model.clone(),
                row.subscription,
            );
            let (answerer, model) = planned
                .entry(key)
                .or_insert_with(|| self.answerer(now, &name, &one.item))
                .clone();
            one.cost = model
                .as_ref()
                .and_then(|model| self.run_cost(row.size, model));
            let settings = &self.state.settings;
            let drain = drain_of(settings, &name);
            let figures = settings.pipelines.iter().find(|one| one.name == name);
            let items = &self.state.draining_items;
            let running = items.running.as_ref().is_some_and(|(id, _)| *id == row.id);
            let facts = Facts {
                item: &one.item,
                drain: &drain,
                hours: figures.map(|figures| &figures.schedule),
                answerer: &answerer,
                turn: items.turns.get(&name).copied().unwrap_or(now),
                running,
                paused: self.state.paused || self.state.draining,
            };
            one.waits = waits(&facts, now);
            match &one.waits {
                Waits::Nothing if next.is_none() && items.running.is_none() => {
                    next = Some((row.id.clone(), name, model, drain.every));
                    one.waits = Waits::Running;
                }
                Waits::Nothing => one.waits = Waits::Turn(now + drain.every),
                Waits::Delivery(at) if *at <= now && !self.state.draining => {
                    self.deliver(now, &one.item, &drain);
                }
                Waits::Turn(_)
                | Waits::Running
                | Waits::Delivery(_)
                | Waits::Refused(_)
                | Waits::Unknown
                | Waits::Caller
                | Waits::Similar(_)
                | Waits::NoReceiver
                | Waits::NoAddress
                | Waits::BadAddress
                | Waits::SwitchedOff
                | Waits::NotStored
                | Waits::TooOld(_)
                | Waits::RunsUsed(_)
                | Waits::Hours(_)
                | Waits::Paused
                | Waits::Model(_)
                | Waits::NoCandidate(_)
                | Waits::Consent
                | Waits::Cap(_) => {}
            }
        }
        self.state.draining_items.open = open;
        if let Some((id, pipeline, model, every)) = next {
            let items = &mut self.state.draining_items;
            items.turns.insert(pipeline, now + every);
            items.running = Some((id.clone(), model));
            tracing::info!(%id, "a parked request is sent again");
            self.effect(Effect::Drain(id));
        }
    }

    /// Sends the response to its receiver. After a crash it is not known whether an attempt arrived: a receiver that removes
    /// doubles gets it again, any other one does not.
    fn deliver(&mut self, now: DateTime<Utc>, item: &Drainable, drain: &Drain) {
        let row = &item.row;
        if self.state.draining_items.delivering.contains(&row.id) {
            return;
        }
        let target = match receiver(row.resume.as_ref(), drain) {
            Ok(Some(target)) => target.clone(),
            Ok(None) | Err(_) => {
                let note = "The pipeline has no receiver any more.".to_owned();
                return self.delivery_stops(now, &row.id, Delivery::Failed, note);
            }
        };
        match target {
            Receiver::Webhook { .. } | Receiver::Resume => {
                self.state.draining_items.delivering.insert(row.id.clone());
                self.effect(Effect::Deliver(row.id.clone(), target));
            }
            // The settings have changed: its caller fetches it.
            Receiver::Fetch => {}
        }
    }

    fn delivery_stops(&mut self, now: DateTime<Utc>, id: &str, state: Delivery, note: String) {
        let next = NextDelivery {
            state,
            at: now,
            note,
        };
        let id = id.to_owned();
        self.effect(Effect::Record(Record::DeliveryEnded { id, next }));
        self.drain_changed();
    }

    pub(super) fn not_sent(&mut self, id: &str) {
        self.state.draining_items.delivering.remove(id);
        self.drain_changed();
    }

    pub(super) fn drained(&mut self, now: DateTime<Utc>, id: &str, result: RunResult) {
        let items = &mut self.state.draining_items;
        if let Some((_, model)) = items.running.take_if(|(running, _)| running == id)
            && let (RunResult::ModelFailed, Some(model)) = (result, model)
        {
            // The others wait until this model has answered.
            items.failed.insert(model);
        }
        items.change();
        items.read_at = None;
        self.drain_due(now);
    }

    pub(super) fn delivery_ended(&mut self, now: DateTime<Utc>, id: &str, next: &NextDelivery) {
        let items = &mut self.state.draining_items;
        items.delivering.remove(id);
        let open = items.open.iter().find(|open| open.item.row.id == id);
        let pipeline = open.and_then(|open| open.item.row.pipeline.clone());
        items.change();
        items.read_at = None;
        if matches!(next.state, Delivery::Failed | Delivery::Unknown) {
            let whose = pipeline.map_or_else(String::new, |name| format!(" of {name}"));
            let row = NotificationRow {
                at: now,
                kind: NotificationKind::Review,
                thread: view::thread::REVIEW.into(),
                title: format!("A response{whose} could not be delivered"),
                body: format!("{} The response is in the review queue as {id}.", next.note),
                urgency: Urgency::Normal,
                incident: None,
            };
            self.notify(now, Weight::Act, row, Vec::new());
        }
        self.drain_due(now);
    }

    /// A run of the drain counts against the daily cap like a fallback, also if the primary answers: a kept key pays.
    pub(super) fn with_drain_cost(
        &mut self,
        row: &ExchangeRow,
        review: Option<ReviewWork>,
    ) -> Option<ReviewWork> {
        let beyond = row.cost.unwrap_or_default().0 - row.fallbacks_cost().0;
        let cost = MicroDollars(beyond.max(0));
        match review {
            Some(ReviewWork::Drained { id, .. }) => {
                self.state.today.drained(cost);
                Some(ReviewWork::Drained { id, cost })
            }
            Some(ReviewWork::Park(failed)) => {
                let running = self.state.draining_items.running.as_ref();
                if running.is_some_and(|(id, _)| *id == failed.id) && cost > MicroDollars::ZERO {
                    self.state.today.drained(cost);
                    self.effect(Effect::Record(Record::DrainCost(failed.id.clone(), cost)));
                }
                Some(ReviewWork::Park(failed))
            }
            other @ (Some(ReviewWork::Settle { .. }) | None) => other,
        }
    }

    /// The receiver of a run that the owner starts.
    pub(crate) fn receiver_of(
        &self,
        pipeline: Option<&str>,
        resume: Option<&ledger::Resume>,
    ) -> Option<Receiver> {
        let drain = drain_of(&self.state.settings, pipeline?);
        receiver(resume, &drain).ok().flatten().cloned()
    }

    /// The candidate that would answer this item with a kept key.
    fn answerer(
        &self,
        now: DateTime<Utc>,
        pipeline: &str,
        item: &Drainable,
    ) -> (Answerer, Option<Model>) {
        let row = &item.row;
        let caller = Caller {
            kind: CallerKind::Pipeline(pipeline.to_owned()),
            login: Login::None,
            rerun: true,
            client: row.client.clone(),
        };
        let plan = self.explain(row.dialect, &row.model, &caller);
        let Some(first) = plan.candidates.first() else {
            return (missing(&plan), None);
        };
        let model = (first.endpoint.clone(), first.model.clone());
        let billed = first.credential == Credential::OurKey;
        let spending = self.spending();
        let answerer =
            if billed && row.subscription && spending.subscription_to_paid_key != Consent::Yes {
                Answerer::NoConsent
            } else if billed && spending.used_up.is_some() {
                Answerer::CapUsed {
                    until: self.state.zone.day_ends(now),
                }
            } else if self.is_healthy(first.standing, &first.provider, &model) {
                Answerer::Ready
            } else {
                Answerer::Failing {
                    model: first.model.to_string(),
                }
            };
        (answerer, Some(model))
    }

    /// Measured, and never assumed: unknown is not healthy.
    fn is_healthy(
        &self,
        standing: Standing,
        provider: &catalog::ProviderId,
        model: &Model,
    ) -> bool {
        let verdicts = &self.state.verdicts;
        let provider = verdicts.providers.get(provider);
        let finding = provider.and_then(|provider| provider.models.get(model));
        let works = finding.is_some_and(|finding| {
            finding.basis == Basis::Measured
                && matches!(finding.verdict, Verdict::Known(Level::Operational))
        });
        let failed = self.state.draining_items.failed.contains(model);
        standing == Standing::Closed && works && !failed && !verdicts.offline
    }

    fn run_cost(&self, size: u64, (endpoint, model): &Model) -> Option<catalog::MicroDollars> {
        let endpoint = self.state.catalog.endpoint(endpoint)?;
        let catalog = &self.state.catalog;
        let price = catalog.planned_price(&endpoint.provider, model.as_str());
        let free = price.is_none() && endpoint.auth == Auth::None && endpoint.is_local();
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        Expected::of_bytes(bytes, 1, price, free).likely
    }
}

fn missing(plan: &Plan) -> Answerer {
    let needs_consent =
        |why: &Ineligible| matches!(why, Ineligible::NeedsYes | Ineligible::Declined);
    if plan
        .dropped
        .iter()
        .any(|dropped| needs_consent(&dropped.why))
    {
        return Answerer::NoConsent;
    }
    let why = plan.dropped.first().map(|dropped| dropped.why.to_string());
    Answerer::Missing {
        why: why.unwrap_or_else(|| "no route matches its model".into()),
    }
}

pub(crate) fn drain_of(settings: &crate::settings::Settings, pipeline: &str) -> Drain {
    let details = settings.pipeline_details.get(pipeline);
    details
        .map(|details| details.drain.clone())
        .unwrap_or_default()
}
