//! A pipeline's request while its exchange is open: its end decides whether it is parked.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::HeaderMap;
use ledger::{Digest, ReplayKey, Unattended};
use sha2::{Digest as _, Sha256};

use super::resume::resume;
use super::{ParkedRequest, Review};
use crate::draft::Draft;
use crate::{End, ExchangeKind, Unkept};

/// Headers that the provider needs with the body and that contain no secret.
const KEPT_HEADERS: &[&str] = &["anthropic-version", "anthropic-beta", "openai-beta"];

/// In bytes. A longer one is not stored.
const LONGEST_HEADER: usize = 4096;

/// A pipeline's request while its exchange is open.
#[derive(Clone, Debug)]
pub(crate) struct Reviewed {
    request: ParkedRequest,
    /// It runs without its client.
    drains: bool,
}

/// Where the request waits, as text for the owner of a failed workflow. `engine`: the engine's address.
pub(crate) fn waits(id: &str, engine: Option<SocketAddr>) -> String {
    let shown = match engine {
        Some(engine) => format!("{}/ui/#review/{id}, or", reachable(engine)),
        None => "use".to_owned(),
    };
    format!(
        "The request waits in Understudy's review queue as {id}: {shown} `understudyd review show {id}`."
    )
}

/// The same for a request that could not be stored.
pub(crate) fn unparked(why: &Unkept) -> String {
    format!(
        "Understudy could not store this request in its review queue, so it is not kept: {why} Send the request again."
    )
}

/// An address that listens on all interfaces is replaced by one that can be reached.
fn reachable(engine: SocketAddr) -> String {
    let port = engine.port();
    match engine.ip() {
        ip if ip.is_unspecified() => format!("http://127.0.0.1:{port}"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}"),
        IpAddr::V4(ip) => format!("http://{ip}:{port}"),
    }
}

impl Reviewed {
    /// `None`: an agent's request, a count of tokens, or one of the rehearsal. `strict`: the route accepts only complete
    /// responses, as an automation does; agents are recognized by their session id.
    pub(crate) fn of(
        exchange: &Draft,
        strict: bool,
        headers: &HeaderMap,
        body: &Bytes,
        replay: Option<ReplayKey>,
    ) -> Option<Self> {
        let automated = strict && exchange.client.session.is_none();
        let generates = exchange.kind == ExchangeKind::Generate;
        if !generates || exchange.rehearsal || !(automated || exchange.pipeline.is_some()) {
            return None;
        }
        let kept = KEPT_HEADERS.iter().filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            (value.len() <= LONGEST_HEADER).then_some(())?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        let request = ParkedRequest {
            id: id(exchange, body),
            headers: kept.collect(),
            body: body.clone(),
            replay,
            unattended: Unattended {
                resume: resume(headers),
                ..Unattended::default()
            },
        };
        Some(Self {
            request,
            drains: false,
        })
    }

    /// `owner`: the digest of its client's credential. `run`: the key under which it runs without its client.
    pub(crate) fn of_client(mut self, owner: Digest, run: Digest) -> Self {
        let unattended = &mut self.request.unattended;
        unattended.owner = Some(owner);
        unattended.run = Some(run);
        self
    }

    /// It is this item, and runs without its client.
    pub(crate) fn of_item(mut self, id: &str) -> Self {
        id.clone_into(&mut self.request.id);
        self.drains = true;
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.request.id
    }

    /// The id of a request that ends like this and is parked.
    pub(crate) fn parks(&self, end: &End) -> Option<&str> {
        match end {
            // A cut leaves the item unanswered too; if the client retries, its success settles it.
            End::Exhausted | End::Cut => Some(self.id()),
            // It ended without a response because its client gave up or the engine stops.
            End::ClientLeft => Some(self.id()),
            End::Complete
            | End::Replayed
            | End::Truncated
            | End::Refused
            | End::CallersFault
            | End::TurnedAway(_)
            | End::OurFault => None,
        }
    }

    /// `alone`: its client has disconnected.
    pub(crate) fn after(self, end: &End, alone: bool) -> Option<Review> {
        if self.parks(end).is_some() {
            return Some(Review::Parked(self.request));
        }
        match end {
            End::Complete | End::Replayed | End::Truncated | End::Refused if self.drains => {
                Some(Review::Drained(self.request.id))
            }
            End::Complete | End::Truncated | End::Refused if alone => {
                Some(Review::Unfetched(self.request))
            }
            End::Complete | End::Replayed | End::Truncated | End::Refused => {
                Some(Review::Answered {
                    id: self.request.id,
                    replay: self.request.replay,
                })
            }
            End::Cut
            | End::Exhausted
            | End::CallersFault
            | End::ClientLeft
            | End::TurnedAway(_)
            | End::OurFault => None,
        }
    }
}

/// Digest of the request's owner and content, because an agent's repeated turn has other call ids. An item's retries may come
/// from another session, so a session counts only if there is no item.
fn id(exchange: &Draft, body: &[u8]) -> String {
    let session = match exchange.item {
        Some(_) => None,
        None => exchange.client.session.as_deref(),
    };
    let mut hash = Sha256::new();
    for part in [
        Some(exchange.dialect.as_str()),
        exchange.pipeline.as_deref(),
        exchange.item.as_deref(),
        session,
    ] {
        // Each part is hashed with its length, so that different lists of parts never have the same bytes.
        let part = part.unwrap_or_default();
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(wire::canonical_request(exchange.dialect, body));
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;
