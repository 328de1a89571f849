//! A provider's streamed response: complete events only, each read before its release.

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
use crate::attempt::upstream::Line;
use crate::deliver::hold::Gate;
use crate::held::{Full, Share};

/// Maximum number of held bytes of one response.
pub(crate) const HELD: usize = 16 << 20;

/// The part of a response that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gated {
    /// Everything from a tool call on. `closing`: end of the event before the call's closing event.
    Call { closing: Option<u64> },
    /// Everything from the closing event of a tool call on.
    Closing,
}

#[derive(Debug)]
pub(crate) struct Answer {
    /// The client's dialect.
    dialect: Dialect,
    body: Content,
    /// Its connection.
    line: Line,
    /// The kind of the provider's body.
    provider: kind::BodyKind,
    is_document: bool,
    /// Set if the provider uses another dialect. All other fields refer to the client's side.
    translation: Option<Translation>,
    translator: Option<AnswerTranslator>,
    validator: Validator,
    keep_arguments: bool,
    /// The document's report, read for the verdict.
    provider_report: Option<wire::Report>,
    /// Complete events that can be released.
    ready: VecDeque<Bytes>,
    /// The start of an incomplete event.
    tail: Vec<Bytes>,
    /// Offset in the stream up to which bytes are in `ready` or were released.
    released: u64,
    /// Number of bytes in `ready` and `tail`.
    held: Share,
    /// Maximum number of held bytes of all exchanges together.
    most: usize,
    gate: Gate,
    gated: Option<Gated>,
    /// Offset of the end of the last complete event in the stream.
    read: u64,
    content: bool,
    begun: bool,
    terminal: bool,
    /// The verdict, known at the semantic end; later bytes do not change it.
    checked: Option<Completion>,
    steps: Vec<Step>,
}

/// Result of one poll of the body.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// Bytes arrived, with progress or without (pings, comments, a part of an event).
    More {
        progress: bool,
    },
    Ended(Completion),
    /// It has content that the client's dialect does not support: not a fault of the provider.
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
            line: terms.line.clone(),
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

    /// Content that the client may receive has arrived, or the end.
    pub(crate) fn has_content(&self) -> bool {
        self.content || self.checked.is_some()
    }

    /// The provider has begun to respond, even if only with thinking that is not released.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun || self.has_content()
    }

    /// The verdict, if it is certain; bytes may still arrive.
    pub(crate) fn checked(&self) -> Option<Completion> {
        let upstream = || self.translator.as_ref().and_then(AnswerTranslator::checked);
        self.checked.clone().or_else(upstream)
    }

    /// In the provider's values, except for the ids of tool calls, which are the client's.
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

    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// A tool call is held from its start.
    pub(crate) fn holds_call(&self) -> bool {
        matches!(self.gated, Some(Gated::Call { .. }))
    }

    /// Releases a tool call up to its closing event, because a client's connection cannot be kept open without limit otherwise.
    pub(crate) fn show_call(&mut self) {
        if let Some(Gated::Call { closing }) = self.gated {
            self.gate = Gate::Closings;
            self.gated = closing.map(|_| Gated::Closing);
            self.release(closing.unwrap_or(self.read));
        }
    }

    /// The next bytes that can be released.
    pub(crate) fn next_ready(&mut self) -> Option<Bytes> {
        let bytes = self.ready.pop_front()?;
        self.held.shrink(bytes.len());
        Some(bytes)
    }

    /// All bytes that can be released, in one piece.
    pub(crate) fn all_ready(&mut self) -> Bytes {
        let mut all = BytesMut::with_capacity(self.held.bytes());
        while let Some(bytes) = self.next_ready() {
            all.extend_from_slice(&bytes);
        }
        all.freeze()
    }

    /// A copy of the bytes that can be released.
    pub(crate) fn peek_ready(&self) -> Vec<u8> {
        self.ready.iter().flatten().copied().collect()
    }

    pub(crate) fn nothing_ready(&self) -> bool {
        self.ready.is_empty()
    }

    /// Reads the next part. Must not be called after [`Arrival::Ended`].
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

    /// Completes a last event that lacks only its blank line.
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
                StepKind::NoProgress => {}
                StepKind::Lifecycle | StepKind::Close => progress = true,
                StepKind::Content | StepKind::ToolClose => {
                    progress = true;
                    self.content = true;
                }
                // In Responses the terminal event is the completion check; in other dialects the check came earlier.
                StepKind::SemanticEnd | StepKind::Terminal | StepKind::Error => {
                    progress = true;
                    self.terminal |= step.kind == StepKind::Terminal;
                    match (&self.checked, step.kind) {
                        // An error after the completion check changes nothing, and is not released: the client would
                        // treat the response as failed.
                        (Some(_), StepKind::Error) => break,
                        (Some(_), _) => {
                            complete_to = step.end;
                            continue;
                        }
                        (None, _) => {}
                    }
                    match self.validator.judge(BodyEnd::Cut) {
                        // Never released: every client detects an aborted body, while some treat a stop as a valid end and an
                        // error in the stream as the end of their retries.
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

    /// Allows the release of all bytes up to this offset.
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

    /// Handles the end of the body. The semantic end has already decided the verdict, if there was one.
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

    /// Ends the response: releases the rest, and adds the `message_stop` that some upstreams omit and without which some
    /// clients retry without limit.
    pub(crate) fn finish(&mut self) {
        // The caller knows that the response passed the completion check.
        let _ = self.last_words();
        let empty = self.checked == Some(Completion::Broken(Broken::Empty));
        let supply = self.dialect == Dialect::Anthropic && !self.terminal && !empty;
        // An incomplete event is dropped: a client cannot parse it. A complete last event already has its blank line.
        let dropped: usize = self.tail.drain(..).map(|bytes| bytes.len()).sum();
        self.held.shrink(dropped);
        if supply {
            let stop =
                Bytes::from_static(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
            // These few bytes of Understudy are not limited.
            let _ = self.held.grow(stop.len(), usize::MAX);
            self.terminal = true;
            self.ready.push_back(stop);
        }
    }
}

/// The held part after this event; `before`: end of the previous event.
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
