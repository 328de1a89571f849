//! Queries about kept conversations to the ledger, which has its own thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ledger::{ConversationPart, Digest, Ledger, LedgerError};
use tokio::sync::oneshot;
use translate::Signature;

use super::references::{Found, Item, Previous, References};
use super::refers::Refers;
use super::response::Response;
use super::write::{Of, Written, read_item, read_response};
use crate::held::Share;

/// A query about kept conversations, answered by the ledger's thread.
#[derive(Debug)]
pub struct ConversationAsk(pub(super) Question);

/// The owner and the time.
pub(super) type OwnerAt = (Digest, DateTime<Utc>);

#[derive(Debug)]
pub(super) enum Question {
    /// Store a complete response.
    Keep(Box<Keep>),
    Find {
        owner_at: OwnerAt,
        references: References,
        reply: oneshot::Sender<Found>,
    },
    /// Store signatures that a provider requires with its calls.
    Sign {
        owner_at: OwnerAt,
        signatures: BTreeMap<String, Signature>,
        waiting: Share,
    },
    Signatures {
        owner_at: OwnerAt,
        calls: Vec<String>,
        reply: oneshot::Sender<BTreeMap<String, Signature>>,
    },
}

#[derive(Debug)]
pub(super) struct Keep {
    pub(super) owner_at: OwnerAt,
    /// The client's request.
    pub(super) body: Bytes,
    pub(super) refers: Option<Arc<Refers>>,
    pub(super) response: Response,
    pub(super) holder: Option<String>,
    /// Bytes of the memory for waiting queries that this query uses.
    pub(super) _waiting: Share,
}

impl ConversationAsk {
    /// Runs the query on the ledger. A ledger without a file stores nothing.
    ///
    /// # Errors The ledger's error; the sender of the query gets an empty result.
    pub fn answer(self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        let lasting = ledger.file().is_some();
        match self.0 {
            Question::Keep(_) | Question::Sign { .. } if !lasting => Ok(()),
            Question::Keep(keep) => {
                let (owner, now) = keep.owner_at;
                ledger.keep_conversation(&keep.parts(&owner), now)
            }
            Question::Find {
                owner_at,
                references,
                reply,
            } => send(reply, find(ledger, owner_at, &references)),
            Question::Sign {
                owner_at: (owner, now),
                signatures,
                waiting,
            } => {
                let parts = signatures.iter().map(|(call, signature)| ConversationPart {
                    name: Of::Signature(call).name(&owner),
                    body: signature.to_string().into_bytes(),
                });
                let kept = ledger.keep_conversation(&parts.collect::<Vec<_>>(), now);
                drop(waiting);
                kept
            }
            Question::Signatures {
                owner_at,
                calls,
                reply,
            } => send(reply, signatures(ledger, owner_at, calls)),
        }
    }
}

impl Keep {
    fn parts(&self, owner: &Digest) -> Vec<ConversationPart> {
        let written = Written {
            body: &self.body,
            refers: self
                .refers
                .as_ref()
                .map(|refers| (&refers.references, &refers.found)),
            response: &self.response,
            holder: self.holder.as_deref(),
        };
        written.parts(owner)
    }
}

fn send<T: Default>(
    reply: oneshot::Sender<T>,
    found: Result<T, LedgerError>,
) -> Result<(), LedgerError> {
    let (found, outcome) = match found {
        Ok(found) => (found, Ok(())),
        Err(error) => (T::default(), Err(error)),
    };
    // The request has ended, or its timeout expired.
    let _ = reply.send(found);
    outcome
}

fn find(
    ledger: &Ledger,
    (owner, now): OwnerAt,
    references: &References,
) -> Result<Found, LedgerError> {
    let one = |name: Digest| -> Result<Option<Vec<u8>>, LedgerError> {
        let found = ledger.conversation_parts(&[name], now)?;
        Ok(found.into_iter().next().flatten())
    };
    let mut found = Found::default();
    if let Some(id) = &references.previous
        && let Some(body) = one(Of::Response(id).name(&owner))?
        && let Some((names, anchors)) = read_response(&body)
    {
        let texts = ledger.conversation_parts(&names, now)?;
        let items = names
            .into_iter()
            .zip(texts)
            .map(|(name, text)| item(name, text?));
        let items: Option<Vec<Item>> = items.collect();
        found.previous = items.map(|items| Previous { items, anchors });
    }
    for id in &references.items {
        let Some(body) = one(Of::Item(id).name(&owner))? else {
            continue;
        };
        let mut failed = None;
        let text = |name| match one(name) {
            Ok(text) => item(name, text?),
            Err(error) => {
                failed = Some(error);
                None
            }
        };
        let read = read_item(&body, text);
        if let Some(error) = failed {
            return Err(error);
        }
        found.items.extend(read.map(|read| (id.clone(), read)));
    }
    Ok(found)
}

fn item(name: Digest, text: Vec<u8>) -> Option<Item> {
    let text = String::from_utf8(text).ok()?;
    Some(Item { name, text })
}

fn signatures(
    ledger: &Ledger,
    (owner, now): OwnerAt,
    calls: Vec<String>,
) -> Result<BTreeMap<String, Signature>, LedgerError> {
    let names: Vec<Digest> = calls
        .iter()
        .map(|call| Of::Signature(call).name(&owner))
        .collect();
    let found = ledger.conversation_parts(&names, now)?;
    let found = calls.into_iter().zip(found).filter_map(|(call, body)| {
        let text = String::from_utf8(body?).ok()?;
        Some((call, text.parse().ok()?))
    });
    Ok(found.collect())
}
