//! Consent for paid fallbacks, requested when a fallback is needed: "OpenAI can answer: about $0.57 for the next turn. Allow
//! it?" It is the only consent question about cost.

use catalog::{EndpointId, MicroDollars, ModelId, Price, ProviderId, Tokens};
use chrono::{DateTime, Utc};
use gateway::{Caller, Consent, Exchange, Ineligible, Login, Plan};
use ledger::{NoticeKind, NoticeRow, Urgency};

use super::{Desk, Record, keys};
use crate::view;

/// A token of English or of code has about four bytes.
const BYTES_A_TOKEN: u64 = 4;
/// Output tokens of a turn without a measurement.
const USUAL_OUTPUT: u64 = 500;

/// A paid fallback for which no consent has been requested since its primary failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaidQuestion {
    /// The provider that fails.
    pub failing: ProviderId,
    pub failing_model: ModelId,
    pub by: ProviderId,
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// None: the price is unknown.
    pub cost: Option<TurnCost>,
}

/// Estimated cost of a client's turns at a fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TurnCost {
    /// The next turn, whose prompt is not in the fallback's cache.
    pub first: MicroDollars,
    /// Each later turn.
    pub next: MicroDollars,
}

/// The owner's answer for one outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaidAnswer {
    pub failing: ProviderId,
    /// The model of the failed request; its recovery ends the outage for this client.
    pub model: ModelId,
    pub allowed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PaidConsent {
    question: Option<PaidQuestion>,
    answer: Option<PaidAnswer>,
    /// Output tokens of responses to agents, and the number of responses.
    output: (u64, u64),
}

impl PaidConsent {
    pub(crate) fn question(&self) -> Option<&PaidQuestion> {
        self.question.as_ref()
    }

    /// The owner's answer, valid until the provider is back.
    pub(crate) fn answer(&self) -> Option<&PaidAnswer> {
        self.answer.as_ref()
    }

    pub(crate) fn restored(answer: Option<PaidAnswer>) -> PaidConsent {
        PaidConsent {
            answer,
            ..PaidConsent::default()
        }
    }

    fn measured(&mut self, exchange: &Exchange) {
        let report = exchange.attempts.last().map(|attempt| &attempt.report);
        let told = report.filter(|report| report.usage_told && report.tokens.output > 0);
        if let Some(output) = told.map(|report| report.tokens.output) {
            self.output.0 = self.output.0.saturating_add(output);
            self.output.1 += 1;
        }
    }

    /// `input`: tokens of the prompt.
    pub(crate) fn turn_cost(&self, price: &Price, input: u64) -> TurnCost {
        let output = self.usual_output();
        let first = Tokens {
            input,
            output,
            ..Tokens::default()
        };
        let next = Tokens {
            cache_read: input,
            output,
            ..Tokens::default()
        };
        TurnCost {
            first: price.cost(first),
            next: price.cost(next),
        }
    }

    fn usual_output(&self) -> u64 {
        self.output
            .0
            .checked_div(self.output.1)
            .unwrap_or(USUAL_OUTPUT)
    }
}

impl PaidAnswer {
    /// Parses the ledger's form.
    pub(crate) fn parse(kept: &str) -> Option<PaidAnswer> {
        let mut parts = kept.split('\t');
        Some(PaidAnswer {
            failing: ProviderId::new(parts.next().filter(|id| !id.is_empty())?),
            model: ModelId::new(parts.next()?),
            allowed: parts.next()? == "yes",
        })
    }

    fn kept(&self) -> String {
        let word = if self.allowed { "yes" } else { "no" };
        format!("{}\t{}\t{word}", self.failing, self.model)
    }
}

impl Desk {
    /// After an agent's request: requests consent if it is the only obstacle to a fallback.
    pub(super) fn ask_for_paid(&mut self, now: DateTime<Utc>, exchange: &Exchange, answered: bool) {
        if answered {
            self.state.paid.measured(exchange);
            return;
        }
        let by_subscription = exchange.attempts.iter().any(|a| a.by_subscription);
        let asks = self.spending().subscription_to_paid_key == Consent::Ask;
        // A pipeline's requests follow its settings, and are parked if the settings allow no fallback.
        let interactive = exchange.pipeline.is_none() && exchange.client.is_agent();
        if !asks || !by_subscription || !interactive || self.state.paid.question.is_some() {
            return;
        }
        let caller = Caller::agent(Login::Subscription);
        let plan = self.explain(exchange.dialect, &exchange.model, &caller);
        let Some(question) = self.question(exchange, &plan) else {
            return;
        };
        let declined = self.state.paid.answer.as_ref();
        if declined.is_some_and(|answer| answer.failing == question.failing) {
            return;
        }
        self.sibling_question_answered();
        let failing = question.failing.clone();
        self.state.paid.question = Some(question);
        let Some(card) = view::question::paid(&self.state) else {
            return;
        };
        let (title, body) = card.text.split_once(": ").unwrap_or((&card.text, ""));
        let row = NoticeRow {
            at: now,
            kind: NoticeKind::Fallback,
            thread: view::notice::thread(&failing),
            title: title.to_owned(),
            body: capitalized(body),
            urgency: Urgency::Normal,
            incident: None,
        };
        let actions = card.answers.into_iter().map(|answer| api::NoticeAction {
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
            let down = view::headline::level_of(&self.state, &endpoint.provider);
            let down = matches!(down, api::Level::PartialOutage | api::Level::MajorOutage);
            (dropped.why == Ineligible::NeedsYes && !down).then_some((endpoint, &dropped.model))
        })?;
        let input = input_tokens(exchange)?;
        let price = self.state.catalog.price(&endpoint.provider, model.as_str());
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
        let Some(question) = self.state.paid.question.take() else {
            let open = view::question::questions(&self.state).into_iter().next();
            return match open {
                Some(other) => format!(
                    "No question on a fallback that costs money is open. The open one is: {} ({})",
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
        self.state.paid.answer = Some(answer);
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
        let paid = &self.state.paid;
        let asked = paid
            .question
            .as_ref()
            .map(|q| (&q.failing, &q.failing_model));
        let answered = paid.answer.as_ref().map(|a| (&a.failing, &a.model));
        let is_it = |of: Option<(&ProviderId, &ModelId)>| of == Some((provider, model));
        if !self.state.open.contains_key(provider) && (is_it(asked) || is_it(answered)) {
            self.paid_outage_over(now, provider);
        }
    }

    /// Ends the consent, which was for this outage, when the provider has recovered.
    pub(super) fn paid_outage_over(&mut self, now: DateTime<Utc>, provider: &ProviderId) {
        let paid = &mut self.state.paid;
        paid.question.take_if(|q| q.failing == *provider);
        let ended = paid.answer.take_if(|answer| answer.failing == *provider);
        if ended.is_some() {
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
