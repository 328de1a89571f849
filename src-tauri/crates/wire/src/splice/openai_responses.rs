use std::collections::BTreeMap;

use super::faults::{malformed, out_of_place, second_error};
use super::restart_line::apart;
use crate::CannotRestart;
use crate::Validator;
use crate::fields::{Fields, array};
use crate::released_response::openai_responses::{Item, Released as ReleasedResponses};
use crate::sse::Event;
use crate::validator::bounds::MOST_PARTS;
use crate::validator::openai_responses::item::is_executable;
use crate::validator::shown::too_many;

#[derive(Debug)]
pub(super) struct Second {
    /// The released part of both responses.
    released: ReleasedResponses,
    ended: bool,
    /// By output index of the second response.
    items: BTreeMap<u64, Placed>,
    /// The second response streams its items. Otherwise they are in the terminal event only.
    streamed: bool,
}

#[derive(Debug)]
struct Placed {
    /// `None`: reasoning, which is removed.
    place: Option<Place>,
    /// The item has ended. Some servers then use its index again.
    done: bool,
}

#[derive(Clone, Debug)]
struct Place {
    index: u64,
    /// The id for the client, if the first response used the item's id: some servers number items from zero.
    id: Option<String>,
}

impl Second {
    /// Adds the restart line to the open text, or as a new item if no text is open.
    pub(super) fn open(
        mut released: ReleasedResponses,
        restart_line: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Self {
        let open: Vec<u64> = released.open.keys().copied().collect();
        if let Some(restart_line) = restart_line {
            let last = open.last().copied();
            let last = last.unwrap_or_else(|| released.new_message(out));
            for index in open.into_iter().filter(|index| *index != last) {
                released.close_message(index, out);
            }
            let has_text = released.open.get(&last).is_some_and(Item::has_text);
            released.add_text(last, &apart(restart_line, has_text), out);
            released.close_message(last, out);
        } else {
            for index in open {
                released.close_message(index, out);
            }
        }
        Self {
            released,
            ended: false,
            items: BTreeMap::new(),
            streamed: false,
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
        let named = data.text("type");
        let kind = named.as_deref().unwrap_or(event.name).to_owned();
        match &*kind {
            "response.created" | "response.queued" | "response.in_progress" => Ok(()),
            "response.output_item.added" | "response.output_item.done" => {
                self.item(&kind, data, forbids_tools, out)
            }
            "response.completed" | "response.incomplete" => {
                self.end(&kind, data, forbids_tools, out)
            }
            "response.failed" | "response.cancelled" => {
                let response = data.object("response");
                let error = response
                    .as_ref()
                    .and_then(|response| response.non_null("error"));
                Err(second_error(error, event.data))
            }
            "error" => Err(second_error(data.non_null("error"), event.data)),
            _ if named.is_none() && data.non_null("error").is_some() => {
                Err(second_error(data.non_null("error"), event.data))
            }
            _ => self.part(&kind, data, forbids_tools, out),
        }
    }

    /// Handles the start or the end of an item. Some servers send no start.
    fn item(
        &mut self,
        kind: &str,
        mut data: Fields<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        let (Some(index), Some(mut item)) = (data.number("output_index"), data.object("item"))
        else {
            return Err(out_of_place(kind));
        };
        let what = item.text("type").unwrap_or_default();
        let id = item.text("id");
        if self.items.get(&index).is_some_and(|item| item.done) {
            self.items.remove(&index);
        }
        let place = self.place(index, &what, id.as_deref(), forbids_tools)?;
        let done = kind.ends_with(".done");
        if let Some(item) = self.items.get_mut(&index) {
            item.done = done;
        }
        let Some(place) = place else { return Ok(()) };
        if let Some(id) = &place.id {
            item.set("id", &**id);
        }
        let item = item.to_string();
        if done {
            self.streamed = true;
            if !self.released.keep_item(item.clone()) {
                return Err(CannotRestart::TooLong(Validator::LIMIT));
            }
        }
        data.set_raw("item", item);
        data.set("output_index", place.index);
        self.released.write(kind, &mut data, out);
        Ok(())
    }

    /// Handles any other event of an item.
    fn part(
        &mut self,
        kind: &str,
        mut data: Fields<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        let Some(index) = data.number("output_index") else {
            // Dropped: the fields to renumber are unknown.
            let ours = kind.starts_with("response.") && kind.ends_with(".delta");
            return if ours {
                Err(out_of_place(kind))
            } else {
                Ok(())
            };
        };
        let what = match kind.strip_prefix("response.").unwrap_or(kind) {
            name if name.starts_with("reasoning") => "reasoning",
            name if name.contains("_call_arguments") || name.contains("_call_input") => {
                "function_call"
            }
            _ => "message",
        };
        let id = data.text("item_id");
        let Some(place) = self.place(index, what, id.as_deref(), forbids_tools)? else {
            return Ok(());
        };
        if let Some(id) = &place.id {
            data.set("item_id", &**id);
        }
        data.set("output_index", place.index);
        self.released.write(kind, &mut data, out);
        Ok(())
    }

    /// The index and id for the client of an item of the second response.
    fn place(
        &mut self,
        index: u64,
        kind: &str,
        id: Option<&str>,
        forbids_tools: bool,
    ) -> Result<Option<Place>, CannotRestart> {
        if let Some(item) = self.items.get(&index) {
            return Ok(item.place.clone());
        }
        if self.items.len() == MOST_PARTS {
            return Err(too_many("items").into());
        }
        let place = if kind == "reasoning" {
            None
        } else if forbids_tools && is_executable(kind) {
            return Err(CannotRestart::ToolCallWithoutThinking);
        } else {
            let place = Place {
                index: self.released.next,
                id: id.and_then(|id| self.released.other_id(id)),
            };
            self.released.next = place.index.saturating_add(1);
            Some(place)
        };
        let placed = Placed {
            place: place.clone(),
            done: false,
        };
        self.items.insert(index, placed);
        Ok(place)
    }

    /// The final output lists the items that the client received, then items that only the terminal event contains.
    fn end(
        &mut self,
        kind: &str,
        mut data: Fields<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        if let Some(mut response) = data.object("response") {
            let mut output = self.released.done.clone();
            for item in response.objects("output") {
                let what = item.text("type").unwrap_or_default();
                if self.streamed || what == "reasoning" {
                    continue;
                }
                if forbids_tools && is_executable(&what) {
                    return Err(CannotRestart::ToolCallWithoutThinking);
                }
                output.push(item.to_string());
            }
            if let Some(id) = &self.released.id {
                response.set("id", &**id);
            }
            response.set_raw("output", array(output.iter().map(String::as_str)));
            let response = response.to_string();
            data.set_raw("response", response);
        }
        self.ended = true;
        self.released.write(kind, &mut data, out);
        Ok(())
    }
}
