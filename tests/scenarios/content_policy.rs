//! Declined for its content: one attempt, and the reason reaches the client in the provider's own words.

use catalog::Dialect;

use super::client::Verdict;
use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "content policy",
    lead: |_| Act::Always("400-policy".parse().unwrap()),
    expected: |_| Expected::whole(1, 0).but(Verdict::HonestError),
    check: |played| {
        let asked_in = played.lead[0].dialect;
        let said = match asked_in.unwrap_or(played.dialect) {
            Dialect::Anthropic => "Output blocked by content filtering policy",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => {
                "Your request was rejected as a result of our safety system."
            }
        };
        let heard = &played.asked[0].heard;
        let told = heard.message(played.dialect).error;
        if heard.status == 400 && told.as_deref() == Some(said) {
            Ok(())
        } else {
            Err(format!("{} with {told:?}", heard.status))
        }
    },
    ..Story::PLAIN
};
