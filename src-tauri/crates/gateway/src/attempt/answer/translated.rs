//! A response of another dialect: its translation is handled like any other response.

use bytes::Bytes;
use translate::{AnswerTranslator, UntranslatableResponse};
use wire::{BodyEnd, Broken, Completion};

use super::{Answer, Arrival};
use crate::attempt::translation::Translation;

impl Answer {
    pub(super) fn take_translated(&mut self, bytes: &Bytes) -> Arrival {
        let Some(translator) = &mut self.translator else {
            return Arrival::More { progress: false };
        };
        let mut translated = Vec::new();
        let known = translator.signatures().len();
        let outcome = translator.push(bytes, &mut translated);
        keep_signatures(self.translation.as_ref(), translator, known);
        let upstream = translator.progress();
        self.begun |= upstream.content;
        let arrival = self.take(translated.into());
        match (arrival, outcome) {
            (Arrival::More { progress }, Ok(())) => Arrival::More {
                progress: progress || upstream.continued,
            },
            (_, Err(UntranslatableResponse::Unsayable(what))) => Arrival::Unsayable(what),
            (_, Err(UntranslatableResponse::Broken(broken))) => {
                Arrival::Ended(Completion::Broken(broken))
            }
            (ended, Ok(())) => ended,
        }
    }

    /// Handles the end of the body.
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
            Err(UntranslatableResponse::Unsayable(what)) => Arrival::Unsayable(what),
            Err(UntranslatableResponse::Broken(Broken::NoStopReason | Broken::OpenBlock))
                if how == BodyEnd::Cut =>
            {
                Arrival::Ended(Completion::Broken(Broken::Cut))
            }
            Err(UntranslatableResponse::Broken(broken)) => {
                Arrival::Ended(Completion::Broken(broken))
            }
        }
    }

    /// The last bytes of a translation. An end that passed the completion check does not need them.
    pub(super) fn last_words(&mut self) -> Result<(), UntranslatableResponse> {
        let Some(translator) = &mut self.translator else {
            return Ok(());
        };
        let mut translated = Vec::new();
        let known = translator.signatures().len();
        let ended = translator.end(&mut translated);
        keep_signatures(self.translation.as_ref(), translator, known);
        ended?;
        match self.take(translated.into()) {
            Arrival::Ended(Completion::Broken(broken)) => Err(broken.into()),
            Arrival::Ended(_) | Arrival::More { .. } => Ok(()),
            Arrival::Unsayable(what) => Err(UntranslatableResponse::Unsayable(what)),
        }
    }
}

/// Called before the client receives the calls. `known`: the number of calls before.
fn keep_signatures(translation: Option<&Translation>, translator: &AnswerTranslator, known: usize) {
    if let Some(translation) = translation
        && translator.signatures().len() > known
    {
        translation.sink.keep(translator.signatures());
    }
}
