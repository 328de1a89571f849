//! Results of the watch and of traffic: stored, and passed to the health book.

use chrono::{DateTime, Utc};
use health::{CallOutcome, CallSource, Observation};

use super::{Desk, Effect, Record};
use crate::booking;
use crate::state::PageRead;

impl Desk {
    pub(super) fn watched(&mut self, now: DateTime<Utc>, report: watch::Report) {
        match report {
            watch::Report::Observed(observation) => self.observe(now, observation),
            // `main_loop` handles the reply to this command.
            watch::Report::Round(_) => {}
            watch::Report::Checked { connectivity, .. } => {
                self.state.connectivity = Some(connectivity);
            }
            watch::Report::PageRead {
                provider,
                at,
                error,
                changed,
                verified,
                missing,
                ..
            } => {
                let read = PageRead {
                    at,
                    error,
                    changed,
                    verified,
                    missing,
                };
                self.state.pages.insert(provider, read);
            }
            watch::Report::Probed {
                at,
                provider,
                endpoint,
                model,
                outcome,
                ttft_ms,
                total_ms,
                tokens,
                usage_reported,
                cost,
            } => {
                let price_as_of = self
                    .state
                    .catalog
                    .price(&provider, model.as_str(), at)
                    .and_then(|price| price.as_of.clone());
                let tokens = usage_reported.then_some(tokens);
                let outcome = booking::call_words(&outcome).into();
                let row = ledger::ProbeRow {
                    at,
                    provider,
                    endpoint,
                    model,
                    outcome,
                    ttft_ms,
                    total_ms,
                    tokens,
                    cost,
                    price_as_of,
                };
                self.effect(Effect::Record(Record::Probe(Box::new(row))));
                self.state.today.probed(cost);
            }
        }
    }

    pub(super) fn observe(&mut self, now: DateTime<Utc>, observation: Observation) {
        if let Observation::Call {
            endpoint,
            model,
            outcome:
                CallOutcome::Ok {
                    ttft_ms: Some(ttft),
                    ..
                },
            ..
        } = &observation
        {
            self.state
                .ttft
                .insert((endpoint.clone(), model.to_string()), *ttft);
        }
        if let Observation::Call {
            endpoint,
            model,
            outcome,
            ..
        } = &observation
        {
            let well = match outcome {
                CallOutcome::Ok { .. } => Some(true),
                CallOutcome::Failed { .. } | CallOutcome::Ours(_) => Some(false),
                CallOutcome::Neutral => None,
            };
            if well == Some(true) {
                self.state.draining_items.answered(endpoint, model);
            }
            if let Some(well) = well {
                self.state.fallbacks.seen(now, endpoint, model, well);
            }
        }
        self.effect(Effect::Record(Record::Observation(observation.clone())));
        if let Observation::Call {
            provider,
            endpoint,
            model,
            source: CallSource::Probe,
            outcome,
            ..
        } = &observation
        {
            self.effect(Effect::Probed {
                provider: provider.clone(),
                endpoint: endpoint.clone(),
                model: model.clone(),
                outcome: outcome.clone(),
            });
        }
        let rehearsed = matches!(&observation, Observation::Call { provider, .. } if booking::is_rehearsal(provider));
        let book = if rehearsed {
            &mut self.rehearsal_book
        } else {
            &mut self.book
        };
        let answers = match &observation {
            Observation::Call {
                provider,
                model,
                outcome: CallOutcome::Ok { .. },
                ..
            } => Some((provider.clone(), model.clone())),
            Observation::Call { .. } | Observation::Page { .. } | Observation::Network { .. } => {
                None
            }
        };
        let transitions = book.observe(now, observation);
        self.apply(now, transitions);
        if let Some((provider, model)) = answers {
            self.paid_model_answers(now, &provider, &model);
        }
    }
}
