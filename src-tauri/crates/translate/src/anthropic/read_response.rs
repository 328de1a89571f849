//! Anthropic Messages (public docs: "Streaming messages").

use std::collections::BTreeMap;

use crate::response::UntranslatableResponse;
use crate::response::model::{Call, Input, Kind};
use crate::response::parts::{Key, Lasts, Parts};
use crate::response::read::{Flow, Read, string_at, unsayable};
use crate::response::reasoning::Reasoning;
use wire::fields::Fields;
use wire::{Block, block_kind};

#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The open blocks that are translated for the client.
    open: BTreeMap<u64, Open>,
    reasoning: Reasoning,
}

#[derive(Debug)]
struct Open {
    key: Key,
    /// The arguments in the block's start event, as compatible servers send them; deltas replace them.
    start_input: Option<String>,
}

impl Read for Reader {
    fn event(
        &mut self,
        kind: &str,
        data: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Flow, UntranslatableResponse> {
        let index = data.number("index").unwrap_or_default();
        match kind {
            "content_block_start" => {
                let block = data.object("content_block").unwrap_or_default();
                if let Some(open) = self.begin(&block, parts)? {
                    self.open.insert(index, open);
                }
            }
            "content_block_delta" => {
                let delta = data.object("delta").unwrap_or_default();
                self.reasoning.push(&string_at(&delta, "thinking"));
                if let Some(open) = self.open.get_mut(&index) {
                    open.grow(&delta, parts)?;
                }
            }
            "content_block_stop" => {
                if let Some(open) = self.open.remove(&index) {
                    open.end(parts)?;
                }
            }
            "message_stop" => return Ok(Flow::Over),
            _ => {}
        }
        Ok(Flow::On)
    }

    fn document(
        &mut self,
        document: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        for block in document.objects("content") {
            if let Some(open) = self.begin(&block, parts)? {
                open.end(parts)?;
            }
        }
        Ok(())
    }
}

impl Reader {
    /// `None` for blocks that the client does not receive: thinking, and tools that the provider executed.
    fn begin(
        &mut self,
        block: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Option<Open>, UntranslatableResponse> {
        let name = block.text("type").unwrap_or_default();
        let (kind, start_input) = match block_kind(&name) {
            Block::Text if name == "text" => (Kind::Text, None),
            Block::Tool => {
                let call = Call {
                    id: block.text("id").unwrap_or_default(),
                    name: block.text("name").unwrap_or_default(),
                    namespace: None,
                    input: Input::Json,
                    signature: self.reasoning.take(),
                };
                // Truncated arguments are not an object: some servers send their text.
                let empty = block.object("input").is_some_and(|input| input.is_empty());
                let start_input = block.non_null("input").filter(|_| !empty);
                let text = block.text("input");
                (Kind::Call(call), text.or(start_input.map(str::to_owned)))
            }
            Block::Thinking => {
                self.reasoning.push(&string_at(block, "thinking"));
                return Ok(None);
            }
            Block::ServerTool => return Ok(None),
            Block::CompleteAtStart if name.ends_with("_tool_result") => return Ok(None),
            Block::Text | Block::CompleteAtStart => {
                return Err(unsayable(format!("a `{name}` block")));
            }
        };
        let text = kind == Kind::Text;
        let key = parts.begin(kind, Lasts::UntilEnded)?;
        if text {
            parts.grow(key, &string_at(block, "text"))?;
        }
        Ok(Some(Open { key, start_input }))
    }
}

impl Open {
    fn grow(
        &mut self,
        delta: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        let text = match delta.text("type").as_deref() {
            Some("text_delta") => string_at(delta, "text"),
            Some("input_json_delta") => delta.text("partial_json").unwrap_or_default(),
            _ => return Ok(()),
        };
        if !text.is_empty() {
            self.start_input = None;
            parts.grow(self.key, &text)?;
        }
        Ok(())
    }

    fn end(self, parts: &mut Parts) -> Result<(), UntranslatableResponse> {
        if let Some(start_input) = self.start_input {
            parts.grow(self.key, &start_input)?;
        }
        parts.end(self.key)?;
        Ok(())
    }
}
