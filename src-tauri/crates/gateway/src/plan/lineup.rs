//! The candidates in order. Whether the later ones support this request is checked while the first attempt runs.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::admitted::Admitted;
use crate::plan::fitting;
use crate::{Candidate, Dropped};

#[derive(Debug)]
pub(crate) struct Lineup {
    candidates: Vec<Candidate>,
    passed_over: Vec<Dropped>,
    /// The running check of which candidates support this request.
    check: Option<JoinHandle<(Vec<Candidate>, Vec<Dropped>)>>,
}

impl Lineup {
    pub(crate) fn of(admitted: &Arc<Admitted>) -> Self {
        let plan = &admitted.plan;
        let check = (admitted.unread && plan.candidates.len() > 1).then(|| {
            let admitted = Arc::clone(admitted);
            spawn_blocking(move || {
                let Admitted { config, plan, .. } = &*admitted;
                fitting(config, plan, admitted.in_full())
            })
        });
        Self {
            candidates: plan.candidates.clone(),
            passed_over: plan.passed_over().cloned().collect(),
            check,
        }
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Candidate> {
        self.candidates.get(place)
    }

    /// The position of the primary.
    pub(crate) fn primary(&self) -> Option<usize> {
        self.candidates.iter().position(Candidate::is_primary)
    }

    /// More than one candidate is eligible.
    pub(crate) fn has_fallback(&self) -> bool {
        self.candidates.len() > 1
    }

    pub(crate) fn is_last(&self, place: usize) -> bool {
        place + 1 == self.candidates.len()
    }

    /// Waits for the check. The first candidate stays the first.
    pub(crate) async fn settle(&mut self) {
        let Some(check) = &mut self.check else {
            return;
        };
        // If the check panics, no candidate is skipped, and the attempt reports the fault.
        if let Ok((candidates, passed_over)) = check.await {
            self.candidates = candidates;
            self.passed_over.extend(passed_over);
        }
        self.check = None;
    }

    /// Candidates that do not support this request.
    pub(crate) fn passed_over(&self) -> &[Dropped] {
        &self.passed_over
    }
}
