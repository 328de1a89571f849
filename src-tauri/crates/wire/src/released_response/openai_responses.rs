mod item;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::cannot_restart::CannotRestart;
use super::keep_alive::COMMENT;
use crate::Validator;
use crate::fields::Fields;
use crate::sse::{self, Event};
use crate::validator::bounds::MOST_PARTS;
use crate::validator::openai_responses::item::is_executable;
pub(crate) use item::Item;
use item::OVERHEAD;

/// The released part of a Responses response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Released {
    begun: bool,
    ended: bool,
    pub(crate) id: Option<String>,
    /// JSON text of the last response object that the client received.
    response: Option<String>,
    sequence: Option<u64>,
    /// The output index of the next item.
    pub(crate) next: u64,
    pub(crate) open: BTreeMap<u64, Item>,
    /// The JSON texts of the completed items, in order.
    pub(crate) done: Vec<String>,
    /// The ids of all items.
    pub(crate) ids: BTreeSet<String>,
    pub(crate) thought: bool,
    /// A message is complete.
    wrote: bool,
    tool_delivered: bool,
    refusing: bool,
    /// Bytes kept of items and their texts.
    kept: usize,
}

impl Released {
    pub(super) fn event(&mut self, event: Event<'_>) -> Result<(), serde_json::Error> {
        if event.data.is_empty() || event.data == b"[DONE]" {
            return Ok(());
        }
        let data = Fields::read(event.data)?;
        self.sequence = self.sequence.max(data.number("sequence_number"));
        let kind = data.text("type");
        match kind.as_deref().unwrap_or(event.name) {
            "response.created" | "response.queued" | "response.in_progress" => self.begin(&data),
            "response.output_item.added" => self.add(&data),
            "response.output_item.done" => self.finish(&data),
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "error" => self.ended = true,
            kind => {
                self.refusing |= kind.starts_with("response.refusal");
                self.grow(kind, &data);
            }
        }
        Ok(())
    }

    pub(super) fn is_before_text(&self) -> bool {
        !self.wrote && self.open.values().all(|item| item.kind != "message")
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.map_or(0, |last| last.saturating_add(1))
    }

    pub(super) fn has_completed_item(&self) -> bool {
        !self.done.is_empty()
    }

    fn begin(&mut self, data: &Fields<'_>) {
        self.begun = true;
        let Some(response) = data.object("response") else {
            return;
        };
        if self.id.is_none() {
            self.id = response.text("id");
        }
        self.response = data.raw("response").map(str::to_owned);
    }

    fn add(&mut self, data: &Fields<'_>) {
        let (Some(index), Some(item)) = (data.number("output_index"), data.object("item")) else {
            return;
        };
        self.begun = true;
        self.next = self.next.max(index.saturating_add(1));
        if self.open.len() == MOST_PARTS {
            self.keep(usize::MAX);
        }
        if self.kept > Validator::LIMIT {
            return;
        }
        let item = Item::new(&item);
        self.keep(item.json.len().saturating_add(OVERHEAD));
        self.ids.insert(item.id.clone());
        self.open.insert(index, item);
    }

    fn grow(&mut self, kind: &str, data: &Fields<'_>) {
        if self.kept > Validator::LIMIT {
            return;
        }
        let index = data.number("output_index");
        if let Some(item) = index.and_then(|index| self.open.get_mut(&index)) {
            let more = item.grow(kind, data);
            self.keep(more);
        }
    }

    fn finish(&mut self, data: &Fields<'_>) {
        let index = data.number("output_index");
        if let Some(index) = index {
            self.next = self.next.max(index.saturating_add(1));
            self.open.remove(&index);
        }
        let Some(item) = data.object("item") else {
            return;
        };
        self.begun = true;
        let kind = item.text("type").unwrap_or_default();
        self.thought |= kind == "reasoning";
        self.wrote |= kind == "message";
        self.tool_delivered |= is_executable(&kind);
        let id = item.text("id");
        if self.keep_item(item.to_string()) {
            self.ids.extend(id);
        }
    }

    /// False: the limit is exceeded.
    pub(crate) fn keep_item(&mut self, json: String) -> bool {
        self.keep(json.len().saturating_add(OVERHEAD));
        let fits = self.kept <= Validator::LIMIT;
        if fits {
            self.done.push(json);
        }
        fits
    }

    /// Counts kept bytes. Above the limit everything is discarded, and a restart is not possible.
    fn keep(&mut self, bytes: usize) {
        let fitted = self.kept <= Validator::LIMIT;
        self.kept = self.kept.saturating_add(bytes);
        if fitted && self.kept > Validator::LIMIT {
            self.done = Vec::new();
            self.ids = BTreeSet::new();
            self.open.values_mut().for_each(Item::forget);
        }
    }

