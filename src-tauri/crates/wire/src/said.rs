//! Extracts the text of a complete response, for a route that requires a form of it.

use catalog::Dialect;

use crate::fields::Fields;
use crate::text::Halves;
use crate::{Framing, Validator, sse};

/// The text of a response without thinking and tool calls. Of several choices, the first. `bytes`: the complete body.
pub fn said(dialect: Dialect, framing: Framing, bytes: &[u8]) -> String {
    let (mut said, mut halves) = (String::new(), Halves::default());
    let mut say = |json: Option<&str>| {
        let text = json.and_then(|json| halves.push(json));
        said.push_str(&text.unwrap_or_default());
    };
    match framing {
        Framing::Whole => {
            if let Ok(body) = Fields::read(bytes) {
                whole(dialect, &body, &mut say);
            }
        }
        Framing::Stream => {
            // A response that passed the completion check has no oversize event.
            let _ = sse::Reader::new(Validator::LIMIT).push(bytes, &mut |event| {
                if let Ok(data) = Fields::read(event.data) {
                    piece(dialect, &data, &mut say);
                }
            });
        }
    }
    said + halves.finish()
}

/// Calls `say` with the JSON text of each piece, in order.
fn whole(dialect: Dialect, body: &Fields<'_>, say: &mut dyn FnMut(Option<&str>)) {
    let mut texts = |parts: Vec<Fields<'_>>, kind: &str| {
        let parts = parts
            .iter()
            .filter(|part| part.text("type").as_deref() == Some(kind));
        parts.for_each(|part| say(part.raw("text")));
    };
    match dialect {
        Dialect::Anthropic => texts(body.objects("content"), "text"),
        Dialect::OpenaiChat => {
            let choices = body.objects("choices");
            let message = choices.first().and_then(|choice| choice.object("message"));
            say(message.as_ref().and_then(|message| message.raw("content")));
        }
        Dialect::OpenaiResponses => {
            let items = body.objects("output");
            items
                .iter()
                .for_each(|item| texts(item.objects("content"), "output_text"));
        }
    }
}

/// Calls `say` with the text that one event adds.
fn piece(dialect: Dialect, event: &Fields<'_>, say: &mut dyn FnMut(Option<&str>)) {
    let kind = event.text("type");
    let within = |key: &str, say: &mut dyn FnMut(Option<&str>)| {
        let inner = event.object(key);
        say(inner.as_ref().and_then(|inner| inner.raw("text")));
    };
    match (dialect, kind.as_deref()) {
        (Dialect::Anthropic, Some("content_block_start")) => within("content_block", say),
        (Dialect::Anthropic, Some("content_block_delta")) => within("delta", say),
        (Dialect::OpenaiResponses, Some("response.output_text.delta")) => say(event.raw("delta")),
        (Dialect::OpenaiChat, _) => {
            let choices = event.objects("choices");
            let first = choices
                .iter()
                .find(|choice| choice.number("index").unwrap_or(0) == 0);
            let delta = first.and_then(|choice| choice.object("delta"));
            say(delta.as_ref().and_then(|delta| delta.raw("content")));
        }
        (Dialect::Anthropic | Dialect::OpenaiResponses, _) => {}
    }
}

#[cfg(test)]
mod tests;
