//! An answer in one document.

use catalog::Dialect;

use super::model::{Answer, Part, collect};
use super::parts::Parts;
use super::read::reader;
use super::restore::Restore;
use super::write::document;
use super::{CannotTell, Proof, identity, malformed};
use crate::names::Names;
use wire::fields::Fields;
use wire::{Framing, Validator};

/// A whole document, translated from the provider's dialect `from` into the client's, `to`. The same dialect keeps its bytes.
/// `created`: as in [`Form::created`].
///
/// # Errors
/// The answer is broken or cannot be said. One that ended cleanly with nothing to act on is translated as such.
pub fn whole(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    names: &Names,
    created: u64,
) -> Result<Vec<u8>, CannotTell> {
    if from == to {
        return Ok(body.to_vec());
    }
    let mut validator = Validator::new(from, Framing::Whole);
    validator.push(body, &mut Vec::new());
    let proof = Proof::of(&validator)?;

    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let data = Fields::read(text).map_err(|error| malformed(&error))?;
    let mut parts = Parts::default();
    reader(from).document(&data, &mut parts)?;
    parts.finish(proof.stop.is_cut())?;
    proof.holds_for(&parts)?;

    let identity = identity(&validator, created);
    let mut restore = Restore::new(names.clone());
    let mut said: Vec<Part> = Vec::new();
    for happening in parts.take() {
        for happening in restore.apply(happening, &identity)? {
            collect(&mut said, &happening);
        }
    }
    let answer = Answer {
        identity: &identity,
        parts: &said,
        stop: proof.stop,
        tokens: proof.tokens,
    };
    Ok(document(to, &answer)?.into_bytes())
}
