//! Translates a streamed response event by event.

use std::collections::BTreeMap;

use catalog::Dialect;

use super::dialects::{reader, writer};
use super::error::ProviderError;
use super::model::Identity;
use super::parts::Parts;
use super::read::{Flow, Read};
use super::restore::Restore;
use super::write::Write;
use super::{Form, Proof, UntranslatableResponse, identity, malformed};
use crate::names::{Names, Signature};
use wire::fields::Fields;
use wire::{BodyEnd, Broken, Completion, Framing, Report, Step, StepKind, Validator, sse};

/// The end of a Chat stream: not an event object and not JSON.
const DONE: &str = "[DONE]";

/// Translates a streamed response from a provider's dialect into the client's.
///
/// Any split of the same bytes gives the same output, in complete events. Thinking is removed.
#[derive(Debug)]
pub struct AnswerTranslator {
    validator: Validator,
    events: sse::Reader,
    /// Bytes pushed so far.
    seen: u64,
    reader: Box<dyn Read>,
    parts: Parts,
    restore: Restore,
    writer: Box<dyn Write>,
    created: u64,
    /// `None` until the start event is written.
    identity: Option<Identity>,
    state: State,
    progress: Progress,
    /// The provider's response has reached its semantic end.
    checked: bool,
}

/// Content of the last bytes of the provider's response, whether or not the client gets it: thinking is not passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// There was more than pings and comments.
    pub continued: bool,
    /// Text, thinking or tool arguments.
    pub content: bool,
}

#[derive(Debug)]
enum State {
    Open,
    /// The terminal event was written.
    Finished,
    Failed(UntranslatableResponse),
}

impl AnswerTranslator {
    /// `from`: the provider's dialect; `to`: the client's. If both are the same, the provider is of another family, whose
    /// thinking, signatures and ids the client's own vendor would refuse later.
    pub fn new(from: Dialect, to: Dialect, names: Names, form: Form) -> Self {
        Self {
            validator: Validator::new(from, Framing::Stream),
            events: sse::Reader::new(Validator::LIMIT),
            seen: 0,
            reader: reader(from),
            parts: Parts::default(),
            restore: Restore::new(names, form.json),
            created: form.created,
            writer: writer(to, form),
            identity: None,
            state: State::Open,
            progress: Progress::default(),
            checked: false,
        }
    }

