//! A JSON document in response to a stream request: some servers do not stream, or not with tools. The client receives it as
//! events of its dialect.

use bytes::Bytes;
use translate::UntranslatableResponse;
use wire::{BodyEnd, Broken, Completion, Framing, Validator, as_events};

use super::kind::BodyKind;
use super::{Answer, Arrival, HELD};

impl Answer {
    /// The provider does not stream.
    pub(crate) fn is_document(&self) -> bool {
        self.is_document
    }

    /// `None`: the body is not a document.
    pub(super) fn take_document(&mut self, bytes: &Bytes) -> Option<Arrival> {
        let length = self.provider.take(bytes)?;
        (self.is_document, self.begun) = (true, true);
        let room = self.held.grow(bytes.len(), self.most);
        let broken = match room {
            Err(full) => Broken::Oversize(full.0),
            Ok(()) if length > HELD => Broken::Oversize(HELD),
            Ok(()) => return Some(Arrival::More { progress: true }),
        };
        Some(Arrival::Ended(Completion::Broken(broken)))
    }

    /// Handles the end of the body with a complete document.
    pub(super) fn read_document(&mut self, how: BodyEnd) -> Option<Arrival> {
        let BodyKind::Document(document) = std::mem::take(&mut self.provider) else {
            return None;
        };
        self.provider = BodyKind::Events;
        self.held.shrink(document.len());
        Some(match self.events_of(&document.freeze(), how) {
            Ok(events) => match self.take(events) {
                Arrival::More { .. } => Arrival::Ended(self.end(BodyEnd::Clean)),
                ended @ (Arrival::Ended(_) | Arrival::Unsayable(_)) => ended,
            },
            Err(UntranslatableResponse::Broken(broken)) => {
                Arrival::Ended(Completion::Broken(broken))
            }
            Err(UntranslatableResponse::Unsayable(what)) => Arrival::Unsayable(what),
        })
    }

    /// Writes the events in the client's dialect. The report keeps the provider's values.
    fn events_of(
        &mut self,
        document: &Bytes,
        how: BodyEnd,
    ) -> Result<Bytes, UntranslatableResponse> {
        let client = self.dialect;
        let spoken = self
            .translation
            .as_ref()
            .map_or(client, |translation| translation.spoken);
        let mut validator =
            Validator::new(spoken, Framing::Document).keeping_arguments(self.keep_arguments);
        validator.push(document, &mut Vec::new());
        let report = validator.report().clone();
        if let Completion::Broken(broken) = validator.judge(how)
            && broken != Broken::Empty
        {
            self.provider_report = Some(report);
            return Err(broken.into());
        }
        let (document, report) = match &self.translation {
            None => (document.clone(), report),
            Some(translation) => translation.document(client, document, report)?,
        };
        self.provider_report = Some(report);
        // The translator has not read any of it yet.
        self.translator = None;
        Ok(as_events(client, &document)?.into())
    }
}
