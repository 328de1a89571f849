use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fields::Fields;

/// More parallel calls than any client makes in one turn.
const MOST: usize = 32;

/// The last entries of a conversation (`messages`, `input`) as JSON text. Earlier entries are skipped without parsing.
#[derive(Default)]
pub(super) struct Tail<'a> {
    entries: Vec<&'a RawValue>,
    next: usize,
}

impl<'a> Tail<'a> {
    fn push(&mut self, entry: &'a RawValue) {
        if self.entries.len() < MOST {
            self.entries.push(entry);
        } else {
            self.entries[self.next] = entry;
            self.next = (self.next + 1) % MOST;
        }
    }

    /// Ids of the tool calls whose results are in this turn, in no order.
    pub(super) fn results(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for entry in self.newest_first() {
            // Entries before the model's last turn came with an earlier request.
            if is_models(&entry) {
                break;
            }
            results(&entry, &mut ids);
        }
        ids
    }

    /// Messages: the model's last turn begins with thinking, readable or redacted. True if there is no such turn.
    pub(super) fn turn_begins_with_thinking(&self) -> bool {
        let turn = self.newest_first().find(is_models);
        turn.is_none_or(|turn| {
            let blocks = turn.objects("content");
            let first = blocks.first().and_then(|block| block.text("type"));
            matches!(first.as_deref(), Some("thinking" | "redacted_thinking"))
        })
    }

    fn newest_first(&self) -> impl Iterator<Item = Fields<'a>> {
        let (newer, older) = self.entries.split_at(self.next);
        let entries = newer.iter().rev().chain(older.iter().rev());
        entries.filter_map(|entry| Fields::read(entry.get().as_bytes()).ok())
    }
}

fn is_models(entry: &Fields<'_>) -> bool {
    entry.text("role").as_deref() == Some("assistant")
}

/// Chat: `tool_call_id`, with `role: tool`. Responses: `call_id`, with `type: function_call_output` or a similar type.
/// Messages: blocks of type `tool_result`.
fn results(entry: &Fields<'_>, ids: &mut Vec<String>) {
    ids.extend(entry.text("tool_call_id"));
    if entry
        .text("type")
        .is_some_and(|kind| kind.ends_with("_output"))
    {
        ids.extend(entry.text("call_id"));
    }
    for block in entry.objects("content") {
        if block.text("type").as_deref() == Some("tool_result") {
            ids.extend(block.text("tool_use_id"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Tail<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

/// Ignores a value that is not an array: the provider reports it.
impl<'de> Visitor<'de> for &mut Tail<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a conversation")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.entries.clear();
        self.next = 0;
        while let Some(entry) = entries.next_element()? {
            self.push(entry);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
