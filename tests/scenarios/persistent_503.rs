//! A provider that is down.

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "503, persistent",
    lead: |_| Act::Always("503".parse().unwrap()),
    expected: |_| Expected::whole(2, 1),
    ..Story::PLAIN
};
