//! An answer of another dialect: what the client is told of it goes the way of any other answer.

use bytes::Bytes;
use translate::CannotTell;
use wire::{BodyEnd, Broken, Completion};

use super::{Answer, Arrival};

impl Answer {
    pub(super) fn take_translated(&mut self, bytes: &Bytes) -> Arrival {
        let Some(translator) = &mut self.translator else {
            return Arrival::More { progress: false };
        };
        let mut told = Vec::new();
        let outcome = translator.push(bytes, &mut told);
        let upstream = translator.progress();
        self.begun |= upstream.content;
        let arrival = self.take(told.into());
        match (arrival, outcome) {
            (Arrival::More { progress }, Ok(())) => Arrival::More {
                progress: progress || upstream.went_on,
            },
            (_, Err(CannotTell::Unsayable(what))) => Arrival::Unsayable(what),
            (_, Err(CannotTell::Broken(broken))) => Arrival::Ended(Completion::Broken(broken)),
            (ended, Ok(())) => ended,
        }
    }

    /// The body ended.
    pub(super) fn over(&mut self, how: BodyEnd) -> Arrival {
        if let Some(read) = self.read_document(how) {
            return read;
        }
        let completed = (how == BodyEnd::Clean).then(|| self.complete_last_event());
        if let Some(over) = completed.flatten() {
            return over;
        }
        match self.last_words() {
            Ok(()) => Arrival::Ended(self.end(how)),
            Err(CannotTell::Unsayable(what)) => Arrival::Unsayable(what),
            Err(CannotTell::Broken(Broken::NoStopReason | Broken::OpenBlock))
                if how == BodyEnd::Cut =>
            {
                Arrival::Ended(Completion::Broken(Broken::Cut))
            }
            Err(CannotTell::Broken(broken)) => Arrival::Ended(Completion::Broken(broken)),
        }
    }

    /// What a translation says at its end only. An end that the provider has proven needs no more of it.
    pub(super) fn last_words(&mut self) -> Result<(), CannotTell> {
        let Some(translator) = &mut self.translator else {
            return Ok(());
        };
        let mut told = Vec::new();
        translator.end(&mut told)?;
        match self.take(told.into()) {
            Arrival::Ended(Completion::Broken(broken)) => Err(broken.into()),
            Arrival::Ended(_) | Arrival::More { .. } => Ok(()),
            Arrival::Unsayable(what) => Err(CannotTell::Unsayable(what)),
        }
    }
}
