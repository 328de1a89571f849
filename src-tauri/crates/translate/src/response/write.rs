//! Writes a response in a client's dialect: events in their strict order, or a document.

use std::fmt;

use catalog::Tokens;

use super::cannot_tell::CannotTell;
use super::error::Told;
use super::model::{Happening, Identity, Stop};

/// A writer of one dialect. Only complete events are appended to `out`.
pub(crate) trait Write: fmt::Debug + Send {
    /// Comes once, before all else but an error. `tokens`: what is known of them by now.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>);

    fn happening(&mut self, happening: &Happening, out: &mut Vec<u8>) -> Result<(), CannotTell>;

    /// The stop reason, the usage and the terminal event. Every part has ended.
    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>);

    /// The provider's error, in place of the end.
    fn error(&mut self, told: &Told, out: &mut Vec<u8>);
}
