//! A request before and during its attempts.

use std::sync::Arc;

use bytes::Bytes;
use catalog::Behaviour;
use http::request::Parts;
use tokio::sync::watch;
use tokio::time::Instant;
use wire::{Kind, RequestFields};

use crate::deliver::hold::Passing;
use crate::held::Share;
use crate::kept::Conversation;
use crate::plan::session::SessionKey;
use crate::{Config, Plan};

/// A request that was admitted, parsed and planned.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) config: Arc<Config>,
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    /// Bytes of the body memory that this request uses.
    pub(crate) _share: Share,
    pub(crate) ask: RequestFields,
    pub(crate) kind: Kind,
    pub(crate) plan: Plan,
    /// The plan is for any request: candidates that do not support this one are excluded while the first attempt runs.
    pub(crate) unread: bool,
    /// `None`: not a turn of a session, so no later turn follows.
    pub(crate) session: Option<SessionKey>,
    pub(crate) conversation: Conversation,
    pub(crate) passing: Passing,
    /// A user reads the response while it is streamed.
    pub(crate) agent: bool,
    /// It ends with tool results.
    pub(crate) in_tool_loop: bool,
    /// The client's behaviour; its timeout comes from its request and the owner's settings.
    pub(crate) behaviour: Behaviour,
    pub(crate) began: Instant,
    /// For a request that continues without its client: true after the client has disconnected.
    pub(crate) left: Option<watch::Receiver<bool>>,
}

impl Admitted {
    /// The request with the content of its references, for a candidate that does not store it.
    pub(crate) fn in_full(&self) -> &Bytes {
        self.conversation
            .in_full()
            .map_or(&self.body, |full| &full.body)
    }

    /// The client expects an event stream.
    pub(crate) fn streamed(&self) -> bool {
        self.ask.stream && self.kind == Kind::Generate
    }
}
