//! A single failure: one retry at the same provider succeeds.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "500, once",
    lead: |_| Act::Once("500".parse().unwrap()),
    expected: |_| Expected::complete(2, 0),
    ..Scenario::PLAIN
};
