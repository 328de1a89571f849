//! The prompt is too long for the model, and nobody is known to have a larger window: one attempt.

use super::client::Verdict;
use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "context too long",
    lead: |_| Act::Always("400-context".parse().unwrap()),
    expected: |_| Expected::whole(1, 0).but(Verdict::HonestError),
    ..Story::PLAIN
};
