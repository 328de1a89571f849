//! The belief and its evidence, in one sentence for people.

use std::collections::BTreeSet;

use catalog::{EndpointId, ModelId};

use super::{Scene, Seen, Stretch, Tally, fine, product};
use crate::words;
use crate::{Basis, Blame, Level, Verdict};

impl Seen<'_> {
    /// The whole evidence for people, in one sentence.
    pub(super) fn sentence(&self, verdict: Verdict, basis: Basis, blame: Blame) -> String {
        let product = product(self.scene.id, self.scene.provider);
        let ours = self
            .ours
            .map(|(endpoint, fault)| {
                let fault = words::our_fault(fault, self.scene.words, self.scene.now);
                format!("; a problem of ours at {endpoint}: {fault}")
            })
            .unwrap_or_default();
        match verdict {
            Verdict::Unknown(why) => {
                let why = words::unknown(why, self.page.unreadable());
                format!("{product}: unknown, {why}{ours}.")
            }
            Verdict::Known(level) if fine(level) => {
                let level = words::level(level);
                let source = match (basis, self.page_level()) {
                    (Basis::Measured, Some(_)) => {
                        ": our own calls get through, and the status page reports no outage"
                    }
                    (Basis::Measured, None) => ": our own calls get through",
                    (Basis::PageOnly | Basis::Nothing, _) => ", by its status page only",
                };
                format!("{product}: {level}{source}{ours}.")
            }
            Verdict::Known(_) => {
                let whose = match blame {
                    Blame::Them => "it is them",
                    Blame::Us => "it is us",
                    Blame::SharedInfrastructure => "it looks like shared infrastructure",
                    Blame::Undetermined if self.failing().next().is_none() => {
                        "it does not reach us so far"
                    }
                    Blame::Undetermined => "it is not clear whose fault it is",
                };
                let clauses = words::capitalised(&self.clauses().join(", "));
                let conclusion = self.conclusion(blame);
                format!("{product}: {whose}. {clauses}{conclusion}{ours}.")
            }
        }
    }

    /// Each source's own words: page, probes, requests.
    fn clauses(&self) -> Vec<String> {
        let Scene { now, words, .. } = self.scene;
        let mut clauses = Vec::new();
        let declared = self.page_level().filter(|level| !fine(*level));
        if let Some(level) = declared {
            let since = self
                .believed()
                .filter(|c| !fine(c.level))
                .map(|c| c.since)
                .min()
                .unwrap_or(now);
            let since = words.time(since, now);
            clauses.push(format!("status page {} since {since}", words::level(level)));
        }
        let bad: Vec<_> = self.failing().collect();
        clauses.extend(calls(&bad));
        if let (None, Some(since)) = (declared, bad.iter().map(|(_, _, s)| s.since).min())
            && let Some(last) = clauses.last_mut()
        {
            last.push_str(&format!(" since {}", words.time(since, now)));
        }
        let good: Vec<_> = self.working().collect();
        if !bad.is_empty() && !good.is_empty() {
            let failing: BTreeSet<_> = bad.iter().map(|(key, _, _)| model(key)).collect();
            let working: BTreeSet<_> = good.iter().map(|key| model(key)).collect();
            clauses.push(format!(
                "{} {} while {} {}",
                some(&failing),
                if failing.len() == 1 { "fails" } else { "fail" },
                some(&working),
                if working.len() == 1 {
                    "answers"
                } else {
                    "answer"
                },
            ));
        } else if !good.is_empty() {
            clauses.push("our own calls get through".to_owned());
        }
        clauses
    }

    fn conclusion(&self, blame: Blame) -> String {
        let together = self.bad_together();
        let calls_fail = self.failing().next().is_some();
        let reported = self.page_level();
        let paged = self.scene.provider.is_some_and(|p| p.status.is_some());
        if blame == Blame::SharedInfrastructure {
            let products = words::list(self.scene.failing_together);
            return format!("; {products} fail at once while our own network is up");
        }
        let mut told = String::new();
        if together.len() >= 2 {
            let names = words::list(&together);
            told = format!("; {names} together, so the fault is upstream");
        }
        if calls_fail && reported.is_some_and(fine) {
            told.push_str("; the status page does not say so yet");
        } else if calls_fail && reported.is_none() && paged {
            told.push_str("; the status page tells nothing");
        }
        if blame == Blame::Undetermined && calls_fail && !self.scene.network.is_up() {
            told.push_str("; whether our own network is up is not known");
        }
        told
    }
}

pub(super) type Failing<'a> = (&'a (EndpointId, ModelId), Level, &'a Stretch);

pub(super) fn calls(bad: &[Failing<'_>]) -> Vec<String> {
    let sum = |of: fn(&Stretch) -> Tally| {
        bad.iter().fold(Tally::default(), |sum, (_, _, stretch)| {
            sum.and(of(stretch))
        })
    };
    told(sum(|s| s.probes), sum(|s| s.requests))
}

pub(super) fn told(probes: Tally, requests: Tally) -> Vec<String> {
    [probes.told("probe"), requests.told("request")]
        .into_iter()
        .flatten()
        .collect()
}

fn model(key: &(EndpointId, ModelId)) -> String {
    key.1.to_string()
}

/// At most three names; the rest is a number.
fn some(names: &BTreeSet<String>) -> String {
    let mut shown: Vec<_> = names.iter().take(3).cloned().collect();
    if names.len() > shown.len() {
        shown.push(format!("{} more", names.len() - shown.len()));
    }
    words::list(&shown)
}
