//! Everything was said, the stop reason included, and the dialect's last event is missing.

use stage::Fault;

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "missing terminal marker",
    lead: |_| Act::Always(Fault::MissingTerminal),
    expected: |_| Expected::whole(1, 0),
    ..Story::PLAIN
};
