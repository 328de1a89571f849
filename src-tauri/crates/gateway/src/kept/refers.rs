//! References of a request to kept responses, with their content.

use bytes::Bytes;

use super::expanded::Expanded;
use super::references::{Found, References};
use crate::Config;
use crate::held::{Held, Share};

#[derive(Debug)]
pub(super) struct Refers {
    pub(super) references: References,
    pub(super) found: Found,
    /// The request in full; `None`: not all of its references are kept, or there is no memory for it.
    pub(super) in_full: Option<Expanded>,
    /// Bytes of the body memory that it uses.
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
