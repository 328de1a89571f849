//! The answer is cut, and the other provider refuses to go on from a prefilled beginning, as the newest models do. Nobody is
//! asked to: the second is sent the client's own bytes, answers anew, and says so.

use stage::Fault;

use super::story::{Act, Expected, Form, Restarts, Story};

pub(crate) const STORY: Story = Story {
    name: "cut, and the second refuses prefill",
    lead: |_| Act::Always(Fault::CutAfter(40)),
    restarts: Restarts::Always,
    expected: |form| match form {
        Form::Agent => Expected::whole(1, 1),
        Form::Pipeline | Form::Document => Expected::whole(2, 1),
    },
    check: |played| match played.second.as_slice() {
        [request] if request.body == played.question => Ok(()),
        // In another dialect, the same may be said in other words, but nothing of the first answer.
        [request]
            if request.dialect != Some(played.dialect)
                && !String::from_utf8_lossy(&request.body).contains("lead 1") =>
        {
            Ok(())
        }
        others => Err(format!(
            "the second was sent something else than the client's own request: {others:?}"
        )),
    },
    ..Story::PLAIN
};
