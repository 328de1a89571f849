//! A single failure is mended by asking the same provider once more.

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "500, once",
    lead: |_| Act::Once("500".parse().unwrap()),
    expected: |_| Expected::whole(2, 0),
    ..Story::PLAIN
};
