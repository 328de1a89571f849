//! Interrupted work: which sessions an outage cut in mid-turn, and what their tools had been told to do.

use api::{Accepted, ControlError};
use catalog::ModelId;
use chrono::{DateTime, Utc};
use gateway::Exchange;
use ledger::Interrupted;

use super::MainLoop;
use crate::booking;
use crate::turns::{Session, failed_by};

impl MainLoop {
    /// An exchange has ended: where does its session stand?
    pub(super) fn follow(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
        let Some(session) = Session::of(exchange) else {
            return;
        };
        let news = self.state.turns.ended(&session, exchange, now);
        let model = ModelId::new(&session.model);
        if news.results {
            self.kept("note the results of tool calls", |ledger| {
                ledger.results_seen(&session.id, &exchange.tool_results, now)
            });
        }
        if news.resumed {
            self.kept("note that a session goes on", |ledger| {
                ledger
                    .resumed(&session.client, &session.id, &model, now)
                    .map(|_| ())
            });
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
            self.kept("note an interrupted session", |ledger| {
                ledger.interrupt(&interrupted).map(|_| ())
            });
        }
    }

    pub(super) fn checked(
        &mut self,
        now: DateTime<Utc>,
        id: i64,
    ) -> Result<Accepted, ControlError> {
        match self.ledger.check_interruption(id, now) {
            Ok(true) => Ok(Accepted {
                said: "Noted: you checked it.".into(),
            }),
            Ok(false) => Err(ControlError {
                error: format!("there is no interrupted session {id}"),
                fix: Some("`understudyd incidents <id>` lists an incident's".into()),
            }),
            Err(error) => Err(ControlError {
                error: format!("it could not be noted: {error}"),
                fix: None,
            }),
        }
    }
}
