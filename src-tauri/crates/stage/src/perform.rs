//! Applies a fault to a response: bytes, pauses, and the end of the body.

use crate::delivery::AsDocument;
use crate::fault::Fault;
use crate::frame::Transcript;
use crate::refusal::HTML;
use performance::{SSE, WEB_PAGE};

mod body;
mod document;
mod performance;
mod scene;
mod stream;

pub(crate) use body::{Body, body};
pub(crate) use performance::{JSON, Performance};
pub(crate) use scene::Scene;

impl Performance {
    /// The response with `fault`. The caller applies faults that occur before the headers.
    pub(crate) fn of(
        scene: &Scene<'_>,
        streamed: bool,
        transcript: &Transcript,
        fault: Option<&Fault>,
    ) -> Performance {
        match fault {
            Some(Fault::EmptyOk) => {
                let content_type = if streamed { SSE } else { JSON };
                Performance::document(200, content_type, Vec::new())
            }
            Some(Fault::HtmlOk) => Performance::document(200, WEB_PAGE, HTML.into()),
            Some(Fault::JsonErrorOk) => scene.json_error(None),
            Some(Fault::ErrorEvent | Fault::ErrorEventFirst | Fault::ErrorEventBeforeFinal)
                if !streamed =>
            {
                scene.json_error(None)
            }
            Some(Fault::ErrorAfter { trouble, .. }) if !streamed => scene.json_error(*trouble),
            _ if streamed && scene.delivery.document == AsDocument::No => {
                stream::perform(scene, transcript, fault)
            }
            _ => {
                let mut performance = document::perform(transcript.document(), fault);
                if streamed && scene.delivery.document == AsDocument::EventStream {
                    performance.content_type = SSE;
                }
                performance
            }
        }
    }
}
