//! The prompt is too long for the primary, and the fallback's window is not known: one attempt at each.

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "context too long",
    lead: |_| Act::Always("400-context".parse().unwrap()),
    expected: |_| Expected::whole(1, 1),
    ..Story::PLAIN
};
