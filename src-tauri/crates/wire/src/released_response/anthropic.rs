use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::cannot_restart::CannotRestart;
use super::keep_alive::COMMENT;
use crate::fields::Fields;
use crate::sse::{self, Event};
use crate::validator::anthropic::{Block, block_kind};
use crate::validator::bounds::MOST_PARTS;
use crate::validator::stop::ends;

/// The released part of a Messages response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Released {
    begun: bool,
    /// The client received a stop reason or an error.
    stopped: bool,
    /// The client received `message_stop`.
    ended: bool,
    /// The index of the next block.
    pub(crate) next: u64,
    pub(crate) open: BTreeMap<u64, Open>,
    pub(crate) completed: bool,
    /// A block of thinking is complete.
    pub(crate) thought: bool,
    /// The client received text that is not only white space.
    pub(crate) has_text: bool,
    tool_delivered: bool,
    /// Ids of server tool calls without a result.
    without_result: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// The dialect's name: `text`, `tool_use`.
    kind: String,
    id: String,
    /// Only white space so far: the API refuses such a text in the next turn.
    pub(crate) blank: bool,
}

impl Released {
    pub(super) fn event(&mut self, event: Event<'_>) -> Result<(), serde_json::Error> {
        if event.data.is_empty() || event.data == b"[DONE]" {
            return Ok(());
        }
        let data = Fields::read(event.data)?;
        let index = data.number("index");
        match data.text("type").as_deref().unwrap_or(event.name) {
            "message_start" => self.begun = true,
            "content_block_start" => self.start(index, &data),
            "content_block_delta" => self.grow(index, &data),
            "content_block_stop" => self.stop(index),
            "message_delta" => {
                let delta = data.object("delta");
                let reason = delta.and_then(|delta| delta.text("stop_reason"));
                self.stopped |= reason.is_some_and(|reason| ends(&reason));
            }
            "message_stop" => (self.stopped, self.ended) = (true, true),
            "error" => self.stopped = true,
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, index: Option<u64>, data: &Fields<'_>) {
        let (Some(index), Some(block)) = (index, data.object("content_block")) else {
            return;
        };
        if self.open.len() == MOST_PARTS {
            return;
        }
        self.without_result
            .remove(&short(block.text("tool_use_id")));
        self.next = self.next.max(index.saturating_add(1));
        let open = Open {
            kind: short(block.text("type")),
            id: short(block.text("id")),
            blank: true,
        };
        self.open.insert(index, open);
        self.add_text(index, block.text("text"));
    }

    fn grow(&mut self, index: Option<u64>, data: &Fields<'_>) {
        if let (Some(index), Some(delta)) = (index, data.object("delta")) {
            self.add_text(index, delta.text("text"));
        }
    }

    fn add_text(&mut self, index: u64, text: Option<String>) {
        let has_text = text.is_some_and(|text| !text.trim().is_empty());
        if let (true, Some(open)) = (has_text, self.open.get_mut(&index)) {
            open.blank = false;
            self.has_text = true;
        }
    }

    fn stop(&mut self, index: Option<u64>) {
        let Some(open) = index.and_then(|index| self.open.remove(&index)) else {
            return;
        };
        self.completed = true;
        match block_kind(&open.kind) {
            Block::Thinking => self.thought = true,
            Block::Tool => self.tool_delivered = true,
            Block::ServerTool if self.without_result.len() < MOST_PARTS => {
                self.without_result.insert(open.id);
            }
            Block::Text | Block::ServerTool | Block::CompleteAtStart => {}
        }
    }

    pub(super) fn is_before_text(&self) -> bool {
        !self.has_text && self.open.values().all(|open| open.kind != "text")
    }

    /// An empty delta adds nothing to a block, also after a signature. The API itself begins tool input with one.
    pub(super) fn keep_alive(&self, out: &mut Vec<u8>) {
        let delta = |(_, open): &(&u64, &Open)| match (block_kind(&open.kind), &*open.kind) {
            (_, "text") => Some(json!({"type": "text_delta", "text": ""})),
            (_, "thinking") => Some(json!({"type": "thinking_delta", "thinking": ""})),
            (Block::Tool | Block::ServerTool, _) => {
                Some(json!({"type": "input_json_delta", "partial_json": ""}))
            }
            (Block::Text | Block::Thinking | Block::CompleteAtStart, _) => None,
        };
        let last = self.open.last_key_value();
        match (last, last.as_ref().and_then(delta)) {
            _ if self.ended => {}
            _ if !self.begun => out.extend_from_slice(COMMENT),
            (Some((index, _)), Some(delta)) => {
                let data = json!({"type": "content_block_delta", "index": index, "delta": delta});
                sse::write("content_block_delta", &data.to_string(), out);
            }
            _ => sse::write("ping", r#"{"type":"ping"}"#, out),
        }
    }

    pub(super) fn usage_keep_alive(&self, out: &mut Vec<u8>) {
        if self.begun && !self.stopped && self.open.is_empty() {
            let data = json!({
                "type": "message_delta",
                "delta": {"stop_reason": null, "stop_sequence": null},
                "usage": {"output_tokens": 0},
            });
            sse::write("message_delta", &data.to_string(), out);
        } else {
            self.keep_alive(out);
        }
    }

    pub(super) fn can_restart(&self) -> Result<(), CannotRestart> {
        if self.stopped {
            return Err(CannotRestart::Ended);
        }
        if !self.begun {
            return Err(CannotRestart::NothingReleased);
        }
        if self.tool_delivered {
            return Err(CannotRestart::ToolCallDelivered);
        }
        for open in self.open.values() {
            match (block_kind(&open.kind), &*open.kind) {
                (_, "text") => {}
                (Block::Tool, _) => return Err(CannotRestart::ToolCallBegun),
                (Block::Thinking, _) => return Err(CannotRestart::WithinThinking),
                (Block::ServerTool, _) => return Err(CannotRestart::ToolWithoutResult),
                (Block::Text | Block::CompleteAtStart, kind) => {
                    return Err(CannotRestart::WithinBlock(kind.to_owned()));
                }
            }
        }
        if !self.without_result.is_empty() {
            return Err(CannotRestart::ToolWithoutResult);
        }
        Ok(())
    }
}

/// Longer than any name or id that a vendor sends.
const LONGEST: usize = 256;

fn short(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    text.chars().take(LONGEST).collect()
}
