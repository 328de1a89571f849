//! The consent question about a paid fallback, and the owner's answer.

use catalog::{EndpointId, MicroDollars, ModelId, Price, ProviderId, Tokens};
use gateway::Exchange;

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

    pub(super) fn open(&mut self, question: PaidQuestion) {
        self.question = Some(question);
    }

    pub(super) fn take_question(&mut self) -> Option<PaidQuestion> {
        self.question.take()
    }

    pub(super) fn set_answer(&mut self, answer: PaidAnswer) {
        self.answer = Some(answer);
    }

    /// True if the question or the answer is about this provider's model.
    pub(super) fn is_about(&self, provider: &ProviderId, model: &ModelId) -> bool {
        let question = self.question.as_ref();
        let question = question.map(|q| (&q.failing, &q.failing_model));
        let answer = self.answer.as_ref().map(|a| (&a.failing, &a.model));
        [question, answer].contains(&Some((provider, model)))
    }

    /// Ends the outage of this provider. True: it had an answer.
    pub(super) fn end_outage(&mut self, provider: &ProviderId) -> bool {
        self.question.take_if(|q| q.failing == *provider);
        let ended = self.answer.take_if(|answer| answer.failing == *provider);
        ended.is_some()
    }

    /// Records the output tokens of a response to an agent.
    pub(super) fn measured(&mut self, exchange: &Exchange) {
        let report = exchange.attempts.last().map(|attempt| &attempt.report);
        let reported = report.filter(|report| report.usage_reported && report.tokens.output > 0);
        if let Some(output) = reported.map(|report| report.tokens.output) {
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
            first: price.planned_cost(first),
            next: price.planned_cost(next),
        }
    }

    /// Mean output tokens of a response to an agent.
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

    /// The form for the ledger.
    pub(super) fn kept(&self) -> String {
        let word = if self.allowed { "yes" } else { "no" };
        format!("{}\t{}\t{word}", self.failing, self.model)
    }
}