    /// Translates the next bytes and appends the output to `out`. The response ends for the client with the provider's terminal
    /// event; later bytes are ignored.
    ///
    /// # Errors The response is broken or not translatable. `out` then ends with the last translated event. That is an error
    /// event of the client's dialect if the provider sent an error, and never an end. Every later call fails too.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), UntranslatableResponse> {
        self.may_continue()?;
        self.progress = Progress::default();
        let mut events = std::mem::replace(&mut self.events, sse::Reader::new(0));
        let (before, mut at) = (self.seen, 0);
        let read = events.push(bytes, &mut |event| {
            // The validator does not read ahead: its report must not depend on the split of the bytes.
            let upto = usize::try_from(event.end - before).unwrap_or(bytes.len());
            let step = self.observe(&bytes[at..upto]);
            at = upto;
            if let (State::Open, Some(step)) = (&self.state, step) {
                let outcome = self.event(event, step, out);
                self.settle(outcome, out);
            }
        });
        self.observe(&bytes[at..]);
        self.seen += bytes.len() as u64;
        self.events = events;
        if let (Err(sse::Oversize(limit)), State::Open) = (read, &self.state) {
            self.settle(Err(Broken::Oversize(limit).into()), out);
        }
        self.may_continue()
    }

    /// Call at the end of the body, or when no more bytes are expected. A response that passed the completion check without its
    /// terminal event (cut in the last frame, a missing `[DONE]`) ends for the client here; any other gets no end.
    ///
    /// # Errors As [`AnswerTranslator::push`], and if the response is truncated.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), UntranslatableResponse> {
        if let State::Open = self.state {
            let outcome = self.finish(out);
            self.settle(outcome, out);
        }
        self.may_continue()
    }

    /// [`Validator::lacks_blank_line`] for the provider's stream.
    pub fn lacks_blank_line(&self) -> bool {
        self.validator.lacks_blank_line()
    }

    /// The progress of the last [`AnswerTranslator::push`].
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The verdict on the provider's response, from its semantic end on. The client gets the end with the terminal event, or
    /// from [`AnswerTranslator::end`] if no terminal event arrives.
    pub fn checked(&self) -> Option<Completion> {
        self.checked.then(|| self.validator.judge(BodyEnd::Cut))
    }

    /// Signatures that the provider requires with its calls and that do not fit into the client's ids, by those ids. The caller
    /// stores them for [`Names::with_signatures`] of the next request.
    pub fn signatures(&self) -> &BTreeMap<String, Signature> {
        &self.restore.signatures
    }

    /// The report on the provider's response so far.
    pub fn report(&self) -> &Report {
        self.validator.report()
    }

    fn may_continue(&self) -> Result<(), UntranslatableResponse> {
        match &self.state {
            State::Open | State::Finished => Ok(()),
            State::Failed(why) => Err(why.clone()),
        }
    }

    /// `bytes`: up to the end of one event.
    fn observe(&mut self, bytes: &[u8]) -> Option<StepKind> {
        let mut steps: Vec<Step> = Vec::new();
        self.validator.push(bytes, &mut steps);
        for Step { kind, .. } in &steps {
            self.progress.continued |= *kind != StepKind::NoProgress;
            self.progress.content |= kind.has_content();
            self.checked |= kind.passes_check();
        }
        steps.last().map(|step| step.kind)
    }

    fn settle(&mut self, outcome: Result<Flow, UntranslatableResponse>, out: &mut Vec<u8>) {
        match outcome {
            Ok(Flow::On) => {}
            Ok(Flow::Over) => self.state = State::Finished,
            Err(why) => {
                if let UntranslatableResponse::Broken(broken) = &why
                    && let Some(translated) = ProviderError::in_stream(broken)
                {
                    self.writer.error(&translated, out);
                }
                self.state = State::Failed(why);
            }
        }
    }

    fn event(
        &mut self,
        event: sse::Event<'_>,
        step: StepKind,
        out: &mut Vec<u8>,
    ) -> Result<Flow, UntranslatableResponse> {
        // The event breaks the response, arrives after its end, or ends it with no content or invalid JSON arguments: later
        // events cannot repair it.
        let over = step == StepKind::Error;
        if over && self.validator.broken().is_some() {
            return self.finish(out);
        }
        if step == StepKind::NoProgress {
            return Ok(Flow::On);
        }
        if step.has_content() {
            self.start(out);
        }
        let flow = if event.data.trim_ascii() == DONE.as_bytes() {
            self.reader
                .event(DONE, &Fields::default(), &mut self.parts)?
        } else {
            let data = Fields::read(event.data).map_err(|error| malformed(&error))?;
            let translated = data.text("type");
            let kind = translated.as_deref().unwrap_or(event.name);
            self.reader.event(kind, &data, &mut self.parts)?
        };
        self.pass(out)?;
        if over || flow == Flow::Over {
            self.finish(out)
        } else {
            Ok(Flow::On)
        }
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if self.identity.is_none() {
            let identity = identity(&self.validator, self.created);
            let tokens = self.validator.report().tokens;
            self.writer.start(&identity, tokens, out);
            self.identity = Some(identity);
        }
    }

    /// Writes the happenings of the parts.
    fn pass(&mut self, out: &mut Vec<u8>) -> Result<(), UntranslatableResponse> {
        let happened = self.parts.take();
        if happened.is_empty() {
            return Ok(());
        }
        self.start(out);
        let Some(identity) = &self.identity else {
            return Ok(());
        };
        for happening in happened {
            for happening in self.restore.apply(happening, identity)? {
                self.writer.happening(&happening, out)?;
            }
        }
        Ok(())
    }

    /// Writes the rest, if the response passed the completion check.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<Flow, UntranslatableResponse> {
        let proof = Proof::of(&self.validator)?;
        self.parts.finish(proof.stop.is_cut())?;
        self.start(out);
        self.pass(out)?;
        proof.holds_for(&self.parts)?;
        self.writer.finish(proof.stop, proof.tokens, out);
        Ok(Flow::Over)
    }
}
