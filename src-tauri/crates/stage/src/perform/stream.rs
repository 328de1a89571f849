//! Applies a fault to a stream of events.

use std::time::Duration;

use super::performance::{Beat, Performance, SSE};
use super::scene::Scene;
use crate::dialect::keep_alive;
use crate::fault::Fault;
use crate::frame::{Frame, Kind, Transcript};

const PING_EVERY: Duration = Duration::from_secs(2);

pub(super) fn perform(
    scene: &Scene<'_>,
    transcript: &Transcript,
    fault: Option<&Fault>,
) -> Performance {
    let frames = transcript.frames.as_slice();
    let send = |frames: &[Frame]| -> Vec<Beat> {
        frames.iter().map(|f| Beat::Send(f.bytes.clone())).collect()
    };
    let cut_at = |at: usize, then: &[Beat]| [send(&frames[..at]), then.to_vec()].concat();
    let pause_at =
        |at: usize, pause: Beat| [send(&frames[..at]), vec![pause], send(&frames[at..])].concat();
    let error_at = |at: usize, trouble| {
        cut_at(
            at,
            &[Beat::Send(scene.error_event(transcript, at, trouble))],
        )
    };
    let ping = || keep_alive(scene.dialect, scene.delivery.traits);
    let opening = index(frames, |kind| kind.is_content()).unwrap_or(frames.len().min(1));
    let in_text = middle(frames, Kind::Text);
    let in_tool = middle(frames, Kind::Arguments);
    let stop = index(frames, |kind| kind == Kind::Stop).unwrap_or(frames.len());
    let after_stop = (stop + 1).min(frames.len());

    let beats = match fault {
        Some(Fault::LateFirstToken(late)) => pause_at(opening, Beat::Wait(*late)),
        Some(Fault::Stall { after, lasting }) => pause_at(
            after_content(frames, *after),
            lasting.map_or(Beat::Stall, Beat::Wait),
        ),
        Some(Fault::StallInTool) => cut_at(in_tool, &[Beat::Stall]),
        Some(Fault::StallAfterStop) => cut_at(after_stop, &[Beat::Repeat(ping(), PING_EVERY)]),
        Some(Fault::PingsOnly) => cut_at(opening, &[Beat::Repeat(ping(), PING_EVERY)]),
        Some(Fault::CutAfterOpening) => cut_at(opening, &[Beat::Cut]),
        Some(Fault::CutInText) => cut_at(in_text, &[Beat::Cut]),
        Some(Fault::ResetInText) => cut_at(in_text, &[Beat::Reset]),
        Some(Fault::CutInTool) => cut_at(in_tool, &[Beat::Cut]),
        Some(Fault::CutBeforeFinal) => cut_at(stop, &[Beat::Cut]),
        Some(Fault::CutAfter(count)) => cut_at(after_content(frames, *count), &[Beat::Cut]),
        Some(Fault::CleanCloseInText) => cut_at(in_text, &[]),
        Some(Fault::CleanCloseInTool) => cut_at(in_tool, &[]),
        Some(Fault::CleanCloseBeforeFinal) => cut_at(stop, &[]),
        Some(Fault::MissingTerminal) => cut_at(after_stop, &[]),
        Some(Fault::ErrorEvent) => error_at(middle_of_content(frames), None),
        Some(Fault::ErrorAfter { after, trouble }) => {
            error_at(after_content(frames, *after), *trouble)
        }
        Some(Fault::HangUp {
            after: Some(after),
            lasting,
        }) => cut_at(
            after_content(frames, *after),
            &[Beat::Wait(*lasting), Beat::Cut],
        ),
        Some(Fault::ErrorEventBeforeFinal) => error_at(stop, None),
        Some(Fault::ErrorEventFirst) => error_at(0, None),
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
            | Fault::Trouble(_)
            | Fault::Variation(_)
            | Fault::HangUp { after: None, .. }
            | Fault::Refuse
            | Fault::Reset
            | Fault::NoHeaders(_)
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

fn index(frames: &[Frame], is: impl Fn(Kind) -> bool) -> Option<usize> {
    frames.iter().position(|frame| is(frame.kind))
}

/// The middle of all events of this kind; if there is none, of all content.
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

/// The index after this many content events.
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
