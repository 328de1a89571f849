//! The request is accepted and no response follows: after the timeout the next candidate is used, without a retry.

use stage::Fault;

use super::scenario::{Act, Expected, Form, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "accepts and never answers",
    lead: |_| Act::Always(Fault::NoHeaders(None)),
    expected: |form| match form {
        Form::Agent | Form::Pipeline => Expected::complete(1, 1).within(35),
        // The headers of a document may take minutes: only the total timeout ends it.
        Form::Document => Expected::complete(1, 1).within(125),
    },
    ..Scenario::PLAIN
};
