//! Kept conversations: a client of Responses may refer to what its vendor keeps (`previous_response_id`, `item_reference`). What
//! its responses said is kept here too, for a day, so that a candidate that does not hold it can be sent it in full. Beside it
//! lie the signatures that a provider demands back with its calls, for clients that do not return them.
//!
//! A response is observed as it passes. To write it down never delays or fails it: a failed write costs the reference.

mod ask;
mod expanded;
mod item;
mod keeper;
mod references;
mod response;
mod signatures;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use http::request::Parts;
use ledger::Digest;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wire::{Ask, Kind};

use crate::held::{Held, Share};
use crate::once::credential;
use crate::services::Services;
use crate::{Candidate, Config};

pub use ask::ConversationAsk;
pub(crate) use expanded::Expanded;
pub(crate) use keeper::Keeper;
pub(crate) use signatures::{SignatureSink, kept_signatures};

use ask::Question;
use keeper::holder;
use references::{Found, References};

/// How long a request waits for what it refers to; then that is not kept. The ledger itself waits 5 s for another program.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes that wait to be written.
const WAITING: usize = 64 << 20;

/// The way to the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Conversations {
    to: mpsc::Sender<ConversationAsk>,
    waiting: Held,
}

impl Conversations {
    pub(crate) fn new(to: mpsc::Sender<ConversationAsk>) -> Self {
        Self {
            to,
            waiting: Held::default(),
        }
    }

    /// Write something down when there is time: after all that was to be written before, and before any later search.
    fn write(&self, bytes: usize, question: impl FnOnce(Share) -> Question) {
        let mut share = self.waiting.share();
        let why = match share.grow(bytes, WAITING) {
            Err(_) => "too much waits to be written",
            Ok(()) => match self.to.try_send(ConversationAsk(question(share))) {
                Ok(()) => return,
                Err(_) => "its writer is too slow or gone",
            },
        };
        tracing::warn!(
            why,
            "a response is not kept: another provider will not understand a reference to it"
        );
    }

    async fn search<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Option<T> {
        let (reply, replied) = oneshot::channel();
        self.to.try_send(ConversationAsk(question(reply))).ok()?;
        timeout(PATIENCE, replied).await.ok()?.ok()
    }
}

/// Whose conversation a request belongs to, and what of it the request refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversation {
    /// None: nothing of it is kept or looked for.
    owner: Option<Digest>,
    refers: Option<Arc<Refers>>,
}

#[derive(Debug)]
struct Refers {
    references: References,
    found: Found,
    /// The request in full; None: not all that it refers to is kept, or there is no memory for it.
    in_full: Option<Expanded>,
    /// What it takes of the memory for bodies.
    _share: Share,
}

impl Refers {
    fn new(
        references: References,
        found: Found,
        body: &Bytes,
        config: &Config,
        held: &Held,
    ) -> Self {
        let mut share = held.share();
        let in_full = Expanded::in_full(body, &found, config.limits.body);
        let full_bytes = in_full.as_ref().map_or(0, |full| full.body.len());
        match share.grow(found.bytes() + full_bytes, config.limits.bodies) {
            Ok(()) => Self {
                references,
                found,
                in_full,
                _share: share,
            },
            Err(_) => Self {
                references,
                found: Found::default(),
                in_full: None,
                _share: held.share(),
            },
        }
    }
}

impl Conversation {
    /// Look for what a request refers to.
    pub(crate) async fn of(
        services: &Services,
        config: &Config,
        head: &Parts,
        (ask, kind): (&Ask, Kind),
        body: &Bytes,
    ) -> Self {
        if !config.keep_conversations || kind != Kind::Generate {
            return Self::default();
        }
        let owner = credential(&config.token, &head.headers);
        let mut conversation = Self {
            owner: Some(owner),
            refers: None,
        };
        if ask.dialect == Dialect::OpenaiResponses
            && let Some(references) = References::of(body)
        {
            let now = services.now();
            let found = services.conversations().search(|reply| Question::Find {
                whose: (owner, now),
                references: references.clone(),
                reply,
            });
            let found = found.await.unwrap_or_default();
            let refers = Refers::new(references, found, body, config, services.bodies());
            conversation.refers = Some(Arc::new(refers));
        }
        conversation
    }

    /// The request in full, for a candidate that holds nothing of it. None: it refers to nothing, or not all of it is kept.
    pub(crate) fn in_full(&self) -> Option<&Expanded> {
        self.refers.as_ref()?.in_full.as_ref()
    }

    /// The request as the client's own vendor understands it. None: as it is.
    pub(crate) fn for_own(&self, body: &Bytes, candidate: &Candidate) -> Option<Expanded> {
        Expanded::for_holder(body, &self.refers.as_ref()?.found, &holder(candidate))
    }
}
