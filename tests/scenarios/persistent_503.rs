//! A provider that is down.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "503, persistent",
    lead: |_| Act::Always("503".parse().unwrap()),
    expected: |_| Expected::complete(2, 1),
    ..Scenario::PLAIN
};
