//! Writes a response in a client's dialect: events in their strict order, or a document.

use std::fmt;

use catalog::Tokens;

use super::cannot_tell::CannotTell;
use super::error::Told;
use super::model::{Happening, Identity, Stop};

/// A writer of one dialect. Only complete events are appended to `out`.
pub(crate) trait Write: fmt::Debug + Send {
    /// Called once, before everything except an error. `tokens`: the usage known so far.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>);

    fn happening(&mut self, happening: &Happening, out: &mut Vec<u8>) -> Result<(), CannotTell>;

    /// Writes the stop reason, the usage and the terminal event. All parts have ended.
    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>);

    /// Writes the provider's error instead of the end.
    fn error(&mut self, told: &Told, out: &mut Vec<u8>);
}
