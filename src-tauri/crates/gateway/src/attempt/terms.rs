//! Conditions of one attempt.

use std::sync::Arc;
use std::time::Duration;

use catalog::Dialect;
use http::response::Parts;
use wire::{Kind, Rule};

use crate::Demand;
use crate::attempt::deadlines::Deadlines;
use crate::attempt::headers;
use crate::attempt::translation::Translation;
use crate::attempt::upstream::Line;
use crate::deliver::hold::{Gate, Hold};

/// The purpose and the conditions of an attempt.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The client's dialect.
    pub(crate) dialect: Dialect,
    /// Set if the provider uses another dialect.
    pub(crate) translation: Option<Translation>,
    pub(crate) kind: Kind,
    pub(crate) streamed: bool,
    pub(crate) hold: Hold,
    /// The part that stays held after the release has begun.
    pub(crate) gate: Gate,
    /// A response truncated by a token limit counts as failed.
    pub(crate) strict: bool,
    pub(crate) demand: Option<Demand>,
    /// The request's own demand, if its provider does not enforce it.
    pub(crate) wanted: Option<Demand>,
    /// There was an empty response before: this one is released.
    pub(crate) empty_before: bool,
    pub(crate) deadlines: Deadlines,
    /// Its connection.
    pub(crate) line: Line,
    pub(crate) grace: Duration,
    pub(crate) idle: Duration,
    /// The owner's failure rules.
    pub(crate) rules: Arc<[Rule]>,
    /// Maximum number of held bytes of all exchanges together.
    pub(crate) most_held: usize,
    /// Tool arguments are reported.
    pub(crate) keep_arguments: bool,
}

impl Terms {
    /// The provider's dialect.
    pub(crate) fn spoken(&self) -> Dialect {
        self.translation.as_ref().map_or(self.dialect, |t| t.spoken)
    }

    /// The headers of a provider's response for the client: after this, every header of Understudy in it is Understudy's.
    pub(crate) fn returned(&self, mut head: Parts) -> Parts {
        head.headers = match self.translation {
            Some(_) => headers::of_translated(&head.headers, self.streamed),
            None => headers::returned(head.headers),
        };
        head
    }
}
