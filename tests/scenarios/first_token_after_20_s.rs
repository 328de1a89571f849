//! A slow answer is an answer: it is waited for.

use stage::Fault;

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "first token after 20 s",
    lead: |clock| Act::Always(Fault::LateFirstToken(clock.seconds(20))),
    expected: |_| Expected::whole(1, 0).within(25),
    ..Story::PLAIN
};
