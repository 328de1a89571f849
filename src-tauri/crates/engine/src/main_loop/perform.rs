//! Performs the desk's effects.

use ledger::LedgerError;

use super::MainLoop;
use crate::desk::{Effect, Event, Record};
use crate::records::{self, failed};

impl MainLoop {
    /// Returns the result as an event for the desk.
    pub(super) fn perform(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::Record(Record::ReadImpact { open, now }) if self.is_running => {
                self.read_impact(open, now);
            }
            Effect::Record(record) => {
                let now = self.now();
                return records::perform(&mut self.ledger, now, record);
            }
            Effect::Nudge(nudge) => {
                // Channel full: the watch is busy and polls again on its own schedule.
                let _ = self.outlets.nudges.try_send(nudge);
            }
            Effect::Configure(configuration) => {
                let outlets = &self.outlets;
                outlets.network.send_if_modified(|ports| {
                    let changed = *ports != configuration.network;
                    ports.clone_from(&configuration.network);
                    changed
                });
                outlets.gateway_config.send_replace(configuration.gateway);
                outlets
                    .endpoints
                    .send_replace(configuration.endpoints.into());
                outlets.effects.send_replace(configuration.effects);
                outlets
                    .allowed_hosts
                    .send_replace(configuration.allowed_hosts);
            }
            Effect::Watch(targets) => {
                self.outlets.targets.send_replace(targets);
            }
            Effect::Publish(verdicts) => {
                self.outlets.verdicts.send_replace(verdicts);
            }
            Effect::Probed {
                provider,
                endpoint,
                model,
                outcome,
            } => {
                let gateway = &self.outlets.gateway;
                gateway.probed(&provider, &endpoint, &model, &outcome);
            }
            Effect::Count { exchange, row } => {
                let catalog = &self.desk.state().catalog;
                let metrics = &self.outlets.metrics;
                metrics.ended(&exchange, &row, row.carried(), catalog);
            }
            Effect::Recovered(endpoint, model) => {
                self.outlets.gateway.recovered(&endpoint, &model);
            }
            Effect::Drain(id) => return self.drain(id),
            Effect::Deliver(id, receiver) => return self.deliver(id, receiver),
            Effect::TryNow(endpoint, model) => {
                self.outlets.gateway.try_now(&endpoint, &model);
            }
        }
        Vec::new()
    }

    /// Records a failed write as a problem; the engine continues.
    pub(super) fn trouble(&mut self, what: &str, written: Result<(), LedgerError>) {
        if let Err(error) = written {
            self.ledger_trouble(what, &error);
        }
    }

    pub(super) fn ledger_trouble(&mut self, what: &str, error: &LedgerError) {
        self.decide(failed(what, error));
    }
}
