//! Whether an incident may end once the level is no longer bad.

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

use super::{Claim, Readings, Scene, Seen, fine, is_bad};
use crate::Verdict;
use crate::book::run::Run;

impl Seen<'_> {
    /// The last evidence of an outage that only requests still showed, if they have faded.
    pub(super) fn faded_end(&self, verdict: Verdict, readings: &Readings) -> Option<DateTime<Utc>> {
        let Scene {
            now, thresholds, ..
        } = self.scene;
        let last = self
            .faded()
            .filter(|last| now >= *last + thresholds.fade())?;
        let declared = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_bad(surface));
        let accused = readings
            .runs
            .values()
            .any(|run| run.stands_accused(now, thresholds));
        let recovered = self.page_recovered();
        let by_page = recovered.is_some_and(|at| at > last + thresholds.fade());
        (!is_bad(verdict) && !declared && !accused && !by_page)
            .then(|| recovered.max(Some(last)))?
    }

    pub(super) fn settled(&self, verdict: Verdict, readings: &Readings) -> bool {
        if self.nobody_answered_and_now_somebody_does(verdict, readings) {
            return true;
        }
        let Verdict::Known(level) = verdict else {
            return false;
        };
        // Where the page gives too little evidence, our own calls must have succeeded.
        let must_prove = self.page_level().is_none() || self.fell_silent();
        let proved = |key: &(EndpointId, ModelId)| {
            let run = readings.runs.get(key);
            run.is_some_and(|run| run.proved(self.scene.thresholds))
        };
        fine(level)
            && self.believed().all(Claim::settled)
            && (!must_prove || self.working().any(proved))
    }

    /// All evidence against the provider was failures to connect, and a later response refuted them. The response need
    /// not be a success, and the verdict may be unknown afterwards.
    fn nobody_answered_and_now_somebody_does(&self, verdict: Verdict, readings: &Readings) -> bool {
        let Scene {
            now, thresholds, ..
        } = self.scene;
        let page_accuses = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_unsettled(surface));
        let mut runs = readings.runs.values();
        !is_bad(verdict)
            && !page_accuses
            && runs.clone().any(Run::refuted)
            && !runs.any(|run| run.stands_accused(now, thresholds))
    }
}
