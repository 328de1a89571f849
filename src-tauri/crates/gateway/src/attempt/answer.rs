//! A provider's streamed response while it arrives: complete events only, each read before it may be passed on.

mod document;
mod kind;
mod translated;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use catalog::Dialect;
use http_body::Body as _;
use translate::AnswerTranslator;
use wire::{BodyEnd, Broken, Completion, Framing, Step, StepKind, Validator, sse};

use crate::attempt::content::{Content, Unreadable};
use crate::attempt::terms::Terms;
use crate::attempt::translation::Translation;
use crate::deliver::hold::Gate;
use crate::held::{Full, Share};

/// Most bytes that are held of one answer.
pub(crate) const HELD: usize = 16 << 20;

/// What of an answer is held back now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gated {
    /// Everything from a tool call on. `closing`: where the event before its closing ended.
    Call { closing: Option<u64> },
    /// Everything from a tool call's closing on.
    Closing,
}

#[derive(Debug)]
pub(crate) struct Answer {
    /// The client's.
    dialect: Dialect,
    body: Content,
    /// What kind of body the provider sends.
    provider: kind::BodyKind,
    is_document: bool,
    /// The provider speaks another dialect. Everything else here is about the client's side.
    translation: Option<Translation>,
    translator: Option<AnswerTranslator>,
    validator: Validator,
    keep_arguments: bool,
    /// Read the document's content for the verdict.
    provider_report: Option<wire::Report>,
    /// Complete events that may be passed on.
    ready: VecDeque<Bytes>,
    /// The beginning of an event that has not ended.
    tail: Vec<Bytes>,
    /// Bytes of the stream that are `ready` or were.
    released: u64,
    /// Bytes that wait in `ready` or `tail`.
    held: Share,
    /// How many bytes all exchanges together may hold.
    most: usize,
    gate: Gate,
    gated: Option<Gated>,
    /// Bytes of the stream up to the end of the last complete event.
    read: u64,
    content: bool,
    begun: bool,
    terminal: bool,
    /// What the answer is, known at its semantic end; whatever follows does not change it.
    checked: Option<Completion>,
    steps: Vec<Step>,
}

/// What one look at the body brought.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Bytes arrived: with progress, or without (pings, comments, a part of an event).
    More {
        progress: bool,
    },
    Ended(Completion),
    /// It holds what the client's dialect has no words for: nobody's fault.
    Unsayable(String),
}

impl Answer {
    pub(crate) fn new(terms: &Terms, body: Content, held: Share) -> Self {
        let Terms {
            dialect,
            gate,
            keep_arguments,
            ..
        } = *terms;
        Self {
            dialect,
            body,
            provider: kind::BodyKind::of(terms.hold),
            is_document: false,
            translation: terms.translation.clone(),
            translator: terms.translation.as_ref().map(|t| t.answer(dialect)),
            validator: Validator::new(dialect, Framing::Stream).keeping_arguments(keep_arguments),
            keep_arguments,
            provider_report: None,
            ready: VecDeque::new(),
            tail: Vec::new(),
            released: 0,
            held,
            most: terms.most_held,
            gate,
            gated: None,
            read: 0,
            content: false,
            begun: false,
            terminal: false,
            checked: None,
            steps: Vec::new(),
        }
    }

    /// Some of the answer itself has arrived that the client may be shown, or its end.
    pub(crate) fn has_content(&self) -> bool {
        self.content || self.checked.is_some()
    }

