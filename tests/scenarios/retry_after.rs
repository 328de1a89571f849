//! A rate limit with a stated wait: the gateway waits, and the same provider answers.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "429 with `retry-after: 2`, once",
    lead: |_| Act::Once("429:retry-after=2".parse().unwrap()),
    expected: |_| Expected::complete(2, 0),
    check: |played| match played.lead.as_slice() {
        // The header counts real seconds in every environment.
        [first, again] if again.at_ms - first.at_ms >= 2_000 => Ok(()),
        lead => Err(format!(
            "asked at {:?} ms",
            lead.iter().map(|r| r.at_ms).collect::<Vec<_>>()
        )),
    },
    ..Scenario::PLAIN
};
