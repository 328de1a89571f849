//! A slow response is still a response: the gateway waits for it.

use stage::Fault;

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "first token after 20 s",
    lead: |clock| Act::Always(Fault::LateFirstToken(clock.seconds(20))),
    expected: |_| Expected::complete(1, 0).within(25),
    ..Scenario::PLAIN
};
