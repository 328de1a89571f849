//! A rate limit that names no wait and does not go away.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "429, persistent",
    lead: |_| Act::Always("429".parse().unwrap()),
    expected: |_| Expected::complete(2, 1),
    ..Scenario::PLAIN
};
