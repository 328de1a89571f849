//! The connection is cut within the response. A client that received the beginning gets a broken connection, which every client
//! detects. Any other gets a complete response from the second provider.

use stage::Fault;

use super::client::Verdict;
use super::scenario::{Act, Expected, Form, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "cut at 40 of 60 tokens",
    lead: |_| Act::Always(Fault::CutAfter(40)),
    expected: |form| match form {
        Form::Agent => Expected::complete(1, 0).but(Verdict::Aborted),
        Form::Pipeline | Form::Document => Expected::complete(2, 1),
    },
    ..Scenario::PLAIN
};
