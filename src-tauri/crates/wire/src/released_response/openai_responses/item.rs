use std::collections::BTreeMap;

use serde_json::json;

use crate::fields::{Fields, array};
use crate::text::SurrogateJoiner;

/// Bytes that a kept part, item or annotation needs beside its text.
pub(super) const OVERHEAD: usize = 256;

/// An open item of a response's output.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: String,
    pub(crate) id: String,
    /// JSON text from the item's start event.
    pub(crate) json: String,
    /// The parts of a message, by content index.
    pub(crate) parts: BTreeMap<u64, Part>,
    /// The open part of a reasoning summary.
    summary: Option<u64>,
}

/// A part of a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// JSON text from the part's start or end event; empty if the server sends none.
    json: String,
    pub(crate) text: String,
    halves: SurrogateJoiner,
    /// JSON texts of later annotations.
    annotations: Vec<String>,
    state: State,
}

/// The state of a message part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Growing,
    /// The text has ended, and the part has not.
    TextDone,
    Done,
}

impl Item {
    pub(super) fn new(item: &Fields<'_>) -> Self {
        Self {
            kind: item.text("type").unwrap_or_default(),
            id: item.text("id").unwrap_or_default(),
            json: item.to_string(),
            parts: BTreeMap::new(),
            summary: None,
        }
    }

    /// Returns the number of additional bytes that are kept.
    pub(super) fn grow(&mut self, kind: &str, data: &Fields<'_>) -> usize {
        let content = data.number("content_index").unwrap_or_default();
        let before = self.parts.len();
        let more = self.grow_part(kind, data, content);
        more + (self.parts.len() - before) * OVERHEAD
    }

    fn grow_part(&mut self, kind: &str, data: &Fields<'_>, content: u64) -> usize {
        let parts = &mut self.parts;
        match kind {
            "response.content_part.added" | "response.content_part.done" => {
                let Some(added) = data.object("part") else {
                    return 0;
                };
                let part = parts.entry(content).or_default();
                part.json = added.to_string();
                if kind.ends_with(".done") {
                    part.state = State::Done;
                }
                part.json.len()
            }
            "response.output_text.delta" => {
                let part = parts.entry(content).or_default();
                let delta = data.raw("delta").and_then(|json| part.halves.push(json));
                let text = delta.unwrap_or_default();
                part.text.push_str(&text);
                text.len()
            }
            "response.output_text.done" => {
                parts.entry(content).or_default().state = State::TextDone;
                0
            }
            "response.output_text.annotation.added" => {
                let annotation = data.raw("annotation").unwrap_or("null").to_owned();
                let kept = annotation.len();
                let part = parts.entry(content).or_default();
                part.annotations.push(annotation);
                kept + OVERHEAD
            }
            "response.reasoning_summary_part.added" => {
                self.summary = data.number("summary_index");
                0
            }
            "response.reasoning_summary_part.done" => {
                self.summary = None;
                0
            }
            _ => 0,
        }
    }

    pub(super) fn forget(&mut self) {
        self.parts.clear();
        self.json.clear();
    }

    /// An empty delta for the item, without its output index. `None`: the kind has no deltas, or nothing in the item is open.
    pub(super) fn empty_delta(&self) -> Option<(&'static str, Fields<'static>)> {
        let mut data = Fields::default();
        data.set("item_id", &*self.id);
        data.set("delta", "");
        let kind = match &*self.kind {
            "function_call" => "response.function_call_arguments.delta",
            "custom_tool_call" => "response.custom_tool_call_input.delta",
            "message" => {
                data.set("content_index", self.open_part()?);
                data.set("logprobs", json!([]));
                "response.output_text.delta"
            }
            "reasoning" => {
                data.set("summary_index", self.summary?);
                "response.reasoning_summary_text.delta"
            }
            _ => return None,
        };
        Some((kind, data))
    }

    /// The content index of the open text.
    pub(crate) fn open_part(&self) -> Option<u64> {
        let open = self.parts.iter().rfind(|(_, part)| part.is_growing());
        open.map(|(index, _)| *index)
    }

    pub(crate) fn has_text(&self) -> bool {
        let has_text = |part: &Part| !part.text.trim().is_empty() || part.is_done();
        self.parts.values().any(has_text)
    }

    /// The content index of the next part.
    pub(super) fn next_part(&self) -> u64 {
        let last = self.parts.last_key_value();
        last.map_or(0, |(index, _)| index.saturating_add(1))
    }

    /// JSON text of the item with its parts so far.
    pub(crate) fn completed(&self) -> String {
        let parts: Vec<String> = self.parts.values().map(Part::completed).collect();
        let mut item = Fields::read(self.json.as_bytes()).unwrap_or_default();
        item.set("status", "completed");
        item.set_raw("content", array(parts.iter().map(String::as_str)));
        item.to_string()
    }
}

impl Part {
    /// Ends the text: a pending high surrogate becomes U+FFFD.
    pub(super) fn settle(&mut self) {
        let rest = self.halves.finish();
        self.text.push_str(rest);
    }

    pub(crate) fn is_growing(&self) -> bool {
        self.state == State::Growing
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn finish(&mut self) {
        self.json = self.completed();
        self.state = State::Done;
    }

    pub(crate) fn completed(&self) -> String {
        if self.is_done() {
            return self.json.clone();
        }
        let mut part = Fields::read(self.json.as_bytes()).unwrap_or_default();
        part.set("type", "output_text");
        part.set("text", &*self.text);
        let annotations = self.annotations.iter().map(String::as_str);
        part.set_raw("annotations", array(annotations));
        part.to_string()
    }
}
