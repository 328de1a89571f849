//! The request is accepted and nothing follows: a silent provider is left, and not asked again.

use stage::Fault;

use super::story::{Act, Expected, Form, Story};

pub(crate) const STORY: Story = Story {
    name: "accepts and never answers",
    lead: |_| Act::Always(Fault::SilentBeforeHeaders(None)),
    expected: |form| match form {
        Form::Agent | Form::Pipeline => Expected::whole(1, 1).within(35),
        // A document may rightly take minutes before its headers: only the total ends it.
        Form::Document => Expected::whole(1, 1).within(125),
    },
    ..Story::PLAIN
};
