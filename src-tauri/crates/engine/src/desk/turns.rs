//! State of each agent session: the tool calls of the last response, and which of them have ended. Pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gateway::{End, Exchange, ExchangeKind, Outcome};
use ledger::DeliveredCall;

/// Most sessions that are followed; the least recent one is removed first.
const FOLLOWED: usize = 256;
/// Most calls of one turn that are listed; the last ones are kept.
const CALLS: usize = 32;

/// A conversation with one model: agents also use small ones for titles and summaries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    pub(crate) client: String,
    pub(crate) id: String,
    /// Model name in the client's request.
    pub(crate) model: String,
}

impl Session {
    /// None: no agent session. A pipeline's request is parked in the review queue instead.
    pub(crate) fn of(exchange: &Exchange) -> Option<Session> {
        let works = exchange.kind == ExchangeKind::Generate
            && !exchange.rehearsal
            && exchange.pipeline.is_none();
        let id = exchange.client.session.clone().filter(|_| works)?;
        Some(Session {
            client: exchange.client.name.clone(),
            id,
            model: exchange.model.clone(),
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Turns(HashMap<Session, Turn>);

#[derive(Debug)]
struct Turn {
    calls: Vec<DeliveredCall>,
    /// The log may contain an open interruption of it.
    interrupted: bool,
    last: DateTime<Utc>,
}

/// Effect of an exchange on the log of interrupted work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// The request contained results of earlier calls, and an interruption may depend on them.
    pub(crate) results: bool,
    /// The session received a response, and an interruption of it may be open.
    pub(crate) resumed: bool,
    /// It was interrupted after the delivery of these calls.
    pub(crate) interrupted: Option<Vec<DeliveredCall>>,
}

impl Turns {
    /// Updates the session after an exchange.
    pub(crate) fn ended(
        &mut self,
        session: &Session,
        exchange: &Exchange,
        now: DateTime<Utc>,
    ) -> News {
        self.make_room(session);
        // Interruptions before the start of this process are only in the log.
        let turn = self.0.entry(session.clone()).or_insert(Turn {
            calls: Vec::new(),
            interrupted: true,
            last: now,
        });
        turn.last = now;
        for call in &mut turn.calls {
            if exchange.tool_results.contains(&call.call) {
                call.result.get_or_insert(now);
            }
        }
        let mut news = News {
            results: turn.interrupted && !exchange.tool_results.is_empty(),
            ..News::default()
        };
        match exchange.end {
            End::Complete | End::Replayed | End::Truncated | End::Refused => {
                news.resumed = std::mem::take(&mut turn.interrupted);
                turn.calls = delivered(exchange, |_| true);
            }
            End::Cut | End::Exhausted | End::ClientLeft => {
                let working = exchange.end == End::Cut
                    || !exchange.tool_results.is_empty()
                    || !turn.calls.is_empty();
                if working && failed_by(exchange).is_some() {
                    if !exchange.tools_held {
                        turn.calls.extend(delivered(exchange, |call| call.closed));
                    }
                    turn.interrupted = true;
                    news.interrupted = Some(turn.calls.clone());
                }
            }
            End::CallersFault | End::TurnedAway(_) | End::OurFault => {}
        }
        news
    }

    fn make_room(&mut self, session: &Session) {
        if self.0.len() < FOLLOWED || self.0.contains_key(session) {
            return;
        }
        let quietest = self.0.iter().min_by_key(|(_, turn)| turn.last);
        if let Some(quietest) = quietest.map(|(session, _)| session.clone()) {
            self.0.remove(&quietest);
        }
    }
}

/// The provider of the first failed attempt, without failures of the engine itself.
pub(crate) fn failed_by(exchange: &Exchange) -> Option<&catalog::ProviderId> {
    let failed = exchange.attempts.iter().find(|attempt| {
        matches!(
            attempt.outcome,
            Outcome::Failed {
                fault: gateway::Fault::Theirs(_),
                ..
            }
        )
    });
    failed.map(|attempt| &attempt.provider)
}

/// Tool calls of the exchange's last response. A truncated response delivers the calls that it closed, unless their end is held
/// until the completion check passes.
fn delivered(
    exchange: &Exchange,
    is_delivered: impl Fn(&wire::ToolCall) -> bool,
) -> Vec<DeliveredCall> {
    let calls = exchange
        .attempts
        .last()
        .map(|attempt| &attempt.report.tool_calls);
    let calls = calls.into_iter().flatten();
    let mut calls: Vec<DeliveredCall> = calls
        .filter(|call| is_delivered(call))
        .map(|call| DeliveredCall {
            call: call.id.clone(),
            name: call.name.clone(),
            arguments: call
                .arguments
                .as_ref()
                .map(|reported| reported.reveal().to_owned()),
            result: None,
        })
        .collect();
    calls.split_off(calls.len().saturating_sub(CALLS))
}

#[cfg(test)]
mod tests;
