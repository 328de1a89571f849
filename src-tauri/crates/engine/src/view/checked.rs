//! The reply to "check now": the checks, their results, and the checks that were not possible, with the reason.

use std::collections::BTreeSet;

use catalog::{Auth, ProviderId, REHEARSAL};
use health::OurFault;
use watch::rhythm::Look;
use watch::{LookOutcome, ROUND_LONGEST, Round};

use super::{fallback, words};
use crate::state::State;

/// Maximum number of failed pages that are named; further ones are counted.
const NAMED: usize = 3;

pub(crate) fn answer(state: &State, round: &Round) -> String {
    let unkeyed = state
        .catalog
        .providers()
        .iter()
        .filter(|p| state.settings.probes && p.id.as_str() != REHEARSAL && state.is_mine(&p.id))
        .filter(|p| !p.endpoints.is_empty());
    let unkeyed = unkeyed.filter(|p| {
        let mut endpoints = p.endpoints.iter();
        endpoints.all(|e| e.auth != Auth::None && state.keys.get(&e.id).is_none())
    });
    let of_endpoint = |id: &catalog::EndpointId| {
        let endpoint = state.catalog.endpoint(id);
        endpoint.map_or_else(|| id.to_string(), |e| state.product(&e.provider))
    };
    Names {
        of_provider: &|id| state.product(id),
        of_endpoint: &of_endpoint,
    }
    .answer(round, unkeyed.map(|p| p.product.clone()).collect())
}

struct Names<'a> {
    of_provider: &'a dyn Fn(&ProviderId) -> String,
    of_endpoint: &'a dyn Fn(&catalog::EndpointId) -> String,
}

impl Names<'_> {
    /// `unkeyed`: the owner's providers without a key.
    fn answer(&self, round: &Round, unkeyed: Vec<String>) -> String {
        if round.offline {
            return "You're offline, so nothing could be checked. `understudyd doctor` names the check that failed."
                .into();
        }
        let mut message: Vec<String> = Vec::new();
        message.extend(self.pages(round));
        message.extend(self.probes(round));
        if !unkeyed.is_empty() {
            let them = if unkeyed.len() == 1 { "it" } else { "them" };
            message.push(format!(
                "No key for {}: cannot probe {them}.",
                words::list(&unkeyed)
            ));
        }
        message.extend(self.unfinished(round));
        if message.is_empty() {
            return "Nothing to check: status pages and probes are off in the settings.".into();
        }
        message.join(" ")
    }

    /// "Read 3 status pages; OpenRouter's could not be read (timed out)."
    fn pages(&self, round: &Round) -> Option<String> {
        let mut read = 0;
        let mut failed = Vec::new();
        for (look, outcome) in &round.checks {
            match (look, outcome) {
                (Look::Page(_), LookOutcome::Good) => read += 1,
                (Look::Page(provider), LookOutcome::Failed(why)) => {
                    failed.push(format!(
                        "{}'s could not be read ({why})",
                        (self.of_provider)(provider)
                    ));
                }
                _ => {}
            }
        }
        let others = failed.len().saturating_sub(NAMED);
        failed.truncate(NAMED);
        if others > 0 {
            failed.push(format!("{others} more could not be read"));
        }
        let read = match read {
            0 if failed.is_empty() => return None,
            0 => "Read no status page".to_owned(),
            1 => "Read 1 status page".to_owned(),
            n => format!("Read {n} status pages"),
        };
        let parts: Vec<String> = std::iter::once(read).chain(failed).collect();
        Some(format!("{}.", parts.join("; ")))
    }

    /// One sentence for each result, with all its models.
    fn probes(&self, round: &Round) -> Vec<String> {
        let mut results: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (look, outcome) in &round.checks {
            let Look::Probe(endpoint, model) = look else {
                continue;
            };
            let product = (self.of_endpoint)(endpoint);
            let (name, result) = match outcome {
                LookOutcome::Unfinished => continue,
                LookOutcome::Good => (fallback::model(model), "works".to_owned()),
                LookOutcome::Failed(why) => (fallback::model(model), format!("failed ({why})")),
                LookOutcome::Ours(fault) => (fallback::model(model), not_tested(*fault).to_owned()),
                LookOutcome::BudgetSpent => (
                    fallback::model(model),
                    "not sent, today's probe budget is spent".to_owned(),
                ),
                LookOutcome::Reached => (
                    product,
                    "can be reached; without a key its models are not tested".to_owned(),
                ),
            };
            match results.iter_mut().find(|(known, _)| *known == result) {
                Some((_, names)) => drop(names.insert(name)),
                None => results.push((result, BTreeSet::from([name]))),
            }
        }
        let sentence = |(result, names): (String, BTreeSet<String>)| {
            let names: Vec<String> = names.into_iter().collect();
            let result = match (names.len(), &*result) {
                (2, "works") => "both work".to_owned(),
                (3.., "works") => "all work".to_owned(),
                _ => result,
            };
            format!("Probed {}: {result}.", words::list(&names))
        };
        results.into_iter().map(sentence).collect()
    }

    fn unfinished(&self, round: &Round) -> Option<String> {
        let waiting = round
            .checks
            .iter()
            .filter(|(_, outcome)| **outcome == LookOutcome::Unfinished);
        let names: BTreeSet<String> = waiting
            .filter_map(|(look, _)| match look {
                Look::Page(provider) => {
                    Some(format!("{}'s status page", (self.of_provider)(provider)))
                }
                Look::Probe(_, model) => Some(fallback::model(model)),
                Look::Controls => None,
            })
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        (!names.is_empty()).then(|| {
            format!(
                "No response within {} s from {}; the result appears when it arrives.",
                ROUND_LONGEST.as_secs(),
                words::list(&names)
            )
        })
    }
}

/// Why a healthy provider rejected a probe.
fn not_tested(fault: OurFault) -> &'static str {
    match fault {
        OurFault::Credential => "not tested, the provider refused the key",
        OurFault::Quota => "not tested, the account has no credit left",
        OurFault::RateLimit => "not tested, the provider limits the rate",
        OurFault::Limit { .. } => "not tested, the plan's limit is used up",
        OurFault::Request => "not tested, the provider refused the probe itself",
        OurFault::ModelGone => "not tested, the provider no longer has this model",
    }
}

#[cfg(test)]
mod tests;
