use bytes::Bytes;
use catalog::Dialect;

use super::performance::{JSON, Performance};
use crate::delivery::Delivery;
use crate::dialect;
use crate::family::{Occasion, Refusal, Vendor};
use crate::fault::ErrorBody;
use crate::frame::Transcript;
use crate::refusal;
use crate::trouble::Trouble;

/// The inputs of a performance: vendor and response.
pub(crate) struct Scene<'a> {
    pub(crate) dialect: Dialect,
    /// The simulated vendor; `None`: none.
    pub(crate) vendor: Option<&'static Vendor>,
    /// The vendor whose error texts are used.
    pub(crate) speaker: &'static Vendor,
    pub(crate) occasion: Occasion<'a>,
    pub(crate) delivery: &'a Delivery,
}

impl Scene<'_> {
    /// The vendor's error for a trouble. Without a documented one, a stream that has begun gets an internal error.
    fn refusal(&self, trouble: Option<Trouble>) -> Refusal {
        let words = |trouble| (self.speaker.words)(trouble, &self.occasion);
        trouble
            .and_then(words)
            .or_else(|| words(Trouble::Internal))
            .unwrap_or_else(|| Refusal::new(500, "server_error", "Internal server error"))
    }

    pub(super) fn json_error(&self, trouble: Option<Trouble>) -> Performance {
        let body = match (self.vendor, trouble) {
            (None, None) => refusal::envelope(self.dialect, 500, ErrorBody::Usual, None),
            _ => {
                let refusal = self.refusal(trouble);
                let envelope = (self.speaker.envelope)(self.dialect, &refusal);
                envelope.to_string().into_bytes()
            }
        };
        Performance::document(200, JSON, body)
    }

    /// The error event of this response's stream after `before` events.
    pub(super) fn error_event(
        &self,
        transcript: &Transcript,
        before: usize,
        trouble: Option<Trouble>,
    ) -> Bytes {
        if self.vendor.is_none() && trouble.is_none() {
            return dialect::error_event(self.dialect, transcript, before);
        }
        let refusal = self.refusal(trouble);
        let envelope = (self.speaker.envelope)(self.dialect, &refusal);
        let envelope = (self.speaker.in_stream)(envelope);
        dialect::error_event_saying(self.dialect, transcript, before, &refusal, &envelope)
    }
}
