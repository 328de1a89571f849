//! References of a request to kept responses, and what they refer to.

use bytes::Bytes;

use super::expanded::Expanded;
use super::references::{Found, References};
use crate::Config;
use crate::held::{Held, Share};

#[derive(Debug)]
pub(super) struct Refers {
    pub(super) references: References,
    pub(super) found: Found,
    /// The request in full; None: not all that it refers to is kept, or there is no memory for it.
    pub(super) in_full: Option<Expanded>,
    /// What it takes of the memory for bodies.
    _share: Share,
}

impl Refers {
    pub(super) fn new(
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
