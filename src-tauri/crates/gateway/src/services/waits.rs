//! Statistics of how long clients wait and how long responses take.

use std::time::Duration;

use super::{Services, lock};
use crate::Candidate;
use crate::plan::patience::ExitGroup;

impl Services {
    /// The timeout that a client's disconnects have shown.
    pub(crate) fn learned_wait(&self, exit_group: &ExitGroup) -> Option<Duration> {
        lock(&self.0.exits).learned(exit_group)
    }

    /// A client disconnected after this time, without a byte.
    pub(crate) fn left(&self, exit_group: ExitGroup, after: Duration) {
        tracing::debug!(
            client = %exit_group.client,
            route = %exit_group.route,
            "a client disconnected after {} s without a byte",
            after.as_secs()
        );
        lock(&self.0.exits).left(exit_group, after);
    }

    /// A client received a response after this time.
    pub(crate) fn stayed(&self, exit_group: &ExitGroup, after: Duration) {
        lock(&self.0.exits).stayed(exit_group, after);
    }

    /// A complete response in one document took this time for a request of this size.
    pub(crate) fn took(&self, by: &Candidate, bytes: usize, time: Duration) {
        lock(&self.0.durations).took(&by.endpoint, &by.model, bytes, time);
    }

    pub(crate) fn p95(&self, by: &Candidate, bytes: usize) -> Option<Duration> {
        lock(&self.0.durations).p95(&by.endpoint, &by.model, bytes)
    }
}
