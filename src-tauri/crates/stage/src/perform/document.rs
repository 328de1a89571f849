//! Applies a fault to a response in one document.

use bytes::Bytes;

use super::performance::{Beat, JSON, Performance};
use crate::fault::Fault;

/// Bytes per piece of a dripping document.
const DROP: usize = 64;

pub(super) fn perform(body: Vec<u8>, fault: Option<&Fault>) -> Performance {
    let length = body.len();
    let body = Bytes::from(body);
    let first_part = || Beat::Send(body.slice(..length / 2));
    let rest = || Beat::Send(body.slice(length / 2..));
    let all = || vec![Beat::Send(body.clone())];

    let (length, beats) = match fault {
        Some(Fault::LateFirstToken(late)) => (
            Some(length),
            vec![Beat::Wait(*late), Beat::Send(body.clone())],
        ),
        Some(Fault::Stall { lasting, .. }) => {
            let pause = lasting.map_or(Beat::Stall, Beat::Wait);
            (Some(length), vec![first_part(), pause, rest()])
        }
        Some(Fault::HangUp { lasting, .. }) => (
            Some(length),
            vec![first_part(), Beat::Wait(*lasting), Beat::Cut],
        ),
        Some(Fault::StallInTool) => (Some(length), vec![first_part(), Beat::Stall]),
        Some(Fault::StallAfterStop | Fault::PingsOnly) => (Some(length), vec![Beat::Stall]),
        Some(
            Fault::CutAfterOpening
            | Fault::CutInText
            | Fault::CutInTool
            | Fault::CutBeforeFinal
            | Fault::CutAfter(_),
        ) => (None, vec![first_part(), Beat::Cut]),
        Some(Fault::CleanCloseInText | Fault::CleanCloseInTool | Fault::CleanCloseBeforeFinal) => {
            (None, vec![first_part()])
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
        Some(Fault::ResetInText) => (None, vec![first_part(), Beat::Reset]),
        Some(Fault::TruncatedBody) => (Some(length), vec![first_part(), Beat::Cut]),
        Some(
            Fault::MissingTerminal
            | Fault::ErrorEvent
            | Fault::ErrorAfter { .. }
            | Fault::ErrorEventFirst
            | Fault::ErrorEventBeforeFinal,
        ) => (Some(length), all()),
        None
        | Some(
            Fault::Status { .. }
            | Fault::Trouble(_)
            | Fault::Variation(_)
            | Fault::Refuse
            | Fault::Reset
            | Fault::NoHeaders(_)
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
