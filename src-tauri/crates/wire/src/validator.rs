use catalog::Dialect;

use crate::{BodyEnd, Completion, Report, Step};

/// How the answer is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Stream,
    /// One JSON document.
    Whole,
}

/// Watches a copy of an answer's bytes and says whether it is complete.
///
/// Any split of the same bytes gives the same result; once broken it stays broken.
#[derive(Debug)]
pub struct Validator {
    report: Report,
}

impl Validator {
    /// Largest single event (stream) or body (whole) in bytes.
    pub const LIMIT: usize = 16 << 20;

    pub fn new(_dialect: Dialect, _framing: Framing) -> Self {
        Self {
            report: Report::default(),
        }
    }

    /// Look at the next bytes. In a stream, each event that ends within them is appended to `steps`.
    pub fn push(&mut self, _bytes: &[u8], _steps: &mut Vec<Step>) {}

    /// The answer as it stands, were its body to end now in this way.
    pub fn judge(&self, _end: BodyEnd) -> Completion {
        Completion::Complete
    }

    pub fn report(&self) -> &Report {
        &self.report
    }
}
