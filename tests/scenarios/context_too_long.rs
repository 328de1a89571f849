//! The prompt is too long for the primary, and the fallback's window is unknown: one attempt each.

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "context too long",
    lead: |_| Act::Always("400-context".parse().unwrap()),
    expected: |_| Expected::complete(1, 1),
    ..Scenario::PLAIN
};
