//! Extracts the text of a complete response, for a route that requires a form of it.

use catalog::Dialect;

use crate::fields::Fields;
use crate::text::SurrogateJoiner;
use crate::{Framing, Validator, sse};

/// The text of a response without thinking and tool calls. Of several choices, the first. `bytes`: the complete body.
pub fn response_text(dialect: Dialect, framing: Framing, bytes: &[u8]) -> String {
    let (mut response_text, mut halves) = (String::new(), SurrogateJoiner::default());
    let mut push = |json: Option<&str>| {
        let text = json.and_then(|json| halves.push(json));
        response_text.push_str(&text.unwrap_or_default());
    };
    match framing {
        Framing::Document => {
            if let Ok(body) = Fields::read(bytes) {
                document(dialect, &body, &mut push);
            }
        }
        Framing::Stream => {
            // A response that passed the completion check has no oversize event.
            let _ = sse::Reader::new(Validator::LIMIT).push(bytes, &mut |event| {
                if let Ok(data) = Fields::read(event.data) {
                    event_text(dialect, &data, &mut push);
                }
            });
        }
    }
    response_text + halves.finish()
}

/// Calls `push` with the JSON text of each event_text, in order.
fn document(dialect: Dialect, body: &Fields<'_>, push: &mut dyn FnMut(Option<&str>)) {
    let mut texts = |parts: Vec<Fields<'_>>, kind: &str| {
        let parts = parts
            .iter()
            .filter(|part| part.text("type").as_deref() == Some(kind));
        parts.for_each(|part| push(part.raw("text")));
    };
    match dialect {
        Dialect::Anthropic => texts(body.objects("content"), "text"),
        Dialect::OpenaiChat => {
            let choices = body.objects("choices");
            let message = choices.first().and_then(|choice| choice.object("message"));
            push(message.as_ref().and_then(|message| message.raw("content")));
        }
        Dialect::OpenaiResponses => {
            let items = body.objects("output");
            items
                .iter()
                .for_each(|item| texts(item.objects("content"), "output_text"));
        }
    }
}

/// Calls `push` with the text that one event adds.
fn event_text(dialect: Dialect, event: &Fields<'_>, push: &mut dyn FnMut(Option<&str>)) {
    let kind = event.text("type");
    let within = |key: &str, push: &mut dyn FnMut(Option<&str>)| {
        let inner = event.object(key);
        push(inner.as_ref().and_then(|inner| inner.raw("text")));
    };
    match (dialect, kind.as_deref()) {
        (Dialect::Anthropic, Some("content_block_start")) => within("content_block", push),
        (Dialect::Anthropic, Some("content_block_delta")) => within("delta", push),
        (Dialect::OpenaiResponses, Some("response.output_text.delta")) => push(event.raw("delta")),
        (Dialect::OpenaiChat, _) => {
            let choices = event.objects("choices");
            let first = choices
                .iter()
                .find(|choice| choice.number("index").unwrap_or(0) == 0);
            let delta = first.and_then(|choice| choice.object("delta"));
            push(delta.as_ref().and_then(|delta| delta.raw("content")));
        }
        (Dialect::Anthropic | Dialect::OpenaiResponses, _) => {}
    }
}

#[cfg(test)]
mod tests;
