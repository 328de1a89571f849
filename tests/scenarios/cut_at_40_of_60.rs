//! The connection is cut in the middle. Who was shown the beginning gets a broken connection, which every client notices;
//! who was not gets a whole answer from the other one.

use stage::Fault;

use super::client::Verdict;
use super::story::{Act, Expected, Form, Story};

pub(crate) const STORY: Story = Story {
    name: "cut at 40 of 60 tokens",
    lead: |_| Act::Always(Fault::CutAfter(40)),
    expected: |form| match form {
        Form::Agent => Expected::whole(1, 0).but(Verdict::Aborted),
        Form::Pipeline | Form::Document => Expected::whole(2, 1),
    },
    ..Story::PLAIN
};
