//! The plan of a request whose primary fails on purpose. Pure.

use super::{Credential, Dropped, Ineligible, Plan};
use crate::drill::Drill;

impl Plan {
    /// Its primary fails on purpose.
    pub(crate) fn is_drilled(&self) -> bool {
        let mut candidates = self.candidates.iter();
        candidates.any(|candidate| candidate.made_failure.is_some())
    }

    pub(super) fn drill(&mut self, drill: Drill<'_>) {
        let Some(failure) = drill.failure(&self.route, self.dialect) else {
            return;
        };
        for candidate in self.candidates.iter_mut().filter(|c| c.is_primary()) {
            candidate.made_failure = Some(failure);
            candidate.reason += "; fails on purpose: a drill runs";
        }
        match drill {
            Drill::Live(_) => {}
            Drill::Test(_) => self.leave_out_logins(),
        }
    }

    fn leave_out_logins(&mut self) {
        let all = std::mem::take(&mut self.candidates);
        let (kept, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|c| c.is_primary() || c.credential != Credential::ClientLogin);
        self.candidates = kept;
        let others = others.into_iter().map(|candidate| Dropped {
            endpoint: candidate.endpoint,
            model: candidate.model,
            why: Ineligible::NeedsItsClient,
        });
        self.dropped.extend(others);
    }
}

#[cfg(test)]
mod tests;
