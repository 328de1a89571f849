//! What a fault makes of an answer: bytes, waits, and how the body ends.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;

use crate::dialect::{Frame, Kind, Transcript, error_event, ping};
use crate::fault::{ErrorBody, Fault};
use crate::refusal::{self, HTML};

mod body;

pub(crate) use body::{Body, body};

/// A response from its status line to its end.
#[derive(Debug)]
pub(crate) struct Performance {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// The `content-length` that is promised; absent: chunked.
    pub(crate) length: Option<usize>,
    pub(crate) beats: Vec<Beat>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Send(Bytes),
    Wait(Duration),
    /// Silence until the client leaves.
    Silence,
    /// The same bytes again and again until the client leaves.
    Repeat(Bytes, Duration),
    /// The connection is dropped: no last chunk.
    Cut,
    /// The connection is reset: what the client has not read yet may be lost.
    Reset,
}

const SSE: &str = "text/event-stream; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
const WEB_PAGE: &str = "text/html; charset=utf-8";
const PING_EVERY: Duration = Duration::from_secs(2);
/// Bytes at a time when a document drips.
const DROP: usize = 64;

impl Performance {
    /// A document with its length.
    pub(crate) fn document(status: u16, content_type: &'static str, body: Vec<u8>) -> Performance {
        let length = Some(body.len());
        let beats = if body.is_empty() {
            Vec::new()
        } else {
            vec![Beat::Send(body.into())]
        };
        Performance {
            status,
            content_type,
            length,
            beats,
        }
    }

    /// The answer with what `fault` makes of it. Faults that come before the headers are played by the caller.
    pub(crate) fn of(
        dialect: Dialect,
        streamed: bool,
        transcript: &Transcript,
        fault: Option<&Fault>,
    ) -> Performance {
        match fault {
            Some(Fault::EmptyOk) => {
                let content_type = if streamed { SSE } else { JSON };
                Performance::document(200, content_type, Vec::new())
            }
            Some(Fault::HtmlOk) => Performance::document(200, WEB_PAGE, HTML.into()),
            Some(Fault::JsonErrorOk) => json_error(dialect),
            Some(Fault::ErrorEvent | Fault::ErrorEventFirst | Fault::ErrorEventBeforeFinal)
                if !streamed =>
            {
                json_error(dialect)
            }
            _ if streamed => stream(dialect, transcript, fault),
            _ => whole(transcript.whole.to_string().into_bytes(), fault),
        }
    }
}

fn json_error(dialect: Dialect) -> Performance {
    let body = refusal::envelope(dialect, 500, ErrorBody::Usual, None);
    Performance::document(200, JSON, body)
}

fn stream(dialect: Dialect, transcript: &Transcript, fault: Option<&Fault>) -> Performance {
    let frames = transcript.frames.as_slice();
    let send = |frames: &[Frame]| -> Vec<Beat> {
        frames.iter().map(|f| Beat::Send(f.bytes.clone())).collect()
    };
    let cut_at = |at: usize, then: &[Beat]| [send(&frames[..at]), then.to_vec()].concat();
    let pause_at =
        |at: usize, pause: Beat| [send(&frames[..at]), vec![pause], send(&frames[at..])].concat();
    let error_at = |at: usize| cut_at(at, &[Beat::Send(error_event(dialect, transcript, at))]);
    let opening = index(frames, |kind| kind.is_content()).unwrap_or(frames.len().min(1));
    let in_text = middle(frames, Kind::Text);
    let in_tool = middle(frames, Kind::Arguments);
    let stop = index(frames, |kind| kind == Kind::Stop).unwrap_or(frames.len());
    let after_stop = (stop + 1).min(frames.len());

    let beats = match fault {
        Some(Fault::LateFirstToken(late)) => pause_at(opening, Beat::Wait(*late)),
        Some(Fault::Stall { after, lasting }) => pause_at(
            after_content(frames, *after),
            lasting.map_or(Beat::Silence, Beat::Wait),
        ),
        Some(Fault::StallInTool) => cut_at(in_tool, &[Beat::Silence]),
        Some(Fault::StallAfterStop) => {
            cut_at(after_stop, &[Beat::Repeat(ping(dialect), PING_EVERY)])
        }
        Some(Fault::PingsOnly) => cut_at(opening, &[Beat::Repeat(ping(dialect), PING_EVERY)]),
        Some(Fault::CutAfterOpening) => cut_at(opening, &[Beat::Cut]),
        Some(Fault::CutInText) => cut_at(in_text, &[Beat::Cut]),
        Some(Fault::ResetInText) => cut_at(in_text, &[Beat::Reset]),
        Some(Fault::CutInTool) => cut_at(in_tool, &[Beat::Cut]),
        Some(Fault::CutBeforeFinal) => cut_at(stop, &[Beat::Cut]),
        Some(Fault::CleanCloseInText) => cut_at(in_text, &[]),
        Some(Fault::CleanCloseInTool) => cut_at(in_tool, &[]),
        Some(Fault::CleanCloseBeforeFinal) => cut_at(stop, &[]),
        Some(Fault::MissingTerminal) => cut_at(after_stop, &[]),
        Some(Fault::ErrorEvent) => error_at(middle_of_content(frames)),
        Some(Fault::ErrorEventBeforeFinal) => error_at(stop),
        Some(Fault::ErrorEventFirst) => error_at(0),
        Some(Fault::MalformedEvent) => {
            let mut frames = frames.to_vec();
            let middle = middle_of_content(&frames);
            if let Some(frame) = frames.get_mut(middle) {
                *frame = frame.malformed();
            }
            send(&frames)
        }
        Some(Fault::Drip(every)) => send(frames)
            .into_iter()
            .flat_map(|beat| [Beat::Wait(*every), beat])
            .collect(),
        Some(Fault::TruncatedBody) => cut_at(middle_of_content(frames), &[Beat::Cut]),
        None
        | Some(
            Fault::Status { .. }
            | Fault::Refuse
            | Fault::Reset
            | Fault::SilentBeforeHeaders(_)
            | Fault::EmptyOk
            | Fault::HtmlOk
            | Fault::JsonErrorOk
            | Fault::Stop(_)
            | Fault::NothingToActOn
            | Fault::InvalidToolInput,
        ) => send(frames),
    };
    let length = matches!(fault, Some(Fault::TruncatedBody))
        .then(|| frames.iter().map(|frame| frame.bytes.len()).sum());
    Performance {
        status: 200,
        content_type: SSE,
        length,
        beats,
    }
}

