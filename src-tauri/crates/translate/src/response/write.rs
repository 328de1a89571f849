//! Writes a response in a client's dialect: events in their strict order, or a document.

use std::fmt;

use catalog::Tokens;

use super::error::ProviderError;
use super::model::{Happening, Identity, Stop};
use super::untranslatable::UntranslatableResponse;

/// A writer of one dialect. Only complete events are appended to `out`.
pub(crate) trait Write: fmt::Debug + Send {
    /// Called once, before everything except an error. `tokens`: the usage known so far.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>);

    fn happening(
        &mut self,
        happening: &Happening,
        out: &mut Vec<u8>,
    ) -> Result<(), UntranslatableResponse>;

    /// Writes the stop reason, the usage and the terminal event. All parts have ended.
    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>);

    /// Writes the provider's error instead of the end.
    fn error(&mut self, translated: &ProviderError, out: &mut Vec<u8>);
}
