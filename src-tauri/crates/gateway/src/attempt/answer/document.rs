//! A whole document where a stream was asked for: some servers do not stream, or not with tools. It is an answer, said to
//! the client as the events of its dialect.

use bytes::{Bytes, BytesMut};
use translate::CannotTell;
use wire::{BodyEnd, Broken, Completion, Framing, Validator, as_events};

use super::{Answer, Arrival, HELD};
use crate::deliver::hold::Hold;

/// What a body is, by its first byte that is no blank.
#[derive(Debug, Default)]
pub(super) enum Body {
    #[default]
    Unknown,
    /// Events, or what is neither and is found out as events are read.
    Events,
    /// All that has come of a document.
    Document(BytesMut),
}

impl Body {
    /// While Understudy is paused, whatever comes is passed on.
    pub(super) fn of(hold: Hold) -> Self {
        match hold {
            Hold::Nothing => Body::Events,
            Hold::UntilContent | Hold::UntilProven { .. } => Body::Unknown,
        }
    }

    /// Takes the bytes of a document. None: they are no part of one.
    fn take(&mut self, bytes: &Bytes) -> Option<usize> {
        if let Body::Unknown = self {
            let blank = |byte: &&u8| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte);
            match bytes.iter().find(blank) {
                None => {}
                Some(b'{') => *self = Body::Document(BytesMut::new()),
                Some(_) => *self = Body::Events,
            }
        }
        match self {
            Body::Unknown | Body::Events => None,
            Body::Document(document) => {
                document.extend_from_slice(bytes);
                Some(document.len())
            }
        }
    }
}

impl Answer {
    /// The provider does not stream.
    pub(crate) fn is_document(&self) -> bool {
        self.is_document
    }

    /// None: the bytes are no part of a document.
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

    /// The body ended, and all of the document is there.
    pub(super) fn read_document(&mut self, how: BodyEnd) -> Option<Arrival> {
        let Body::Document(document) = std::mem::take(&mut self.provider) else {
            return None;
        };
        self.provider = Body::Events;
        self.held.shrink(document.len());
        Some(match self.events_of(&document.freeze(), how) {
            Ok(events) => match self.take(events) {
                Arrival::More { .. } => Arrival::Ended(self.end(BodyEnd::Clean)),
                ended => ended,
            },
            Err(CannotTell::Broken(broken)) => Arrival::Ended(Completion::Broken(broken)),
            Err(CannotTell::Unsayable(what)) => Arrival::Unsayable(what),
        })
    }

    /// In the client's dialect. What is known of the answer is told as the provider told it.
    fn events_of(&mut self, document: &Bytes, how: BodyEnd) -> Result<Bytes, CannotTell> {
        let client = self.dialect;
        let spoken = self
            .translation
            .as_ref()
            .map_or(client, |translation| translation.spoken);
        let mut validator =
            Validator::new(spoken, Framing::Whole).keeping_arguments(self.keep_arguments);
        validator.push(document, &mut Vec::new());
        let report = validator.report().clone();
        match validator.judge(how) {
            Completion::Broken(broken) if broken != Broken::Empty => {
                self.told = Some(report);
                return Err(broken.into());
            }
            _ => {}
        }
        let (document, report) = match &self.translation {
            None => (document.clone(), report),
            Some(translation) => translation.whole(client, document, report)?,
        };
        self.told = Some(report);
        // The translator has seen nothing of it.
        self.translator = None;
        Ok(as_events(client, &document)?.into())
    }
}