    /// The provider has begun to answer, if only with thinking that the client is not shown.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun || self.has_content()
    }

    /// What the answer is, once that is certain; the rest of it may still be to come.
    pub(crate) fn checked(&self) -> Option<Completion> {
        let upstream = || self.translator.as_ref().and_then(AnswerTranslator::checked);
        self.checked.clone().or_else(upstream)
    }

    /// In the provider's words, save for the ids of tool calls, which are as the client knows them.
    pub(crate) fn report(&self) -> wire::Report {
        if let Some(provider_report) = &self.provider_report {
            return provider_report.clone();
        }
        let provider_report = self.validator.report();
        match &self.translator {
            None => provider_report.clone(),
            Some(translator) => wire::Report {
                tool_calls: provider_report.tool_calls.clone(),
                ..translator.report().clone()
            },
        }
    }

    /// The provider may continue while nothing is released: the bytes wait for the completion check, or are another vendor's
    /// thinking.
    pub(crate) fn keeps_waiting(&self) -> bool {
        self.gated.is_some() || self.translator.is_some()
    }

    /// A tool call waits from its beginning on.
    pub(crate) fn holds_call(&self) -> bool {
        matches!(self.gated, Some(Gated::Call { .. }))
    }

    /// Releases a tool call up to its closing event: a client's connection cannot be kept open without a limit otherwise.
    pub(crate) fn show_call(&mut self) {
        if let Some(Gated::Call { closing }) = self.gated {
            self.gate = Gate::Closings;
            self.gated = closing.map(|_| Gated::Closing);
            self.release(closing.unwrap_or(self.read));
        }
    }

    /// The next bytes that may be passed on, of those that have arrived.
    pub(crate) fn next_ready(&mut self) -> Option<Bytes> {
        let bytes = self.ready.pop_front()?;
        self.held.shrink(bytes.len());
        Some(bytes)
    }

    /// All of it in one piece.
    pub(crate) fn all_ready(&mut self) -> Bytes {
        let mut all = BytesMut::with_capacity(self.held.bytes());
        while let Some(bytes) = self.next_ready() {
            all.extend_from_slice(&bytes);
        }
        all.freeze()
    }

    /// A copy of what may be passed on, of that which has arrived.
    pub(crate) fn peek_ready(&self) -> Vec<u8> {
        self.ready.iter().flatten().copied().collect()
    }

    pub(crate) fn nothing_ready(&self) -> bool {
        self.ready.is_empty()
    }

    /// Read on. Not to be called again after [`Arrival::Ended`].
    pub(crate) fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<Arrival> {
        Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(bytes) => match self.take_document(&bytes) {
                    Some(arrival) => arrival,
                    None if self.translator.is_some() => self.take_translated(&bytes),
                    None => self.take(bytes),
                },
                Err(_trailers) => Arrival::More { progress: false },
            },
            Some(Err(Unreadable::Garbled(_))) if self.checked().is_some() => {
                self.over(BodyEnd::Cut)
            }
            Some(Err(garbled @ Unreadable::Garbled(_))) => {
                Arrival::Ended(Completion::Broken(garbled.broken()))
            }
            Some(Err(Unreadable::Cut)) => self.over(BodyEnd::Cut),
            None => self.over(BodyEnd::Clean),
        })
    }

    /// Complete a last event that lacks only its blank line.
    fn complete_last_event(&mut self) -> Option<Arrival> {
        let line = || Bytes::from_static(sse::BLANK_LINE);
        let arrival = match &self.translator {
            Some(translator) if translator.lacks_blank_line() => self.take_translated(&line()),
            None if self.validator.lacks_blank_line() => self.take(line()),
            Some(_) | None => return None,
        };
        match arrival {
            Arrival::More { .. } => None,
            over @ (Arrival::Ended(_) | Arrival::Unsayable(_)) => Some(over),
        }
    }

    fn take(&mut self, bytes: Bytes) -> Arrival {
        if bytes.is_empty() {
            return Arrival::More { progress: false };
        }
        self.steps.clear();
        self.validator.push(&bytes, &mut self.steps);
        let room = self.held.grow(bytes.len(), self.most);
        self.tail.push(bytes);
        let mut progress = false;
        let mut complete_to = self.released;
        let mut fatal = None;
        for step in &self.steps {
            let before = std::mem::replace(&mut self.read, step.end);
            if self.checked.is_none() {
                self.gated = gated(self.gate, self.gated, *step, before);
            }
            match step.kind {
                StepKind::Noise => {}
                StepKind::Lifecycle | StepKind::Close => progress = true,
                StepKind::Content | StepKind::ToolClose => {
                    progress = true;
                    self.content = true;
                }
                // In Responses the terminal event is the completion check itself; elsewhere the check came before it.
                StepKind::SemanticEnd | StepKind::Terminal | StepKind::Error => {
                    progress = true;
                    self.terminal |= step.kind == StepKind::Terminal;
                    match (&self.checked, step.kind) {
                        // An error after the completion check changes nothing, and is not passed on to a client that would
                        // trust it.
                        (Some(_), StepKind::Error) => break,
                        (Some(_), _) => {
                            complete_to = step.end;
                            continue;
                        }
                        (None, _) => {}
                    }
                    match self.validator.judge(BodyEnd::Cut) {
                        // Never passed on: every client detects an aborted body, while some read a stop as a good end and an
                        // error in the stream as the end of their attempts.
                        Completion::Broken(broken) if broken != Broken::Empty => {
                            fatal = Some(broken);
                            break;
                        }
                        checked @ (Completion::Complete
                        | Completion::Continues
                        | Completion::Unknown
                        | Completion::Truncated
                        | Completion::Refused
                        | Completion::Broken(_)) => {
                            self.checked = Some(checked);
                            self.gated = None;
                        }
                    }
                }
            }
            if self.gated.is_none() {
                complete_to = step.end;
            }
        }
        self.release(complete_to);
        match fatal.or_else(|| self.validator.broken().cloned()) {
            None if self.checked.is_none() && self.held.bytes() > HELD => {
                Arrival::Ended(Completion::Broken(Broken::Oversize(HELD)))
            }
            None => match room {
                Err(Full(most)) if self.checked.is_none() => {
                    Arrival::Ended(Completion::Broken(Broken::Oversize(most)))
                }
                Ok(()) | Err(Full(_)) => Arrival::More { progress },
            },
            Some(_) if self.checked.is_some() => Arrival::Ended(self.end(BodyEnd::Cut)),
            Some(broken) => Arrival::Ended(Completion::Broken(broken)),
        }
    }

    /// Let everything up to this place of the stream be passed on.
    fn release(&mut self, complete_to: u64) {
        let mut room = (complete_to - self.released) as usize;
        self.released = complete_to;
        let mut rest = Vec::new();
        for mut bytes in self.tail.drain(..) {
            let now = bytes.split_to(bytes.len().min(room));
            room -= now.len();
            if !now.is_empty() {
                self.ready.push_back(now);
            }
            if !bytes.is_empty() {
                rest.push(bytes);
            }
        }
        self.tail = rest;
    }

    /// The body ended. The semantic end, where there was one, has decided its verdict.
    fn end(&mut self, how: BodyEnd) -> Completion {
        let completion = match self.checked.clone() {
            Some(checked) => checked,
            None => self.validator.judge(how),
        };
        if completion.is_answer() || completion == Completion::Broken(Broken::Empty) {
            self.finish();
        }
        completion
    }

    /// Nothing more is expected: pass on the rest, and add the `message_stop` that some upstreams leave out and without which
    /// some clients retry without a limit.
    pub(crate) fn finish(&mut self) {
        // The caller knows that the response passed the completion check.
        let _ = self.last_words();
        let empty = self.checked == Some(Completion::Broken(Broken::Empty));
        let supply = self.dialect == Dialect::Anthropic && !self.terminal && !empty;
        // An incomplete event is dropped: a client cannot read it. A complete last event got its blank line before.
        let dropped: usize = self.tail.drain(..).map(|bytes| bytes.len()).sum();
        self.held.shrink(dropped);
        if supply {
            let stop =
                Bytes::from_static(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
            // Our own few bytes are beyond any limit.
            let _ = self.held.grow(stop.len(), usize::MAX);
            self.terminal = true;
            self.ready.push_back(stop);
        }
    }
}

/// What is held back once this event has come; `before`: where the one before it ended.
fn gated(gate: Gate, gated: Option<Gated>, step: Step, before: u64) -> Option<Gated> {
    let closes = step.kind == StepKind::ToolClose;
    match (gate, gated) {
        (Gate::Nothing, _) => None,
        (Gate::Calls, None) if step.opens_call || closes => Some(Gated::Call {
            closing: closes.then_some(before),
        }),
        (_, Some(Gated::Call { closing: None })) if closes => Some(Gated::Call {
            closing: Some(before),
        }),
        (Gate::Closings, None) if closes => Some(Gated::Closing),
        (Gate::Closings | Gate::Calls, as_before) => as_before,
    }
}
