//! Adds one line of Understudy before the first text of a response. All other events stay unchanged.

use catalog::Dialect;
use serde_json::Value;

use crate::{Validator, sse};

/// Writes the line into a stream. A response without text passes unchanged.
#[derive(Debug)]
pub struct FirstLine {
    dialect: Dialect,
    line: String,
    reader: sse::Reader,
    /// Bytes of an incomplete event.
    pending: Vec<u8>,
    /// Offset of `pending` in the stream.
    start: u64,
    placement: Placement,
}

/// The state of the line in the stream.
#[derive(Debug, PartialEq, Eq)]
enum Placement {
    Pending,
    /// Written; no later event repeats the text.
    Once,
    /// Written, in Responses: the events that end the part, the item and the response repeat the complete text.
    In {
        output: u64,
        content: u64,
    },
    /// The stream is malformed: the rest passes unchanged.
    Unreadable,
}

impl FirstLine {
    /// `line`: one line without a line break.
    pub fn new(dialect: Dialect, line: &str) -> Self {
        Self {
            dialect,
            line: format!("{line}\n\n"),
            reader: sse::Reader::new(Validator::LIMIT),
            pending: Vec::new(),
            start: 0,
            placement: Placement::Pending,
        }
    }

    /// The rest of the stream passes unchanged.
    pub fn is_finished(&self) -> bool {
        matches!(self.placement, Placement::Once | Placement::Unreadable) && self.pending.is_empty()
    }

    /// The client has received the line.
    pub fn is_written(&self) -> bool {
        matches!(self.placement, Placement::Once | Placement::In { .. })
    }

    /// Takes the next bytes, in any split, and returns the bytes for the client.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        let (dialect, line, placement) = (self.dialect, &self.line, &mut self.placement);
        let (pending, start) = (&mut self.pending, &mut self.start);
        let mut out = Vec::with_capacity(bytes.len() + line.len());
        let read = self.reader.push(bytes, &mut |event| {
            let length = (event.end - *start) as usize;
            *start = event.end;
            match changed(dialect, line, event.data, placement) {
                Some(json) => sse::write(event.name, &json, &mut out),
                None => out.extend_from_slice(&pending[..length]),
            }
            pending.drain(..length);
        });
        if read.is_err() {
            *placement = Placement::Unreadable;
            out.append(pending);
        }
        out
    }

    /// Returns the bytes of an incomplete event at the end of the stream.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }
}

/// The event with the line. `None`: the event stays unchanged.
fn changed(dialect: Dialect, line: &str, data: &[u8], placement: &mut Placement) -> Option<String> {
    let may_have_text = match placement {
        Placement::Pending | Placement::In { .. } => data.first() == Some(&b'{'),
        Placement::Once | Placement::Unreadable => false,
    };
    if !may_have_text {
        return None;
    }
    let mut event: Value = serde_json::from_slice(data).ok()?;
    let text = match dialect {
        Dialect::Anthropic => event.pointer_mut("/delta/text"),
        Dialect::OpenaiChat => event.pointer_mut("/choices/0/delta/content"),
        Dialect::OpenaiResponses => return of_responses(event, line, placement),
    };
    prefix(text, line)?;
    *placement = Placement::Once;
    Some(event.to_string())
}

fn of_responses(mut event: Value, line: &str, placement: &mut Placement) -> Option<String> {
    let index = |event: &Value, key: &str| event[key].as_u64();
    let kind = event["type"].as_str().unwrap_or_default().to_owned();
    let place = (
        index(&event, "output_index"),
        index(&event, "content_index"),
    );
    match (&kind[..], &*placement) {
        ("response.output_text.delta", Placement::Pending) => {
            prefix(event.get_mut("delta"), line)?;
            *placement = Placement::In {
                output: place.0?,
                content: place.1?,
            };
        }
        ("response.output_text.done", Placement::In { output, content })
            if place == (Some(*output), Some(*content)) =>
        {
            prefix(event.get_mut("text"), line)?;
        }
        ("response.content_part.done", Placement::In { output, content })
            if place == (Some(*output), Some(*content)) =>
        {
            prefix(event.pointer_mut("/part/text"), line)?;
        }
        ("response.output_item.done", Placement::In { output, content })
            if place.0 == Some(*output) =>
        {
            prefix(
                event.pointer_mut(&format!("/item/content/{content}/text")),
                line,
            )?;
        }
        (
            "response.completed" | "response.incomplete" | "response.failed",
            Placement::In { output, content },
        ) => {
            let text = format!("/response/output/{output}/content/{content}/text");
            prefix(event.pointer_mut(&text), line)?;
            *placement = Placement::Once;
        }
        _ => return None,
    }
    Some(event.to_string())
}

/// A response that is one document, with the line. `None`: it has no text.
pub fn with_first_line(dialect: Dialect, body: &[u8], line: &str) -> Option<Vec<u8>> {
    let mut response: Value = serde_json::from_slice(body).ok()?;
    let line = format!("{line}\n\n");
    let texts = |parts: &Value, kind: &str| {
        let parts = parts.as_array()?;
        parts.iter().position(|part| part["type"] == kind)
    };
    let text = match dialect {
        Dialect::Anthropic => {
            let at = texts(&response["content"], "text")?;
            response.pointer_mut(&format!("/content/{at}/text"))
        }
        Dialect::OpenaiChat => response.pointer_mut("/choices/0/message/content"),
        Dialect::OpenaiResponses => {
            let at = texts(&response["output"], "message")?;
            let part = texts(&response["output"][at]["content"], "output_text")?;
            response.pointer_mut(&format!("/output/{at}/content/{part}/text"))
        }
    };
    prefix(text, &line)?;
    Some(response.to_string().into_bytes())
}

/// `None`: the text is absent or empty.
fn prefix(text: Option<&mut Value>, line: &str) -> Option<()> {
    let Value::String(text) = text? else {
        return None;
    };
    (!text.is_empty()).then(|| text.insert_str(0, line))
}

#[cfg(test)]
mod tests;
