//! The kept conversation that a request continues.

use std::sync::Arc;

use bytes::Bytes;
use catalog::Dialect;
use http::request::Parts;
use ledger::Digest;
use wire::{Kind, RequestFields};

use super::ask::Question;
use super::expanded::Expanded;
use super::holder::holder;
use super::references::References;
use super::refers::Refers;
use crate::once::credential;
use crate::services::Services;
use crate::{Candidate, Config};

/// The owner of a request's conversation, and the request's references to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversation {
    /// `None`: nothing of it is stored or looked up.
    pub(super) owner: Option<Digest>,
    pub(super) refers: Option<Arc<Refers>>,
}

impl Conversation {
    /// Looks up the content of a request's references.
    pub(crate) async fn of(
        services: &Services,
        config: &Config,
        head: &Parts,
        (ask, kind): (&RequestFields, Kind),
        body: &Bytes,
    ) -> Self {
        if !config.keep_conversations || kind != Kind::Generate {
            return Self::default();
        }
        let owner = credential(&config.token, head);
        let mut conversation = Self {
            owner: Some(owner),
            refers: None,
        };
        if ask.dialect == Dialect::OpenaiResponses
            && let Some(references) = References::of(body)
        {
            let now = services.now();
            let found = services.conversations().search(|reply| Question::Find {
                owner_at: (owner, now),
                references: references.clone(),
                reply,
            });
            let found = found.await.unwrap_or_default();
            let refers = Refers::new(references, found, body, config, services.bodies());
            conversation.refers = Some(Arc::new(refers));
        }
        conversation
    }

    /// The request in full, for a candidate that stores nothing of it. `None`: it has no references, or not all of them are
    /// kept.
    pub(crate) fn in_full(&self) -> Option<&Expanded> {
        self.refers.as_ref()?.in_full.as_ref()
    }

    /// The request in the form for the client's own vendor. `None`: unchanged.
    pub(crate) fn for_own(&self, body: &Bytes, candidate: &Candidate) -> Option<Expanded> {
        Expanded::for_holder(body, &self.refers.as_ref()?.found, &holder(candidate))
    }
}
