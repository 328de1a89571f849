//! A pause below the timeout within the response: it continues and is released completely.

use stage::Fault;

use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "30 s stall after 20 tokens",
    lead: |clock| {
        Act::Always(Fault::Stall {
            after: 20,
            lasting: Some(clock.seconds(30)),
        })
    },
    expected: |_| Expected::complete(1, 0).within(35),
    ..Scenario::PLAIN
};
