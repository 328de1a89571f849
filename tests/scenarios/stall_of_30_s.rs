//! A pause in the middle that is no death: the answer goes on, and is passed on whole.

use stage::Fault;

use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "30 s stall after 20 tokens",
    lead: |clock| {
        Act::Always(Fault::Stall {
            after: 20,
            lasting: Some(clock.seconds(30)),
        })
    },
    expected: |_| Expected::whole(1, 0).within(35),
    ..Story::PLAIN
};
