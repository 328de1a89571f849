//! The response is cut, and the other provider refuses to continue a prefilled message, like the newest models. It gets the
//! client's own bytes and starts again, and the client's text announces that.

use stage::Fault;

use super::scenario::{Act, Expected, Form, Restarts, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "cut, and the second refuses prefill",
    lead: |_| Act::Always(Fault::CutAfter(40)),
    restarts: Restarts::Always,
    expected: |form| match form {
        Form::Agent => Expected::complete(1, 1),
        Form::Pipeline | Form::Document => Expected::complete(2, 1),
    },
    check: |played| match played.second.as_slice() {
        [request] if request.body == played.question => Ok(()),
        // In another dialect the body differs, but contains nothing of the first response.
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
    ..Scenario::PLAIN
};
