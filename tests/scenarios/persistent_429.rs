//! A rate limit without a stated wait that persists.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "429, persistent",
    lead: |_| Act::Always("429".parse().unwrap()),
    expected: |_| Expected::complete(2, 1),
    ..Scenario::PLAIN
};
