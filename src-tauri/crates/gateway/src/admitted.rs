//! A request on its way to the candidates.

use std::sync::Arc;

use bytes::Bytes;
use catalog::Behaviour;
use http::request::Parts;
use tokio::sync::watch;
use tokio::time::Instant;
use wire::{Ask, Kind};

use crate::deliver::hold::Passing;
use crate::held::Share;
use crate::kept::Conversation;
use crate::plan::session::SessionKey;
use crate::{Config, Plan};

/// A request that was admitted, read and planned.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) config: Arc<Config>,
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    /// What the body takes of the memory for bodies, for as long as it is kept.
    pub(crate) _share: Share,
    pub(crate) ask: Ask,
    pub(crate) kind: Kind,
    pub(crate) plan: Plan,
    /// The plan is for any request: candidates that do not support this one are found while the first attempt runs.
    pub(crate) unread: bool,
    /// None: no turn of a session's that a later one could follow.
    pub(crate) session: Option<SessionKey>,
    pub(crate) conversation: Conversation,
    pub(crate) passing: Passing,
    /// A person reads along.
    pub(crate) agent: bool,
    /// It ends with the results of tools.
    pub(crate) in_tool_loop: bool,
    /// The client's behaviour; its patience follows from its request and its owner's settings.
    pub(crate) behaviour: Behaviour,
    pub(crate) began: Instant,
    /// For a request that continues without its client: true once the client has left.
    pub(crate) left: Option<watch::Receiver<bool>>,
}

impl Admitted {
    /// The request as a candidate reads it that holds nothing of what it refers to.
    pub(crate) fn in_full(&self) -> &Bytes {
        self.conversation
            .in_full()
            .map_or(&self.body, |full| &full.body)
    }

    /// The client reads an event stream.
    pub(crate) fn streamed(&self) -> bool {
        self.ask.stream && self.kind == Kind::Generate
    }
}
