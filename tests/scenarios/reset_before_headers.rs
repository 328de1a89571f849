//! The request is read, and the connection reset.

use stage::Fault;

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "reset before headers",
    lead: |_| Act::Always(Fault::Reset),
    expected: |_| Expected::whole(2, 1),
    ..Story::PLAIN
};
