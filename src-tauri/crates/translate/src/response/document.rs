//! A response in one document.

use std::collections::BTreeMap;

use catalog::Dialect;

use super::dialects::{document, reader};
use super::model::{Answer, Part, collect};
use super::parts::Parts;
use super::restore::Restore;
use super::{Form, Proof, UntranslatableResponse, identity, malformed};
use crate::names::{Names, Signature};
use wire::fields::Fields;
use wire::{Framing, Validator};

/// Translates a document from the provider's dialect `from` into the client's, `to`. Both may be the same if another vendor
/// answered, whose thinking and ids the client's own vendor would refuse later.
///
/// # Errors The response is broken or not translatable. A response with a clean end and no content is translated as such.
pub fn complete_document(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    names: &Names,
    form: &Form,
) -> Result<Vec<u8>, UntranslatableResponse> {
    Ok(complete_document_signed(from, to, body, names, form)?.body)
}

/// A complete document for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedDocument {
    pub body: Vec<u8>,
    /// As [`super::AnswerTranslator::signatures`].
    pub signatures: BTreeMap<String, Signature>,
}

/// The same, with the signatures that do not fit into the client's ids.
///
/// # Errors
/// As [`complete_document`].
pub fn complete_document_signed(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    names: &Names,
    form: &Form,
) -> Result<SignedDocument, UntranslatableResponse> {
    let mut validator = Validator::new(from, Framing::Document);
    validator.push(body, &mut Vec::new());
    let proof = Proof::of(&validator)?;

    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let data = Fields::read(text).map_err(|error| malformed(&error))?;
    let mut parts = Parts::default();
    reader(from).document(&data, &mut parts)?;
    parts.finish(proof.stop.is_cut())?;
    proof.holds_for(&parts)?;

    let identity = identity(&validator, form.created);
    let mut restore = Restore::new(names.clone(), form.json);
    let mut collected: Vec<Part> = Vec::new();
    for happening in parts.take() {
        for happening in restore.apply(happening, &identity)? {
            collect(&mut collected, &happening);
        }
    }
    let answer = Answer {
        identity: &identity,
        parts: &collected,
        stop: proof.stop,
        tokens: proof.tokens,
    };
    Ok(SignedDocument {
        body: document(to, &answer, form)?.into_bytes(),
        signatures: restore.signatures,
    })
}
