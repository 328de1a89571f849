//! Consent for paid fallbacks, requested when a fallback is needed: "OpenAI can answer: about $0.57 for the next turn. Allow
//! it?" It is the only consent question about cost.

mod paid;

use catalog::{ModelId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::{Caller, Consent, Exchange, Ineligible, Login, Plan};
use ledger::{NotificationKind, NotificationRow, Urgency};

use super::{Desk, Record, keys};
use crate::view;

use paid::PaidQuestion;
pub(crate) use paid::{PaidAnswer, PaidConsent, TurnCost};

/// A token of English or of code has about four bytes.
const BYTES_A_TOKEN: u64 = 4;

impl Desk {
    /// After an agent's request: requests consent if it is the only obstacle to a fallback.
    pub(super) fn ask_for_paid(&mut self, now: DateTime<Utc>, exchange: &Exchange, answered: bool) {
        if answered {
            self.state.paid.measured(exchange);
            return;
        }
        let by_subscription = exchange.attempts.iter().any(|a| a.by_subscription);
        let needs_consent = self.spending().subscription_to_paid_key == Consent::Ask;
        // A pipeline's requests follow its settings, and are parked if the settings allow no fallback.
        let interactive = exchange.pipeline.is_none() && exchange.client.is_agent();
        if !needs_consent
            || !by_subscription
            || !interactive
            || self.state.paid.question().is_some()
        {
            return;
        }
        let caller = Caller::agent(Login::Subscription);
        let plan = self.explain(exchange.dialect, &exchange.model, &caller);
        let Some(question) = self.question(exchange, &plan) else {
            return;
        };
        let declined = self.state.paid.answer();
        if declined.is_some_and(|answer| answer.failing == question.failing) {
            return;
        }
        self.sibling_question_answered();
        let failing = question.failing.clone();
        self.state.paid.open(question);
        let Some(card) = view::question::paid(&self.state) else {
            return;
        };
        let (title, body) = card.text.split_once(": ").unwrap_or((&card.text, ""));
        let row = NotificationRow {
            at: now,
            kind: NotificationKind::Fallback,
            thread: view::thread::of_provider(&failing),
            title: title.to_owned(),
            body: capitalized(body),
            urgency: Urgency::Normal,
            incident: None,
        };
        let actions = card
            .answers
            .into_iter()
            .map(|answer| api::NotificationAction {
                label: answer.label,
                command: answer.command,
            });
        let actions = actions.collect();
        self.ask(now, &failing, row, actions);
    }

    /// Question about the first fallback whose provider is not down.
    fn question(&self, exchange: &Exchange, plan: &Plan) -> Option<PaidQuestion> {
        let primary = plan.candidates.iter().find(|c| c.is_primary())?;
        let failed = |a: &gateway::Attempt| {
            a.provider == primary.provider
                && matches!(
                    a.outcome,
                    gateway::Outcome::Failed {
                        fault: gateway::Fault::Theirs(_),
                        ..
                    }
                )
        };
        if !exchange.attempts.iter().any(failed) {
            return None;
        }
        let mut waiting = plan.dropped.iter();
        let (endpoint, model) = waiting.find_map(|dropped| {
            let endpoint = self.state.catalog.endpoint(&dropped.endpoint)?;
            let down = view::verdict::level_of(&self.state, &endpoint.provider);
            let down = matches!(down, api::Level::PartialOutage | api::Level::MajorOutage);
            (dropped.why == Ineligible::NeedsYes && !down).then_some((endpoint, &dropped.model))
        })?;
        let input = input_tokens(exchange)?;
        let catalog = &self.state.catalog;
        let price = catalog.planned_price(&endpoint.provider, model.as_str());
        let cost = price.map(|price| self.state.paid.turn_cost(price, input));
        Some(PaidQuestion {
            failing: primary.provider.clone(),
            failing_model: primary.model.clone(),
            by: endpoint.provider.clone(),
            endpoint: endpoint.id.clone(),
            model: model.clone(),
            cost,
        })
    }

    /// Handles the owner's answer to the open question. Returns a sentence for the owner.
    pub(super) fn answer_paid_until_back(&mut self, now: DateTime<Utc>, allow: bool) -> String {
        let Some(question) = self.state.paid.take_question() else {
            let open = view::question::questions(&self.state).into_iter().next();
            return match open {
                Some(other) => format!(
                    "No question about a paid fallback is open. The open question is: {} ({})",
                    other.text, other.cli
                ),
                None => "No question is open.".into(),
            };
        };
        let failing = self.state.product(&question.failing);
        let by = self.state.product(&question.by);
        let answer = PaidAnswer {
            failing: question.failing,
            model: question.failing_model,
            allowed: allow,
        };
        self.effect(Record::meta(keys::PAID_UNTIL_BACK, answer.kept()));
        let provider = answer.failing.clone();
        self.state.paid.set_answer(answer);
        self.reconfigure(now);
        self.question_answered(now, &provider);
        let cap = self.state.settings.fallback_a_day;
        match allow {
            true => format!("{by} answers until {failing} is back, at most {cap} a day."),
            false => format!("{by} does not answer during this outage of {failing}."),
        }
    }

    /// Ends the consent when the model has recovered and no incident is open.
    pub(super) fn paid_model_answers(
        &mut self,
        now: DateTime<Utc>,
        provider: &ProviderId,
        model: &ModelId,
    ) {
        if !self.state.open.contains_key(provider) && self.state.paid.is_about(provider, model) {
            self.paid_outage_over(now, provider);
        }
    }

    /// Ends the consent, which was for this outage, when the provider has recovered.
    pub(super) fn paid_outage_over(&mut self, now: DateTime<Utc>, provider: &ProviderId) {
        if self.state.paid.end_outage(provider) {
            self.effect(Record::meta(keys::PAID_UNTIL_BACK, ""));
            self.reconfigure(now);
        }
    }
}

/// Estimated tokens of a request's prompt.
pub(super) fn input_tokens(exchange: &Exchange) -> Option<u64> {
    let sent = exchange.attempts.iter().map(|a| a.request_bytes).max()?;
    Some(sent / BYTES_A_TOKEN)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
