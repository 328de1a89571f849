//! OpenAI Responses (public API reference: "Responses", "Streaming events"). Small servers omit the deltas, the start events,
//! or all but the terminal event; repeated content counts once.

use std::collections::{BTreeMap, BTreeSet};

use crate::response::UntranslatableResponse;
use crate::response::model::{Call, Input, Kind};
use crate::response::parts::{Key, Lasts, Parts};
use crate::response::read::{Flow, Read, string_at, unsayable};
use wire::Broken;
use wire::fields::Fields;
use wire::is_executable;

#[derive(Debug, Default)]
pub(crate) struct Reader {
    open: BTreeMap<u64, Item>,
    /// The `call_id`s that the client has received.
    calls: BTreeSet<String>,
    spoke: bool,
    /// The items were streamed, not only in the terminal event.
    streamed: bool,
}

#[derive(Debug)]
enum Item {
    /// The parts of the message, by content index.
    Message(BTreeMap<u64, Key>),
    Call {
        key: Key,
        /// The arguments received so far.
        translated: String,
    },
    /// Reasoning, and tools that the provider executed.
    NotReported,
}

impl Read for Reader {
    fn event(
        &mut self,
        kind: &str,
        data: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Flow, UntranslatableResponse> {
        let index = data.number("output_index").unwrap_or_default();
        match kind {
            // A repeated start event belongs to the open item.
            "response.output_item.added" if self.open.contains_key(&index) => {}
            "response.output_item.added" => {
                // An item without an index is translated when it is complete.
                if let (Some(index), Some(item)) =
                    (data.number("output_index"), data.object("item"))
                {
                    let item = self.begin(&item, parts)?;
                    self.open.insert(index, item);
                }
            }
            "response.output_text.delta" => self.speak(index, data, Kind::Text, parts)?,
            "response.refusal.delta" => self.speak(index, data, Kind::Refusal, parts)?,
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(Item::Call { key, translated }) = self.open.get_mut(&index) {
                    let delta = data.text("delta").unwrap_or_default();
                    translated.push_str(&delta);
                    parts.grow(*key, &delta)?;
                }
            }
            "response.output_item.done" => {
                let item = data.object("item").unwrap_or_default();
                self.end(index, &item, parts)?;
            }
            "response.completed" | "response.incomplete" => {
                if let Some(response) = data.object("response") {
                    self.document(&response, parts)?;
                }
                return Ok(Flow::Over);
            }
            _ => {}
        }
        Ok(Flow::On)
    }

    /// After a stream, most of the document's content was already translated.
    fn document(
        &mut self,
        document: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        let (streamed, spoke) = (self.streamed, self.spoke);
        for item in document.objects("output") {
            let kind = item.text("type").unwrap_or_default();
            let translated = match kind.as_str() {
                "message" => spoke,
                _ if is_executable(&kind) => streamed && self.calls.contains(&call_id(&item)),
                _ => true,
            };
            if !translated {
                let begun = self.begin(&item, parts)?;
                self.close(begun, &item, parts)?;
            }
        }
        Ok(())
    }
}

fn call_id(item: &Fields<'_>) -> String {
    let id = item.text("call_id").or_else(|| item.text("id"));
    id.unwrap_or_default()
}

impl Reader {
    fn begin(
        &mut self,
        item: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Item, UntranslatableResponse> {
        let kind = item.text("type").unwrap_or_default();
        let (input, id) = match kind.as_str() {
            "message" => return Ok(Item::Message(BTreeMap::new())),
            "function_call" => (Input::Json, call_id(item)),
            "custom_tool_call" => (Input::FreeText, call_id(item)),
            "compaction" | "compaction_summary" => {
                return Err(unsayable(format!("an item `{kind}`")));
            }
            _ if is_executable(&kind) => return Err(unsayable(format!("a call of `{kind}`"))),
            _ => return Ok(Item::NotReported),
        };
        if !id.is_empty() && !self.calls.insert(id.clone()) {
            return Ok(Item::NotReported);
        }
        let call = Call {
            id,
            name: item.text("name").unwrap_or_default(),
            namespace: None,
            input,
            signature: None,
        };
        let key = parts.begin(Kind::Call(call), Lasts::UntilEnded)?;
        let translated = String::new();
        Ok(Item::Call { key, translated })
    }

    fn speak(
        &mut self,
        index: u64,
        data: &Fields<'_>,
        kind: Kind,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        let item = self.open.entry(index);
        let Item::Message(texts) = item.or_insert_with(|| Item::Message(BTreeMap::new())) else {
            return Ok(());
        };
        let place = data.number("content_index").unwrap_or_default();
        let key = match texts.get(&place) {
            Some(key) => *key,
            None => {
                let key = parts.begin(kind, Lasts::UntilEnded)?;
                texts.insert(place, key);
                key
            }
        };
        let delta = string_at(data, "delta");
        self.spoke |= !delta.is_empty();
        self.streamed = true;
        Ok(parts.grow(key, &delta)?)
    }

    fn end(
        &mut self,
        index: u64,
        item: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        self.streamed = true;
        let begun = match self.open.remove(&index) {
            Some(begun) => begun,
            None => self.begin(item, parts)?,
        };
        self.close(begun, item, parts)
    }

    /// `item`: in its final form.
    fn close(
        &mut self,
        begun: Item,
        item: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        match begun {
            Item::NotReported => {}
            Item::Call { key, translated } => {
                parts.name(key, &item.text("name").unwrap_or_default())?;
                parts.grow(key, &rest(&translated, item)?)?;
                parts.end(key)?;
            }
            Item::Message(mut texts) => {
                for (place, part) in (0..).zip(item.objects("content")) {
                    let (kind, text) = match part.text("type").as_deref() {
                        Some("refusal") => (Kind::Refusal, string_at(&part, "refusal")),
                        _ => (Kind::Text, string_at(&part, "text")),
                    };
                    if let Some(key) = texts.remove(&place) {
                        parts.end(key)?;
                    } else if !text.is_empty() {
                        let key = parts.begin(kind, Lasts::UntilEnded)?;
                        parts.grow(key, &text)?;
                        parts.end(key)?;
                        self.spoke = true;
                    }
                }
                for key in texts.into_values() {
                    parts.end(key)?;
                }
            }
        }
        Ok(())
    }
}

/// The part of a call's arguments that the deltas did not contain. Clients of this dialect use the item's arguments.
fn rest(translated: &str, item: &Fields<'_>) -> Result<String, UntranslatableResponse> {
    let complete = ["arguments", "input"]
        .into_iter()
        .find_map(|key| item.non_null(key).map(|raw| (key, raw)));
    let complete = complete.map(|(key, raw)| item.text(key).unwrap_or_else(|| raw.to_owned()));
    let complete = complete.unwrap_or_default();
    if complete.is_empty() {
        return Ok(String::new());
    }
    let differ = || Broken::Malformed("a tool call that differs from its deltas".to_owned());
    let rest = complete.strip_prefix(translated).ok_or_else(differ)?;
    Ok(rest.to_owned())
}
