//! Order of the candidates, and the next one.

use std::time::Duration;

use crate::Candidate;
use crate::plan::lineup::Lineup;

/// Maximum number of requests to one candidate.
const ATTEMPTS_PER_CANDIDATE: usize = 2;

#[derive(Debug)]
pub(crate) struct Queue {
    lineup: Lineup,
    /// Position of the next candidate in the lineup.
    place: usize,
    /// Number of requests that it already got.
    tried: usize,
    /// The wait before its retry.
    backoff: Option<Duration>,
    /// `true`: no candidate gets another request.
    closed: bool,
}

impl Queue {
    pub(super) fn new(lineup: Lineup) -> Self {
        Self {
            lineup,
            place: 0,
            tried: 0,
            backoff: None,
            closed: false,
        }
    }

    pub(crate) fn lineup(&self) -> &Lineup {
        &self.lineup
    }

    /// Waits until it is known which candidates support the request.
    pub(super) async fn settle(&mut self) {
        self.lineup.settle().await;
    }

    pub(super) fn next(&self) -> Option<&Candidate> {
        self.lineup.get(self.place)
    }

    /// The candidate that is next if `failed` gets no more requests.
    pub(super) fn next_after(&self, failed: &Candidate) -> Option<&Candidate> {
        let stays = self.next() == Some(failed);
        self.lineup.get(self.place + usize::from(stays))
    }

    pub(super) fn is_first(&self) -> bool {
        self.place == 0
    }

    pub(super) fn is_last(&self) -> bool {
        self.lineup.is_last(self.place)
    }

    /// Whether the next candidate already got a request.
    pub(super) fn was_tried(&self) -> bool {
        self.tried > 0
    }

    pub(super) fn has_attempts_left(&self) -> bool {
        self.tried < ATTEMPTS_PER_CANDIDATE
    }

    pub(super) fn count_try(&mut self) {
        self.tried += 1;
    }

    pub(super) fn retry_after(&mut self, wait: Duration) {
        self.backoff = Some(wait);
    }

    pub(super) fn backoff(&self) -> Option<Duration> {
        self.backoff
    }

    /// The wait before the next request, if it is a retry.
    pub(super) fn take_backoff(&mut self) -> Option<Duration> {
        self.backoff.take().filter(|_| self.was_tried())
    }

    /// Excludes this candidate from further requests.
    pub(super) fn leave(&mut self, candidate: &Candidate) {
        if self.next() == Some(candidate) {
            self.advance();
        }
    }

    pub(super) fn advance(&mut self) {
        self.move_to(self.place + 1);
    }

    /// Skips the fallbacks in front of the primary.
    pub(super) fn skip_to_primary(&mut self) {
        if let Some(at) = self.lineup.primary().filter(|at| *at > self.place) {
            self.move_to(at);
        }
    }

    fn move_to(&mut self, place: usize) {
        self.place = place;
        self.tried = 0;
        self.backoff = None;
    }

    pub(super) fn primary(&self) -> Option<&Candidate> {
        self.lineup.get(self.lineup.primary()?)
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}