fn whole(body: Vec<u8>, fault: Option<&Fault>) -> Performance {
    let length = body.len();
    let body = Bytes::from(body);
    let half = || Beat::Send(body.slice(..length / 2));
    let rest = || Beat::Send(body.slice(length / 2..));
    let all = || vec![Beat::Send(body.clone())];

    let (length, beats) = match fault {
        Some(Fault::LateFirstToken(late)) => (
            Some(length),
            vec![Beat::Wait(*late), Beat::Send(body.clone())],
        ),
        Some(Fault::Stall { lasting, .. }) => {
            let pause = lasting.map_or(Beat::Silence, Beat::Wait);
            (Some(length), vec![half(), pause, rest()])
        }
        Some(Fault::StallInTool) => (Some(length), vec![half(), Beat::Silence]),
        Some(Fault::StallAfterStop | Fault::PingsOnly) => (Some(length), vec![Beat::Silence]),
        Some(
            Fault::CutAfterOpening | Fault::CutInText | Fault::CutInTool | Fault::CutBeforeFinal,
        ) => (None, vec![half(), Beat::Cut]),
        Some(Fault::CleanCloseInText | Fault::CleanCloseInTool | Fault::CleanCloseBeforeFinal) => {
            (None, vec![half()])
        }
        Some(Fault::MalformedEvent) => {
            let broken = [&body[..length / 2], b"\n<<<\n", &body[length / 2..]].concat();
            (Some(broken.len()), vec![Beat::Send(broken.into())])
        }
        Some(Fault::Drip(every)) => {
            let drops = body.chunks(DROP).map(Bytes::copy_from_slice);
            let beats = drops
                .flat_map(|drop| [Beat::Wait(*every), Beat::Send(drop)])
                .collect();
            (Some(length), beats)
        }
        Some(Fault::ResetInText) => (None, vec![half(), Beat::Reset]),
        Some(Fault::TruncatedBody) => (Some(length), vec![half(), Beat::Cut]),
        Some(
            Fault::MissingTerminal
            | Fault::ErrorEvent
            | Fault::ErrorEventFirst
            | Fault::ErrorEventBeforeFinal,
        ) => (Some(length), all()),
        None
        | Some(
            Fault::Status { .. }
            | Fault::Refuse
            | Fault::Reset
            | Fault::SilentBeforeHeaders(_)
            | Fault::EmptyOk
            | Fault::HtmlOk
            | Fault::JsonErrorOk
            | Fault::Stop(_)
            | Fault::NothingToActOn
            | Fault::InvalidToolInput,
        ) => (Some(length), all()),
    };
    Performance {
        status: 200,
        content_type: JSON,
        length,
        beats,
    }
}

fn index(frames: &[Frame], is: impl Fn(Kind) -> bool) -> Option<usize> {
    frames.iter().position(|frame| is(frame.kind))
}

/// The middle of all events of this kind; where there is none, of all content.
fn middle(frames: &[Frame], kind: Kind) -> usize {
    let of: Vec<usize> = (0..frames.len())
        .filter(|at| frames[*at].kind == kind)
        .collect();
    of.get(of.len() / 2)
        .copied()
        .unwrap_or_else(|| middle_of_content(frames))
}

fn middle_of_content(frames: &[Frame]) -> usize {
    let of: Vec<usize> = (0..frames.len())
        .filter(|at| frames[*at].kind.is_content())
        .collect();
    of.get(of.len() / 2).copied().unwrap_or(frames.len() / 2)
}

/// The place after this many content events.
fn after_content(frames: &[Frame], count: usize) -> usize {
    let mut seen = 0;
    frames
        .iter()
        .position(|frame| {
            let reached = seen == count && frame.kind.is_content() || frame.kind == Kind::Stop;
            seen += usize::from(frame.kind.is_content());
            reached
        })
        .unwrap_or(frames.len())
}
