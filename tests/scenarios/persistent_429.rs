//! A rate limit that names no wait and does not go away.

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "429, persistent",
    lead: |_| Act::Always("429".parse().unwrap()),
    expected: |_| Expected::whole(2, 1),
    ..Story::PLAIN
};
