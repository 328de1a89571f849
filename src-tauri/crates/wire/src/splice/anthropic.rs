use std::collections::BTreeMap;

use serde_json::json;

use super::faults::{malformed, out_of_place, second_error};
use super::restart_line::apart;
use crate::CannotRestart;
use crate::fields::Fields;
use crate::released_response::anthropic::Released as ReleasedMessages;
use crate::sse::{self, Event};
use crate::validator::anthropic::{Block, block_kind};
use crate::validator::bounds::MOST_PARTS;
use crate::validator::shown::too_many;

/// Input counts of `message_start`. `message_delta` can repeat them (API reference, `MessageDeltaUsage`), and clients then use
/// the later ones.
const INPUT: [&str; 3] = [
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
];

#[derive(Debug)]
pub(super) struct Second {
    begun: bool,
    ended: bool,
    /// The next block index in the client's stream.
    next: u64,
    /// Open blocks of the second response → index for the client. `None`: thinking, which is removed.
    open: BTreeMap<u64, Option<u64>>,
    /// JSON text of the second response's usage in `message_start`.
    usage: Option<String>,
}

impl Second {
    /// Closes the open text; the restart line is a block after it. A blank text takes the restart line itself: the API refuses blank texts
    /// in the next turn.
    pub(super) fn open(
        released: ReleasedMessages,
        restart_line: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Self {
        let mut restart_line =
            restart_line.map(|restart_line| apart(restart_line, released.has_text));
        let mut next = released.next;
        for (index, open) in &released.open {
            if let (true, Some(restart_line)) = (open.blank, restart_line.take_if(|_| open.blank)) {
                text(*index, &restart_line, out);
            }
            stop(*index, out);
        }
        if let Some(restart_line) = restart_line {
            let block = json!({"type": "text", "text": ""});
            let data =
                json!({"type": "content_block_start", "index": next, "content_block": block});
            sse::write("content_block_start", &data.to_string(), out);
            text(next, &restart_line, out);
            stop(next, out);
            next = next.saturating_add(1);
        }
        Self {
            begun: false,
            ended: false,
            next,
            open: BTreeMap::new(),
            usage: None,
        }
    }

    pub(super) fn event(
        &mut self,
        event: Event<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        if self.ended || event.data.is_empty() || event.data == b"[DONE]" {
            return Ok(());
        }
        let data = Fields::read(event.data).map_err(|error| malformed(&error))?;
        let kind = data.text("type");
        match kind.as_deref().unwrap_or(event.name) {
            "message_start" => self.begin(&data),
            "content_block_start" => self.start(data, forbids_tools, out),
            "content_block_delta" => self.grow(data, out),
            "content_block_stop" => {
                let index = data.number("index");
                if let Some(Some(index)) = index.and_then(|index| self.open.remove(&index)) {
                    stop(index, out);
                }
                Ok(())
            }
            "message_delta" => {
                self.delta(data, out);
                Ok(())
            }
            "message_stop" => {
                self.ended = true;
                write("message_stop", &data, out);
                Ok(())
            }
            "ping" => {
                write("ping", &data, out);
                Ok(())
            }
            "error" => Err(second_error(data.non_null("error"), event.data)),
            _ if kind.is_none() && data.non_null("error").is_some() => {
                Err(second_error(data.non_null("error"), event.data))
            }
            // Dropped: the fields to renumber are unknown.
            _ => Ok(()),
        }
    }

    fn begin(&mut self, data: &Fields<'_>) -> Result<(), CannotRestart> {
        if self.begun {
            return Err(out_of_place("a second message_start"));
        }
        self.begun = true;
        let message = data.object("message");
        self.usage = message.and_then(|message| message.non_null("usage").map(str::to_owned));
        Ok(())
    }

    fn start(
        &mut self,
        mut data: Fields<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        let block = data.object("content_block").filter(|_| self.begun);
        let kind = block.and_then(|block| block.text("type"));
        let (Some(index), Some(kind)) = (data.number("index"), kind) else {
            return Err(out_of_place("content_block_start"));
        };
        // Otherwise the first block with this index would stay open.
        if self.open.contains_key(&index) {
            return Err(out_of_place("content_block_start"));
        }
        if self.open.len() == MOST_PARTS {
            return Err(too_many("open blocks").into());
        }
        let place = match block_kind(&kind) {
            Block::Thinking => None,
            Block::Tool if forbids_tools => return Err(CannotRestart::ToolCallWithoutThinking),
            Block::Text | Block::Tool | Block::ServerTool | Block::CompleteAtStart => {
                Some(self.next)
            }
        };
        self.open.insert(index, place);
        if let Some(place) = place {
            self.next = place.saturating_add(1);
            data.set("index", place);
            write("content_block_start", &data, out);
        }
        Ok(())
    }

    fn grow(&mut self, mut data: Fields<'_>, out: &mut Vec<u8>) -> Result<(), CannotRestart> {
        let place = data.number("index").and_then(|index| self.open.get(&index));
        match place {
            None => Err(out_of_place("content_block_delta")),
            Some(None) => Ok(()),
            Some(Some(place)) => {
                data.set("index", *place);
                write("content_block_delta", &data, out);
                Ok(())
            }
        }
    }

    /// The client has the first response's input counts and receives no second `message_start`. The second response's counts
    /// replace them here; a count that it lacks becomes zero.
    fn delta(&self, mut data: Fields<'_>, out: &mut Vec<u8>) {
        let started = self.usage.as_ref();
        let started = started.and_then(|json| Fields::read(json.as_bytes()).ok());
        let usage = data.object("usage");
        if usage.is_some() || started.is_some() {
            let mut usage = usage.unwrap_or_default();
            for field in INPUT {
                if usage.non_null(field).is_none() {
                    let count = started.as_ref().and_then(|usage| usage.non_null(field));
                    let count = count.unwrap_or("0").to_owned();
                    usage.set_raw(field, count);
                }
            }
            let usage = usage.to_string();
            data.set_raw("usage", usage);
        }
        write("message_delta", &data, out);
    }
}

fn write(kind: &str, data: &Fields<'_>, out: &mut Vec<u8>) {
    sse::write(kind, &data.to_string(), out);
}

fn text(index: u64, text: &str, out: &mut Vec<u8>) {
    let delta = json!({"type": "text_delta", "text": text});
    let data = json!({"type": "content_block_delta", "index": index, "delta": delta});
    sse::write("content_block_delta", &data.to_string(), out);
}

fn stop(index: u64, out: &mut Vec<u8>) {
    let data = json!({"type": "content_block_stop", "index": index});
    sse::write("content_block_stop", &data.to_string(), out);
}
