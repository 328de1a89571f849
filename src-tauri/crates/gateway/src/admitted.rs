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
    /// The plan is for any request: who can be asked just this is found out while the first candidate is asked.
    pub(crate) unread: bool,
    /// None: no turn of a session's that a later one could follow.
    pub(crate) session: Option<SessionKey>,
    pub(crate) passing: Passing,
    /// A person reads along.
    pub(crate) agent: bool,
    /// It ends with the results of tools.
    pub(crate) in_tool_loop: bool,
    /// The client's; how long it waits is as its request and its owner say.
    pub(crate) behaviour: Behaviour,
    pub(crate) began: Instant,
    /// Of a request that goes on without its client: true once that has left.
    pub(crate) left: Option<watch::Receiver<bool>>,
}

impl Admitted {
    /// The client reads an event stream.
    pub(crate) fn streamed(&self) -> bool {
        self.ask.stream && self.kind == Kind::Generate
    }
}
