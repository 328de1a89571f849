//! Properties for any bytes. A violated property panics, and the fuzzer reports the bytes.

#![warn(clippy::wildcard_enum_match_arm)]

mod failure;
mod request;
mod restart;
mod translate;

use catalog::Dialect;
use wire::{BodyEnd, Completion, Framing, Report, Step, Validator, sse};

pub use crate::translate::{same_dialect, translate};
pub use failure::failure;
pub use request::request;
pub use restart::restart;

/// In bytes. Small, so that inputs reach the limit.
const EVENT: usize = 1 << 10;

/// Cuts the data into pieces. The data decides their lengths.
fn pieces(mut data: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some(first) = data.first() {
        let length = usize::from(first % 23 + 1).min(data.len());
        let (piece, rest) = data.split_at(length);
        pieces.push(piece);
        data = rest;
    }
    pieces
}

/// Every byte belongs to one event, in order, for any split. An oversize event ends the stream.
pub fn sse(data: &[u8]) {
    let read = |slices: &[&[u8]]| {
        let mut reader = sse::Reader::new(EVENT);
        let mut events: Vec<(String, Vec<u8>, u64)> = Vec::new();
        let mut outcome = Ok(());
        for slice in slices {
            let read = reader.push(slice, &mut |event| {
                events.push((event.name.to_owned(), event.data.to_vec(), event.end));
            });
            assert!(
                outcome.is_ok() || read.is_err(),
                "an oversize event did not end the stream"
            );
            outcome = outcome.and(read);
        }
        assert!(reader.pending() <= EVENT);
        (events, outcome, reader.pending())
    };
    let (events, outcome, pending) = read(&[data]);
    let mut end = 0;
    for event in &events {
        assert!(event.2 > end && event.2 - end <= EVENT as u64 && event.1.len() <= EVENT);
        end = event.2;
    }
    if outcome.is_ok() {
        assert_eq!(end + pending as u64, data.len() as u64);
    }
    assert_eq!(read(&pieces(data)), (events, outcome, pending));
}

#[derive(Debug, PartialEq)]
struct Judged {
    steps: Vec<Step>,
    clean: Completion,
    cut: Completion,
    report: Report,
}

/// Properties of the validator that delivery needs, for both framings of a dialect.
pub fn validator(dialect: Dialect, data: &[u8]) {
    for framing in [Framing::Stream, Framing::Document] {
        let (judged, mut validator) = judge(dialect, framing, &[data]);
        assert_eq!(
            judge(dialect, framing, &pieces(data)).0,
            judged,
            "another split gives another result"
        );
        let mut end = 0;
        for step in &judged.steps {
            assert!(
                step.end > end && step.end <= data.len() as u64,
                "an event ends out of order"
            );
            end = step.end;
        }
        let passed = judged.steps.iter().any(|step| step.kind.passes_check());
        if framing == Framing::Stream && !passed {
            assert!(
                !judged.clean.is_answer() && !judged.cut.is_answer(),
                "a complete response without a semantic end"
            );
        }
        if let Some(broken) = validator.broken().cloned() {
            let mut steps = Vec::new();
            validator.push(data, &mut steps);
            assert!(steps.is_empty(), "events after the response broke");
            assert_eq!(validator.broken(), Some(&broken));
            // After the completion check, an error does not change the verdict.
            let expected = if passed {
                judged.clean
            } else {
                Completion::Broken(broken)
            };
            assert_eq!(validator.judge(BodyEnd::Clean), expected);
        }
    }
}

fn judge(dialect: Dialect, framing: Framing, slices: &[&[u8]]) -> (Judged, Validator) {
    let mut validator = Validator::new(dialect, framing);
    let mut steps = Vec::new();
    for slice in slices {
        validator.push(slice, &mut steps);
    }
    let judged = Judged {
        steps,
        clean: validator.judge(BodyEnd::Clean),
        cut: validator.judge(BodyEnd::Cut),
        report: validator.report().clone(),
    };
    (judged, validator)
}
