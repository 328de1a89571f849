//! The text and the stop reason arrived, but the dialect's terminal event is missing.

use stage::Fault;

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "missing terminal marker",
    lead: |_| Act::Always(Fault::MissingTerminal),
    expected: |_| Expected::complete(1, 0),
    ..Scenario::PLAIN
};
