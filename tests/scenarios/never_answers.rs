//! The request is accepted and nothing follows: after the timeout the next candidate is used, without a retry.

use stage::Fault;

use super::scenario::{Act, Expected, Form, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "accepts and never answers",
    lead: |_| Act::Always(Fault::SilentBeforeHeaders(None)),
    expected: |form| match form {
        Form::Agent | Form::Pipeline => Expected::complete(1, 1).within(35),
        // A document may rightly take minutes before its headers: only the total ends it.
        Form::Document => Expected::complete(1, 1).within(125),
    },
    ..Scenario::PLAIN
};