    /// Repeats the last `sequence_number`, since the held events already use the next numbers. Codex and the official libraries
    /// ignore it; a client that resumes with `starting_after` misses nothing. Without an open item the response object is
    /// repeated, which Codex counts as an event.
    pub(super) fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.ended {
            return;
        }
        let open = self.open.last_key_value();
        let delta = open.and_then(|(index, item)| {
            let (kind, mut delta) = item.empty_delta()?;
            delta.set("output_index", *index);
            Some((kind, delta))
        });
        let (kind, mut data) = match (delta, &self.response) {
            (Some((kind, delta)), _) => (kind, delta),
            (None, Some(response)) => {
                let mut data = Fields::default();
                data.set_raw("response", response.clone());
                ("response.in_progress", data)
            }
            (None, None) => return out.extend_from_slice(COMMENT),
        };
        data.set("type", kind);
        if let Some(last) = self.sequence {
            data.set("sequence_number", last);
        }
        sse::write(kind, &data.to_string(), out);
    }

    pub(super) fn can_restart(&self) -> Result<(), CannotRestart> {
        if self.ended {
            return Err(CannotRestart::Ended);
        }
        if !self.begun {
            return Err(CannotRestart::NothingReleased);
        }
        if self.kept > Validator::LIMIT {
            return Err(CannotRestart::TooLong(Validator::LIMIT));
        }
        if self.tool_delivered {
            return Err(CannotRestart::ToolCallDelivered);
        }
        for item in self.open.values() {
            match &*item.kind {
                "message" => {}
                "reasoning" => return Err(CannotRestart::WithinThinking),
                kind if is_executable(kind) => return Err(CannotRestart::ToolCallBegun),
                kind => return Err(CannotRestart::WithinBlock(kind.to_owned())),
            }
        }
        if self.refusing {
            return Err(CannotRestart::Refusing);
        }
        Ok(())
    }

    /// Appends an event of this response with the next sequence number.
    pub(crate) fn write(&mut self, kind: &str, data: &mut Fields<'_>, out: &mut Vec<u8>) {
        let next = self.next_sequence();
        self.sequence = Some(next);
        data.set("type", kind);
        data.set("sequence_number", next);
        sse::write(kind, &data.to_string(), out);
    }

    /// Opens a message item for the restart line and returns its index.
    pub(crate) fn new_message(&mut self, out: &mut Vec<u8>) -> u64 {
        let index = self.next;
        self.next = index.saturating_add(1);
        let item = json!({
            "id": format!("msg_understudy_{index}"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        })
        .to_string();
        let mut data = Fields::default();
        data.set("output_index", index);
        data.set_raw("item", item.clone());
        self.write("response.output_item.added", &mut data, out);
        if let Ok(item) = Fields::read(item.as_bytes()) {
            self.open.insert(index, Item::new(&item));
        }
        index
    }

    /// Adds text to the open message at `index`, in a new part if no part is open.
    pub(crate) fn add_text(&mut self, index: u64, text: &str, out: &mut Vec<u8>) {
        let open = self.open.get(&index).and_then(Item::open_part);
        if open.is_none() {
            self.close_parts(index, out);
        }
        let Some(item) = self.open.get_mut(&index) else {
            return;
        };
        let part = open.unwrap_or_else(|| item.next_part());
        let id = item.id.clone();
        let saying = item.parts.entry(part).or_default();
        saying.settle();
        saying.text.push_str(text);
        if open.is_none() {
            let mut data = of_part(index, &id, part);
            let empty = json!({"type": "output_text", "text": "", "annotations": []});
            data.set("part", empty);
            self.write("response.content_part.added", &mut data, out);
        }
        let mut data = of_part(index, &id, part);
        data.set("delta", text);
        data.set("logprobs", json!([]));
        self.write("response.output_text.delta", &mut data, out);
    }

    /// Closes a message with its text so far.
    pub(crate) fn close_message(&mut self, index: u64, out: &mut Vec<u8>) {
        self.close_parts(index, out);
        let Some(item) = self.open.remove(&index) else {
            return;
        };
        let item = item.completed();
        let mut data = Fields::default();
        data.set("output_index", index);
        data.set_raw("item", item.clone());
        self.write("response.output_item.done", &mut data, out);
        self.keep_item(item);
    }

    fn close_parts(&mut self, index: u64, out: &mut Vec<u8>) {
        let Some(mut item) = self.open.remove(&index) else {
            return;
        };
        for (at, part) in item.parts.iter_mut().filter(|(_, part)| !part.is_done()) {
            part.settle();
            if part.is_growing() {
                let mut data = of_part(index, &item.id, *at);
                data.set("text", &*part.text);
                data.set("logprobs", json!([]));
                self.write("response.output_text.done", &mut data, out);
            }
            part.finish();
            let mut data = of_part(index, &item.id, *at);
            data.set_raw("part", part.completed());
            self.write("response.content_part.done", &mut data, out);
        }
        self.open.insert(index, item);
    }

    /// An unused id for an item of another response, if its id is used. The chosen id counts as used from now on.
    pub(crate) fn other_id(&mut self, id: &str) -> Option<String> {
        let free = (2..).map(|n| format!("{id}_{n}"));
        let other = self.ids.contains(id).then_some(free);
        let other = other.and_then(|mut free| free.find(|id| !self.ids.contains(id)));
        self.ids
            .insert(other.clone().unwrap_or_else(|| id.to_owned()));
        other
    }
}

fn of_part(index: u64, item_id: &str, part: u64) -> Fields<'static> {
    let mut data = Fields::default();
    data.set("item_id", item_id);
    data.set("output_index", index);
    data.set("content_index", part);
    data
}
