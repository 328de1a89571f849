//! What holds for any bytes at all. A law that is broken panics, which the fuzzer reports with the bytes that broke it.

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

/// Small, so that the limit is met.
const EVENT: usize = 1 << 10;

/// The data cut into pieces, whose lengths the data itself gives.
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

/// Every byte belongs to one event, in order, whatever the split; too large an event ends the stream for good.
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
                "too large an event was forgotten"
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

/// Both framings of a dialect, under the laws that its delivery stands on.
pub fn validator(dialect: Dialect, data: &[u8]) {
    for framing in [Framing::Stream, Framing::Whole] {
        let (judged, mut validator) = judge(dialect, framing, &[data]);
        assert_eq!(
            judge(dialect, framing, &pieces(data)).0,
            judged,
            "any split is the same"
        );
        let mut end = 0;
        for step in &judged.steps {
            assert!(
                step.end > end && step.end <= data.len() as u64,
                "events follow each other"
            );
            end = step.end;
        }
        let proven = judged.steps.iter().any(|step| step.kind.is_proof());
        if framing == Framing::Stream && !proven {
            assert!(
                !judged.clean.is_answer() && !judged.cut.is_answer(),
                "an answer without proof"
            );
        }
        if let Some(broken) = validator.broken().cloned() {
            let mut steps = Vec::new();
            validator.push(data, &mut steps);
            assert!(steps.is_empty(), "events after the answer broke");
            assert_eq!(validator.broken(), Some(&broken));
            // An error after the completion check withdraws nothing.
            let expected = if proven {
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
