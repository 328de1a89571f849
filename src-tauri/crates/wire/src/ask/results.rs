use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::validator::lenient::Str;

/// More parallel calls than any client makes in one turn.
const MOST: usize = 32;

/// The end of a conversation (`messages`, `input`) as it goes by: its last entries, each as its text. Nothing before them
/// is looked into, and a request without tools costs nothing more than being skipped.
#[derive(Default)]
pub(super) struct Tail<'a> {
    entries: Vec<&'a RawValue>,
    next: usize,
}

/// The parts of an entry that tell a tool's result, in any dialect.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    role: Option<Str<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    /// Chat, with `role: tool`.
    #[serde(borrow)]
    tool_call_id: Option<Str<'a>>,
    /// Responses, with `type: function_call_output` and its like.
    #[serde(borrow)]
    call_id: Option<Str<'a>>,
    /// Messages: blocks, some of which may be results.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    tool_use_id: Option<Str<'a>>,
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

    /// The ids of the tool calls whose results the client sends with this turn, in no order.
    pub(super) fn results(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for entry in self.newest_first() {
            // What stands before the model's own turn came with an earlier request.
            if entry.role.as_deref() == Some("assistant") {
                break;
            }
            entry.results(&mut ids);
        }
        ids
    }

    /// Messages: does the model's last turn begin with thinking, shown or redacted? True where there is none.
    pub(super) fn turn_begins_with_thinking(&self) -> bool {
        let mut entries = self.newest_first();
        let turn = entries.find(|entry| entry.role.as_deref() == Some("assistant"));
        turn.is_none_or(|turn| {
            let blocks = turn.blocks();
            let first = blocks.first().and_then(|block| block.kind.as_deref());
            matches!(first, Some("thinking" | "redacted_thinking"))
        })
    }

    fn newest_first(&self) -> impl Iterator<Item = Entry<'a>> {
        let (newer, older) = self.entries.split_at(self.next);
        let entries = newer.iter().rev().chain(older.iter().rev());
        entries.filter_map(|entry| serde_json::from_str(entry.get()).ok())
    }
}

impl<'a> Entry<'a> {
    fn blocks(&self) -> Vec<Block<'a>> {
        let blocks = self
            .content
            .filter(|content| content.get().starts_with('['));
        blocks
            .and_then(|text| serde_json::from_str(text.get()).ok())
            .unwrap_or_default()
    }

    fn results(self, ids: &mut Vec<String>) {
        let blocks = self.blocks();
        if let Some(id) = self.tool_call_id {
            ids.push(id.to_string());
        }
        let output = self.kind.is_some_and(|kind| kind.ends_with("_output"));
        if let (Some(id), true) = (self.call_id, output) {
            ids.push(id.to_string());
        }
        for block in blocks {
            if let (Some("tool_result"), Some(id)) = (block.kind.as_deref(), block.tool_use_id) {
                ids.push(id.to_string());
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Tail<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

/// Of anything but an array nothing is kept: to refuse it is the provider's part.
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
