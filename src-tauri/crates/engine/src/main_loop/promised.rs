//! Work that was promised to a client: it is stored before the reply.

use gateway::{Exchange, Promise, PromisedReport, ReplayAsk, Report, Review, Unkept};

use super::MainLoop;
use super::closing::Keyed;
use crate::desk;

impl MainLoop {
    pub(super) fn keep_promise(&mut self, promise: Promise) {
        match promise {
            Promise::Replay(ask) => self.replay(ask),
            Promise::Review(ask) => {
                let kept = ask.answer(&mut self.ledger);
                self.trouble("read or write a parked request", kept);
                self.count_reviews();
            }
            Promise::Report(promised) => self.promised_report(promised),
        }
    }

    fn replay(&mut self, ask: ReplayAsk) {
        let keyed = Keyed::of(&ask);
        let kept = ask.answer(&mut self.ledger);
        if kept.is_ok() && self.stop.is_in_progress() {
            self.closing.count(keyed);
        }
        self.trouble("store a response under its idempotency key", kept);
    }

    fn promised_report(&mut self, promised: PromisedReport) {
        let (report, receipt) = promised.open();
        let parked = parked_by(&report);
        self.report(report);
        receipt.give(parked.map_or(Ok(()), |id| self.is_kept(&id)));
    }

    pub(super) fn report(&mut self, report: Report) {
        let event = match report {
            Report::Began(began) => desk::Event::Began(began),
            Report::Ended(exchange) => {
                if self.stop.is_in_progress() {
                    self.closing.ended(&exchange);
                }
                desk::Event::Ended(exchange)
            }
            Report::Unfetched(unfetched) => desk::Event::Unfetched(unfetched),
        };
        self.decide(event);
    }

    /// Reads the item back: its client acts on the id.
    fn is_kept(&self, id: &str) -> Result<(), Unkept> {
        if self.ledger.file().is_none() {
            return Err(Unkept::in_memory());
        }
        match self.ledger.is_parked(id) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let why = self.state().ledger_trouble.as_ref().map(|t| t.why());
                let why = why.unwrap_or("The ledger did not store it.");
                Err(Unkept::because(why.to_owned()))
            }
            Err(error) => Err(Unkept::because(format!(
                "The ledger cannot be read: {error}."
            ))),
        }
    }
}

fn parked_by(report: &Report) -> Option<String> {
    match report {
        Report::Ended(exchange) => parked_id(exchange),
        Report::Began(_) | Report::Unfetched(_) => None,
    }
}

fn parked_id(exchange: &Exchange) -> Option<String> {
    match exchange.review.as_ref()? {
        Review::Parked(request) => Some(request.id.clone()),
        Review::Unfetched(_) | Review::Answered { .. } | Review::Drained(_) => None,
    }
}
