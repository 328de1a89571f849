//! "Claude Code uses GPT until midnight": the owner's choice of the provider that a client's requests go to first.

mod choices;
mod last_request;

use std::collections::BTreeMap;

use catalog::ProviderId;
use chrono::{DateTime, Utc};
use gateway::{Exchange, ExchangeKind, Outcome};

use super::consent::input_tokens;
use super::restored::RecentClient;
use super::{Desk, Record, keys};
use crate::state::State;
use crate::view;

pub(crate) use choices::{Choice, Choices};
pub(crate) use last_request::{LastRequest, Offer, Planned};

impl Desk {
    /// Handles the owner's choice of a provider, or of auto, for a client. Returns a sentence for the owner.
    pub(super) fn use_now(
        &mut self,
        now: DateTime<Utc>,
        client: &str,
        provider: Option<&str>,
        pin: bool,
    ) -> Result<String, api::ControlError> {
        let refused = |error: String, fix: &str| {
            Err(api::ControlError {
                error,
                fix: Some(fix.to_owned()),
            })
        };
        let known = self.state.choices.clients();
        let found = known.iter().find(|name| name.eq_ignore_ascii_case(client));
        let Some(client) = found.map(|name| (*name).clone()) else {
            return refused(
                format!("no client named {client:?} has sent a request"),
                "`understudyd use` lists the clients, and how to connect one",
            );
        };
        let Some(name) = provider else {
            if self.state.choices.lift(&client) {
                tracing::info!(%client, "the choice of a provider ended; the usual order applies");
                self.choices_changed(now);
            }
            return Ok(format!(
                "{client}: auto. Requests follow the usual order; a session that moved returns as after an outage."
            ));
        };
        let Some(provider) = provider_named(&self.state, name) else {
            return refused(
                format!("no provider is named {name:?}"),
                "`understudyd use` lists the choices",
            );
        };
        if let Some((why, fix)) = view::use_now::unusable(&self.state, &client, &provider) {
            let product = self.state.product(&provider);
            return refused(
                format!("{product} cannot be used: {why}. {client} stays with the usual order"),
                &fix,
            );
        }
        let until = (!pin).then(|| self.state.zone.day_ends(now));
        let choice = Choice { provider, until };
        self.state.choices.set(client.clone(), choice);
        self.choices_changed(now);
        let sentence = view::use_now::sentence(&self.state, &client, now);
        Ok(sentence.unwrap_or_default())
    }

    /// Removes the choices whose day has ended.
    pub(super) fn choices_due(&mut self, now: DateTime<Utc>) {
        let ended = self.state.choices.remove_ended(now);
        for (client, choice) in &ended {
            tracing::info!(%client, provider = %choice.provider, "the choice of a provider has ended; the usual order applies");
        }
        if !ended.is_empty() {
            self.choices_changed(now);
        }
    }

    fn choices_changed(&mut self, now: DateTime<Utc>) {
        let kept = self.state.choices.kept();
        self.effect(Record::meta(keys::USE_NOW, kept));
        self.reconfigure(now);
    }

    /// Restores the choices of an earlier run, without those whose day has ended.
    pub(super) fn choices_restored(
        &mut self,
        now: DateTime<Utc>,
        choices: BTreeMap<String, Choice>,
    ) {
        self.state.choices.restore(choices);
        self.choices_due(now);
    }

    /// Newest first.
    pub(super) fn last_requests_restored(&mut self, clients: &[RecentClient]) {
        for client in clients.iter().rev() {
            let request = LastRequest {
                dialect: client.dialect,
                model: client.model.clone(),
                pipeline: client.pipeline.clone(),
                subscription: client.subscription,
                input: client.input,
                answered_by: None,
                planned: None,
            };
            self.state.choices.record(&client.name, request);
        }
    }

    /// Stores this client's last request.
    pub(super) fn learn_client(&mut self, exchange: &Exchange) {
        if exchange.attempts.is_empty() || exchange.kind != ExchangeKind::Generate {
            return;
        }
        let name = &exchange.client.name;
        // A request to a chosen provider does not show the client's kind of login, so the previous kind stays.
        let before = self.state.choices.last_request(name);
        let subscription = exchange.attempts.iter().any(|a| a.by_subscription)
            || self.by_choice(exchange) && before.is_some_and(|known| known.subscription);
        let request = LastRequest {
            dialect: exchange.dialect,
            model: exchange.model.clone(),
            pipeline: exchange.pipeline.clone(),
            subscription,
            input: input_tokens(exchange),
            answered_by: answered_by(exchange),
            planned: None,
        };
        if self.state.choices.record(name, request) {
            self.traffic_has_news = true;
        }
    }

    /// True if all attempts went to the provider that the owner chose.
    pub(super) fn by_choice(&self, exchange: &Exchange) -> bool {
        let choice = self.state.choices.of(&exchange.client.name);
        let only = exchange.attempts.first();
        choice.zip(only).is_some_and(|(choice, first)| {
            let mut attempts = exchange.attempts.iter();
            first.provider == choice.provider && attempts.all(|a| a.provider == first.provider)
        })
    }

    /// The choices for the gateway.
    pub(super) fn gateway_choices(&self) -> BTreeMap<String, gateway::UseNow> {
        let of = |(client, choice): (&String, &Choice)| {
            let reason = match choice.until {
                Some(until) => {
                    let until = self.state.clock_time(until);
                    format!("first by your choice until {until}")
                }
                None => "first by your choice until you end it".to_owned(),
            };
            let provider = choice.provider.clone();
            (client.clone(), gateway::UseNow { provider, reason })
        };
        self.state.choices.iter().map(of).collect()
    }
}

fn answered_by(exchange: &Exchange) -> Option<ProviderId> {
    let last = exchange.attempts.last()?;
    let answered = matches!(last.outcome, Outcome::Answered(_));
    answered.then(|| last.provider.clone())
}

/// A provider by its id, its product, its name, or the first word of its models ("gpt").
fn provider_named(state: &State, name: &str) -> Option<ProviderId> {
    let is_it = |text: &str| text.eq_ignore_ascii_case(name);
    let named = |provider: &&catalog::Provider| {
        is_it(provider.id.as_str()) || is_it(&provider.product) || is_it(&provider.name)
    };
    let makes = |provider: &&catalog::Provider| {
        let mut models = provider.models.iter();
        models.any(|model| model.id.as_str().split('-').next().is_some_and(is_it))
    };
    let providers = || state.catalog.providers().iter();
    let found = providers().find(named).or_else(|| providers().find(makes));
    found.map(|provider| provider.id.clone())
}
