//! The stored form of a response, in parts: each item under its text's digest, so that a conversation that is sent again with
//! every turn is stored once; each output item under its id; and the conversation up to its end under the response's id. Pure.

use ledger::{ConversationPart, Digest};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wire::fields::Fields;

use super::item::{self, inputs};
use super::references::{Anchors, Found, FoundItem, Item, Previous, References, reference};
use super::response::Response;

/// Bytes of a digest.
const DIGEST: usize = 32;

/// The kind of a name in the ledger. Nothing can be found without the owner's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of<'a> {
    /// By its id.
    Response(&'a str),
    /// By its id.
    Item(&'a str),
    /// By its text.
    Text(&'a str),
    /// By the call's id.
    Signature(&'a str),
    /// The owner of data that belongs to only one session.
    Session(&'a str),
}

impl Of<'_> {
    pub(super) fn name(self, owner: &Digest) -> Digest {
        let (kind, text) = match self {
            Of::Response(id) => ("response", id),
            Of::Item(id) => ("item", id),
            Of::Text(text) => ("text", text),
            Of::Signature(id) => ("signature", id),
            Of::Session(name) => ("session", name),
        };
        let mut hash = Sha256::new();
        hash.update(owner);
        hash.update(kind);
        // No kind contains a zero byte.
        hash.update([0]);
        hash.update(text);
        hash.finalize().into()
    }
}

/// The value stored under an item's id.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OfItem {
    holder: Option<String>,
    /// The name of its text, in hexadecimal digits; `None`: only its own vendor can read it.
    text: Option<Digest>,
}

impl OfItem {
    fn part(&self, owner: &Digest, id: &str) -> ConversationPart {
        ConversationPart {
            name: Of::Item(id).name(owner),
            body: serde_json::to_vec(self).unwrap_or_default(),
        }
    }
}

/// The value stored under a response's id, before the names of its items.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OfResponse {
    anchors: Anchors,
}

/// A response with all data from which its parts are derived.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// The client's request.
    pub(super) body: &'a [u8],
    /// The request's references, and their stored content.
    pub(super) refers: Option<(&'a References, &'a Found)>,
    pub(super) response: &'a Response,
    /// The account that stores it; `None`: no vendor does.
    pub(super) holder: Option<&'a str>,
}

impl Written<'_> {
    pub(super) fn parts(&self, owner: &Digest) -> Vec<ConversationPart> {
        let mut parts = Vec::new();
        let mut outputs = Vec::new();
        for raw in &self.response.output {
            let item::Output { id, text } = item::output(raw);
            let text = text.map(|text| put(owner, text, &mut parts));
            outputs.extend(text);
            if let Some(id) = id {
                let holder = self.holder.map(str::to_owned);
                parts.push(OfItem { holder, text }.part(owner, &id));
            }
        }
        if let Some((mut names, mut anchors)) = self.input(owner, &mut parts) {
            names.extend(outputs);
            if let Some(holder) = self.holder {
                let anchor = (self.response.id.clone(), names.len());
                anchors.insert(holder.to_owned(), anchor);
            }
            parts.push(ConversationPart {
                name: Of::Response(&self.response.id).name(owner),
                body: written(&OfResponse { anchors }, &names),
            });
        }
        parts
    }

    /// The names of the conversation's items before the response. The content of its references is kept for another day.
    /// `None`: the vendor has content that is not kept here.
    fn input(
        &self,
        owner: &Digest,
        parts: &mut Vec<ConversationPart>,
    ) -> Option<(Vec<Digest>, Anchors)> {
        let body = Fields::read(self.body).ok()?;
        if body.non_null("conversation").is_some() || body.non_null("prompt").is_some() {
            return None;
        }
        let previous = self.refers.and_then(|(references, found)| {
            references.previous.as_ref()?;
            Some(found.previous.as_ref())
        });
        let (mut names, anchors) = match previous {
            None => (Vec::new(), Anchors::new()),
            Some(None) => return None,
            Some(Some(Previous { items, anchors })) => {
                let names = items
                    .iter()
                    .map(|item| put(owner, item.text.clone(), parts));
                (names.collect(), anchors.clone())
            }
        };
        for raw in inputs(&body) {
            let referred = Fields::read(raw.as_bytes()).ok();
            match referred.and_then(|item| reference(&item)) {
                Some(id) => {
                    let FoundItem { holder, item } = self.refers?.1.items.get(&id)?;
                    let text = item
                        .as_ref()
                        .map(|item| put(owner, item.text.clone(), parts));
                    let holder = holder.clone();
                    parts.push(OfItem { holder, text }.part(owner, &id));
                    names.extend(text);
                }
                None => names.extend(item::input(&raw).map(|text| put(owner, text, parts))),
            }
        }
        Some((names, anchors))
    }
}

fn put(owner: &Digest, text: String, parts: &mut Vec<ConversationPart>) -> Digest {
    let name = Of::Text(&text).name(owner);
    let body = text.into_bytes();
    parts.push(ConversationPart { name, body });
    name
}

fn written(of: &OfResponse, names: &[Digest]) -> Vec<u8> {
    let mut body = serde_json::to_vec(of).unwrap_or_default();
    body.push(b'\n');
    body.extend(names.iter().flatten());
    body
}

/// Parses the value under a response's id: the names of its items, and which account stores which of them.
pub(super) fn read_response(body: &[u8]) -> Option<(Vec<Digest>, Anchors)> {
    let at = body.iter().position(|byte| *byte == b'\n')?;
    let OfResponse { anchors } = serde_json::from_slice(&body[..at]).ok()?;
    let names = body[at + 1..].chunks(DIGEST).map(Digest::try_from);
    Some((names.collect::<Result<_, _>>().ok()?, anchors))
}

/// Parses the value under an item's id; `text` finds a text by its name. `None`: its text was deleted.
pub(super) fn read_item(
    body: &[u8],
    text: impl FnOnce(Digest) -> Option<Item>,
) -> Option<FoundItem> {
    let OfItem { holder, text: name } = serde_json::from_slice(body).ok()?;
    let item = match name {
        None => None,
        Some(name) => Some(text(name)?),
    };
    Some(FoundItem { holder, item })
}
