//! The request is read, then the connection is reset.

use stage::Fault;

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "reset before headers",
    lead: |_| Act::Always(Fault::Reset),
    expected: |_| Expected::complete(2, 1),
    ..Scenario::PLAIN
};
