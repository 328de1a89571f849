//! One event is no JSON. What it said is lost, so that the rest is no whole answer, however properly it ends.

use stage::Fault;

use super::client::Verdict;
use super::story::{Act, Expected, Form, Story};

pub(crate) const STORY: Story = Story {
    name: "malformed event",
    lead: |_| Act::Always(Fault::MalformedEvent),
    expected: |form| match form {
        Form::Agent => Expected::whole(1, 0).but(Verdict::Aborted),
        Form::Pipeline | Form::Document => Expected::whole(2, 1),
    },
    ..Story::PLAIN
};
