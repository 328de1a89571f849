//! Declined for its content: one attempt, and the client receives the provider's reason.

use catalog::Dialect;

use super::client::Verdict;
use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "content policy",
    lead: |_| Act::Always("400-policy".parse().unwrap()),
    expected: |_| Expected::complete(1, 0).but(Verdict::HonestError),
    check: |played| {
        let requested_in = played.lead[0].dialect;
        let text = match requested_in.unwrap_or(played.dialect) {
            Dialect::Anthropic => "Output blocked by content filtering policy",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => {
                "Your request was rejected as a result of our safety system."
            }
        };
        let response = &played.requested[0].response;
        let received = response.message(played.dialect).error;
        if response.status == 400 && received.as_deref() == Some(text) {
            Ok(())
        } else {
            Err(format!("{} with {received:?}", response.status))
        }
    },
    ..Scenario::PLAIN
};
