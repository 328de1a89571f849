//! Interrupted work: the sessions that an outage cut in mid-turn, and the tool calls that they had received.

use catalog::ModelId;
use chrono::{DateTime, Utc};
use gateway::Exchange;
use ledger::Interrupted;

use super::turns::{Session, failed_by};
use super::{Desk, Effect, Record};
use crate::booking;

impl Desk {
    /// Updates its agent session after an exchange.
    pub(super) fn follow(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
        let Some(session) = Session::of(exchange) else {
            return;
        };
        let news = self.state.turns.ended(&session, exchange, now);
        if news.results || news.resumed || news.interrupted.is_some() {
            self.impact_refresh.changed();
        }
        let model = ModelId::new(&session.model);
        if news.results {
            self.effect(Effect::Record(Record::ToolResults {
                session: session.id.clone(),
                calls: exchange.tool_results.clone(),
                at: now,
            }));
        }
        if news.resumed {
            self.effect(Effect::Record(Record::Resumed {
                client: session.client.clone(),
                session: session.id.clone(),
                model: model.clone(),
                at: now,
            }));
        }
        if let (Some(calls), Some(provider)) = (news.interrupted, failed_by(exchange)) {
            let interrupted = Interrupted {
                client: session.client,
                session: session.id,
                model,
                provider: provider.clone(),
                at: now,
                end: booking::end(&exchange.end),
                calls,
            };
            self.effect(Effect::Record(Record::Interrupted(Box::new(interrupted))));
        }
    }
}
