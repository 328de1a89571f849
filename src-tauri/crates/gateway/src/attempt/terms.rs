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
use crate::deliver::hold::{Gate, Hold};

/// What an attempt is made for.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The client's.
    pub(crate) dialect: Dialect,
    /// The provider speaks another one.
    pub(crate) translation: Option<Translation>,
    pub(crate) kind: Kind,
    pub(crate) streamed: bool,
    pub(crate) hold: Hold,
    /// What stays held once the client gets something.
    pub(crate) gate: Gate,
    /// An answer cut by a token limit is no answer.
    pub(crate) strict: bool,
    pub(crate) demand: Option<Demand>,
    /// The request's own, where its provider does not enforce it.
    pub(crate) wanted: Option<Demand>,
    /// An empty response has occurred once already: this one is passed on.
    pub(crate) empty_before: bool,
    pub(crate) deadlines: Deadlines,
    pub(crate) grace: Duration,
    pub(crate) idle: Duration,
    /// The owner's words on failures.
    pub(crate) rules: Arc<[Rule]>,
    /// What all exchanges together may hold of answers, in bytes.
    pub(crate) most_held: usize,
    /// Tools' arguments are reported.
    pub(crate) keep_arguments: bool,
}

impl Terms {
    /// The dialect that the provider speaks.
    pub(crate) fn spoken(&self) -> Dialect {
        self.translation.as_ref().map_or(self.dialect, |t| t.spoken)
    }

    /// The head of an answer as the client gets it.
    pub(crate) fn returned(&self, mut head: Parts) -> Parts {
        if self.translation.is_some() {
            head.headers = headers::of_translated(&head.headers, self.streamed);
        }
        head
    }
}
