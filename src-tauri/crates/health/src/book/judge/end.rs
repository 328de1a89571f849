//! Decides if an incident may end when the level is no longer bad.

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

use super::{Claim, Context, CurrentReadings, Readings, fine, is_bad};
use crate::Verdict;
use crate::book::run::Run;

impl CurrentReadings<'_> {
    /// The last evidence of an outage that only requests still showed, if they have faded.
    pub(super) fn faded_end(&self, verdict: Verdict, readings: &Readings) -> Option<DateTime<Utc>> {
        let Context {
            now, thresholds, ..
        } = self.context;
        let last = self
            .faded()
            .filter(|last| now >= *last + thresholds.fade())?;
        let declared = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_bad(surface));
        let past_failure = readings
            .runs
            .values()
            .any(|run| run.has_unresolved_failure(now, thresholds));
        let recovered = self.page_recovered();
        let by_page = recovered.is_some_and(|at| at > last + thresholds.fade());
        (!is_bad(verdict) && !declared && !past_failure && !by_page)
            .then(|| recovered.max(Some(last)))?
    }

    pub(super) fn settled(&self, verdict: Verdict, readings: &Readings) -> bool {
        if self.connect_failures_refuted(verdict, readings) {
            return true;
        }
        let Verdict::Known(level) = verdict else {
            return false;
        };
        // If the page gives too little evidence, our own calls must have succeeded.
        let must_prove = self.page_level().is_none() || self.outage_is_stale();
        let confirmed = |key: &(EndpointId, ModelId)| {
            let run = readings.runs.get(key);
            run.is_some_and(|run| run.confirmed(self.context.thresholds))
        };
        fine(level)
            && self.current_claims().all(Claim::settled)
            && (!must_prove || self.working().any(confirmed))
    }

    /// All evidence against the provider was failures to connect, and a later response refuted them. The response need
    /// not be a success, and the verdict may be unknown afterwards.
    fn connect_failures_refuted(&self, verdict: Verdict, readings: &Readings) -> bool {
        let Context {
            now, thresholds, ..
        } = self.context;
        let page_blames = self
            .claims
            .keys()
            .any(|surface| self.counts(surface) && self.page.left_unsettled(surface));
        let mut runs = readings.runs.values();
        !is_bad(verdict)
            && !page_blames
            && runs.clone().any(Run::refuted)
            && !runs.any(|run| run.has_unresolved_failure(now, thresholds))
    }
}
