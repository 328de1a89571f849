//! The thinking before the first tool call of a response: some providers require it with that call in the next request.

use crate::names::Signature;

/// In bytes. Longer thinking is not stored.
const MOST: usize = 256 << 10;

#[derive(Debug, Default)]
pub(crate) struct Reasoning {
    text: String,
    taken: bool,
}

impl Reasoning {
    pub(crate) fn push(&mut self, text: &str) {
        if !self.taken && self.text.len() <= MOST {
            self.text.push_str(text);
        }
    }

    /// Returns the thinking for the first call only.
    pub(crate) fn take(&mut self) -> Option<Signature> {
        let first = !std::mem::replace(&mut self.taken, true);
        let text = std::mem::take(&mut self.text);
        let fits = first && (1..=MOST).contains(&text.len());
        fits.then_some(Signature::Reasoning(text))
    }
}
