use catalog::Dialect;

use super::bounds::LIMIT;
use super::foreign::{HEAD, not_events};
use super::shown::Shown;
use super::{anthropic, openai_chat, openai_responses};
use crate::sse::{self, Oversize};
use crate::{BodyEnd, Broken, Completion, GatewayError, Step, StepKind, error_body, text};

/// The completion check of a streamed response.
#[derive(Debug)]
pub(super) struct Stream {
    reader: sse::Reader,
    dialect: DialectStream,
    pub(super) shown: Shown,
    pub(super) broken: Option<Broken>,
    /// The first bytes, kept until the first event with data shows that the body is an event stream.
    head: Option<Vec<u8>>,
    /// The semantic end has arrived.
    settled: bool,
    /// The completion check passed at that end.
    passed: bool,
    /// The completion check failed at that end; later bytes cannot repair it.
    failed: Option<Broken>,
    /// The terminal event arrived; later bytes are ignored, as by clients.
    ended: bool,
}

#[derive(Debug)]
enum DialectStream {
    Anthropic(anthropic::Stream),
    Chat(openai_chat::Stream),
    Responses(openai_responses::Stream),
}

impl Stream {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            reader: sse::Reader::new(LIMIT),
            dialect: match dialect {
                Dialect::Anthropic => DialectStream::Anthropic(anthropic::Stream::default()),
                Dialect::OpenaiChat => DialectStream::Chat(openai_chat::Stream::default()),
                Dialect::OpenaiResponses => {
                    DialectStream::Responses(openai_responses::Stream::default())
                }
            },
            shown: Shown::default(),
            broken: None,
            head: Some(Vec::new()),
            settled: false,
            passed: false,
            failed: None,
            ended: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], steps: &mut Vec<Step>) {
        if self.broken.is_some() {
            return;
        }
        if let Some(head) = &mut self.head {
            let room = HEAD - head.len();
            head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        let mut reader = std::mem::replace(&mut self.reader, sse::Reader::new(0));
        let outcome = reader.push(bytes, &mut |event| {
            if self.broken.is_none() {
                let calls = self.shown.report.tool_calls.len();
                let kind = self.step(event);
                steps.push(Step {
                    end: event.end,
                    kind,
                    opens_call: self.shown.report.tool_calls.len() > calls,
                });
            }
        });
        self.reader = reader;
        if let (Err(Oversize(limit)), None) = (outcome, &self.broken) {
            self.broken = Some(Broken::Oversize(limit));
        }
    }

    fn step(&mut self, event: sse::Event<'_>) -> StepKind {
        if self.ended {
            return StepKind::NoProgress;
        }
        if !event.data.is_empty() {
            self.head = None;
        }
        let data = text::without_lone_surrogates(event.data);
        let event = sse::Event {
            data: &data,
            ..event
        };
        let shown = &mut self.shown;
        let kind = match &mut self.dialect {
            DialectStream::Anthropic(stream) => stream.event(event, shown),
            DialectStream::Chat(stream) => stream.event(event, shown),
            DialectStream::Responses(stream) => stream.event(event, shown),
        };
        match kind {
            Ok(StepKind::NoProgress) => StepKind::NoProgress,
            Ok(kind) => self.settle(kind),
            Err(broken) => {
                self.broken = Some(broken);
                StepKind::Error
            }
        }
    }

    /// Decides whether this event passes or fails the completion check.
    fn settle(&mut self, kind: StepKind) -> StepKind {
        self.ended = kind == StepKind::Terminal;
        match (self.verdict(), kind) {
            (None, StepKind::Terminal) => {
                self.broken = Some(Broken::NoStopReason);
                StepKind::Error
            }
            (Some(Completion::Broken(_)), StepKind::Terminal) => StepKind::Error,
            // The block can still close.
            (None | Some(Completion::Broken(Broken::OpenBlock)), _) => kind,
            (Some(_), StepKind::Terminal) => StepKind::Terminal,
            (Some(_), _) if self.settled => kind,
            (Some(completion), _) => {
                self.settled = true;
                self.passed = completion.is_answer();
                match completion {
                    Completion::Broken(broken) => {
                        self.failed = Some(broken);
                        StepKind::Error
                    }
                    Completion::Complete
                    | Completion::Continues
                    | Completion::Unknown
                    | Completion::Truncated
                    | Completion::Refused => StepKind::SemanticEnd,
                }
            }
        }
    }

    fn verdict(&self) -> Option<Completion> {
        if let Some(broken) = &self.failed {
            return Some(Completion::Broken(broken.clone()));
        }
        match &self.dialect {
            DialectStream::Anthropic(stream) => stream.verdict(self.ended, &self.shown),
            DialectStream::Chat(stream) => stream.verdict(self.ended, &self.shown),
            DialectStream::Responses(stream) => stream.verdict(&self.shown),
        }
    }

    pub(super) fn lacks_blank_line(&self) -> bool {
        self.broken.is_none() && self.reader.lacks_blank_line()
    }

    pub(super) fn judge(&self, end: BodyEnd) -> Completion {
        match (&self.broken, self.verdict()) {
            // After the completion check, an error does not change the verdict.
            (Some(broken), _) if !self.passed => return Completion::Broken(broken.clone()),
            (_, Some(completion)) => return completion,
            (Some(broken), None) => return Completion::Broken(broken.clone()),
            (None, None) => {}
        }
        Completion::Broken(match (end, &self.head) {
            (BodyEnd::Cut, _) => Broken::Cut,
            (BodyEnd::Clean, Some(head)) => not_events(head).unwrap_or(Broken::NoStopReason),
            (BodyEnd::Clean, None) => Broken::NoStopReason,
        })
    }

    pub(super) fn error_event(&self, problem: &GatewayError) -> Vec<u8> {
        match &self.dialect {
            DialectStream::Anthropic(_) => error_body::error_event(Dialect::Anthropic, problem),
            DialectStream::Chat(_) => error_body::error_event(Dialect::OpenaiChat, problem),
            DialectStream::Responses(stream) => {
                let next = stream.sequence.map_or(0, |last| last.saturating_add(1));
                error_body::response_failed(problem, self.shown.report.id.as_deref(), next)
            }
        }
    }
}
