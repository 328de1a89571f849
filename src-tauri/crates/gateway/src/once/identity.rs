//! Identifies equal requests and their owners. Digests only: neither a key nor a credential is stored.

use bytes::Bytes;
use catalog::Dialect;
use http::HeaderMap;
use http::request::Parts;
use ledger::{Digest, ReplayKey};
use sha2::{Digest as _, Sha256};
use wire::{Client, Kind};

use crate::attempt::headers;
use crate::{NamedToken, Tokens, TurnedAway};

/// Identifies a request that must run once.
pub(crate) const HEADER: &str = "idempotency-key";
/// Maximum characters of a key.
const LONGEST: usize = 255;

/// The caller and the request. The body is hashed only if it must be compared.
#[derive(Clone, Debug)]
pub(crate) struct RequestIdentity {
    /// Digest of the credential.
    credential: Digest,
    /// Digest of the credential and the operation, without the body.
    who: Digest,
    /// Digest of the operation.
    operation: Digest,
    session: Option<String>,
    body: Bytes,
}

/// A request with an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    pub(crate) key: ReplayKey,
    /// The key under which an earlier version stored the same request.
    pub(crate) former: Option<ReplayKey>,
}

impl RequestIdentity {
    /// This installation's own token makes the digests useless elsewhere.
    pub(crate) fn new(
        tokens: &Tokens,
        head: &Parts,
        client: &Client,
        (dialect, kind): (Dialect, Kind),
        body: Bytes,
    ) -> Self {
        let kind: &[u8] = match kind {
            Kind::Generate => b"generate",
            Kind::CountTokens => b"count tokens",
        };
        let query = head.uri.query().unwrap_or_default();
        let mut who = Hasher::of_credential(tokens, head);
        who.add(b"asks");
        let mut operation = Hasher(Sha256::new());
        for part in [dialect.as_str().as_bytes(), kind, query.as_bytes()] {
            who.add(part);
            operation.add(part);
        }
        Self {
            credential: Hasher::of_credential(tokens, head).finish(),
            who: who.finish(),
            operation: operation.finish(),
            session: client.session.clone(),
            body,
        }
    }

    /// Two requests of one session that are equal byte for byte.
    pub(crate) fn same_again(&self) -> Digest {
        let mut hasher = Hasher(Sha256::new());
        hasher.add(&self.who);
        hasher.add(self.session.as_deref().unwrap_or_default().as_bytes());
        hasher.add(&self.body);
        hasher.finish()
    }

    /// A pipeline's request, by its id in the review queue.
    pub(crate) fn item(&self, id: &str) -> ReplayKey {
        let mut scope = Hasher(Sha256::new());
        scope.add(&self.who);
        scope.add(b"item");
        scope.add(id.as_bytes());
        let scope = scope.finish();
        ReplayKey {
            scope,
            request: scope,
        }
    }

    pub(crate) fn credential(&self) -> Digest {
        self.credential
    }

    /// A request with an idempotency key. The key belongs to the credential, whichever route and operation it is used for.
    pub(crate) fn keyed(&self, route: &str, key: &str) -> KeyedRequest {
        let mut scope = Hasher(Sha256::new());
        scope.add(&self.credential);
        scope.add(b"key");
        scope.add(key.as_bytes());
        let mut request = Hasher(Sha256::new());
        request.add(&self.operation);
        request.add(&self.body);
        KeyedRequest {
            key: ReplayKey {
                scope: scope.finish(),
                request: request.finish(),
            },
            former: Some(self.keyed_formerly(route, key)),
        }
    }

    /// Earlier versions had the operation and the route's name in the scope.
    fn keyed_formerly(&self, route: &str, key: &str) -> ReplayKey {
        let mut scope = Hasher(Sha256::new());
        scope.add(&self.who);
        scope.add(route.as_bytes());
        scope.add(key.as_bytes());
        let mut request = Hasher(Sha256::new());
        request.add(&self.body);
        ReplayKey {
            scope: scope.finish(),
            request: request.finish(),
        }
    }
}

/// The owner of these conversations: depends only on the credential, for every operation.
pub(crate) fn credential(tokens: &Tokens, head: &Parts) -> Digest {
    let mut hasher = Hasher::of_credential(tokens, head);
    hasher.add(b"keeps");
    hasher.finish()
}

/// The credential of a request, as [`RequestIdentity::credential`].
pub(crate) fn credential_of(tokens: &Tokens, head: &Parts) -> Digest {
    Hasher::of_credential(tokens, head).finish()
}

/// The idempotency key of a request, if it has one.
///
/// # Errors [`TurnedAway::IdempotencyKey`]: it is not a valid key.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, TurnedAway> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let wrong = TurnedAway::IdempotencyKey;
    if keys.next().is_some() {
        return Err(wrong("was sent more than once"));
    }
    let key = key
        .to_str()
        .map_err(|_| wrong("has characters beyond ASCII"))?;
    match key.len() {
        0 => Err(wrong("is empty")),
        1..=LONGEST => Ok(Some(key.to_owned())),
        _ => Err(wrong("is longer than 255 characters")),
    }
}

/// Parts are hashed with their lengths, so that no part can be confused with the end of another.
struct Hasher(Sha256);

impl Hasher {
    /// A named token is a part of the credential: without a login, it is what distinguishes two persons.
    fn of_credential(tokens: &Tokens, head: &Parts) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.add(tokens.own().reveal().as_bytes());
        for (name, value) in headers::credentials(&head.headers, tokens) {
            hasher.add(name.as_str().as_bytes());
            hasher.add(value.as_bytes());
        }
        if let Some(token) = head.extensions.get::<NamedToken>() {
            hasher.add(b"token");
            hasher.add(&token.digest);
        }
        hasher
    }

    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests;
