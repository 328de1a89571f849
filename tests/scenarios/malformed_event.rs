//! One event is not JSON. Its content is lost, so the response is incomplete even if it ends normally.

use stage::Fault;

use super::client::Verdict;
use super::scenario::{Act, Expected, Form, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "malformed event",
    lead: |_| Act::Always(Fault::MalformedEvent),
    expected: |form| match form {
        Form::Agent => Expected::complete(1, 0).but(Verdict::Aborted),
        Form::Pipeline | Form::Document => Expected::complete(2, 1),
    },
    ..Scenario::PLAIN
};
