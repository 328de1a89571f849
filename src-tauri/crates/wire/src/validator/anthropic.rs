//! Anthropic Messages (public docs: "Streaming messages", "Handling stop reasons", "Errors").

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::bounds::MOST_PARTS;
use super::fault::{error_event, malformed};
use super::foreign::json_instead;
use super::lenient::{Few, Size, Str, Word};
use super::shown::{Shown, too_many};
use super::stop::{Stopped, stop};
use super::usage::{MessagesUsage, Observed};
use crate::json::Json;
use crate::sse::Event;
use crate::{Broken, Completion, StepKind};

/// The role of a content block for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Text,
    /// Thinking, on which a client cannot act.
    Thinking,
    /// A tool that the client executes.
    Tool,
    /// A tool that the provider executes. Its input streams like that of a client's tool.
    ServerTool,
    /// The start event has the complete block: results of server tools, unknown kinds.
    CompleteAtStart,
}

const BLOCKS: &[(&str, Block)] = &[
    ("text", Block::Text),
    ("compaction", Block::Text),
    ("thinking", Block::Thinking),
    ("redacted_thinking", Block::Thinking),
    ("tool_use", Block::Tool),
    ("server_tool_use", Block::ServerTool),
    ("mcp_tool_use", Block::ServerTool),
];

pub fn block_kind(name: &str) -> Block {
    BLOCKS
        .iter()
        .find(|(word, _)| *word == name)
        .map_or(Block::CompleteAtStart, |(_, kind)| *kind)
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    begun: bool,
    open: BTreeMap<u64, Open>,
    stopped: Stopped,
}

#[derive(Debug)]
struct Open {
    kind: Block,
    id: String,
    name: String,
    input: Json,
}

impl Stream {
    pub(super) fn event(
        &mut self,
        event: Event<'_>,
        shown: &mut Shown,
    ) -> Result<StepKind, Broken> {
        // Some compatible servers send Chat's `[DONE]` in this dialect too.
        if event.data.is_empty() || event.data == b"[DONE]" {
            return Ok(StepKind::NoProgress);
        }
        let data: Data<'_> = match serde_json::from_slice(event.data) {
            Ok(data) => data,
            Err(error) => return unread(event, &error),
        };
        match data.kind.as_deref().unwrap_or(event.name) {
            "message_start" => self.begin(data, shown),
            "content_block_start" => self.open(data, shown),
            "content_block_delta" => self.grow(data, shown),
            "content_block_stop" => Ok(self.close(data.index, shown)),
            "message_delta" => Ok(self.stop(data, shown)),
            "message_stop" => {
                usage(&data.usage, shown);
                Ok(StepKind::Terminal)
            }
            "error" => Err(error_event(data.error, event.data)),
            _ if data.kind.is_none() && data.error.is_some() => {
                Err(error_event(data.error, event.data))
            }
            _ => Ok(StepKind::NoProgress),
        }
    }

    /// `None` until there is a stop reason. `ended`: the terminal event arrived.
    pub(super) fn verdict(&self, ended: bool, shown: &Shown) -> Option<Completion> {
        let stop = self.stopped.by(ended)?;
        if self.open.is_empty() {
            Some(shown.conclude(stop))
        } else {
            Some(Completion::Broken(Broken::OpenBlock))
        }
    }

    fn stop(&mut self, data: Data<'_>, shown: &mut Shown) -> StepKind {
        let delta = data.delta.unwrap_or_default();
        if let Some(reason) = &delta.stop_reason.0
            && self.stopped.at(reason)
        {
            shown.stopped(reason);
        }
        usage(&delta.usage, shown);
        usage(&data.usage, shown);
        StepKind::Lifecycle
    }

    fn begin(&mut self, data: Data<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        if self.begun {
            return Err(Broken::Malformed("a second message_start".to_owned()));
        }
        self.begun = true;
        if let Some(message) = data.message {
            shown.identity(message.id.as_deref(), message.model.as_deref());
            usage(&message.usage, shown);
        }
        Ok(StepKind::Lifecycle)
    }

    fn open(&mut self, data: Data<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let (Some(index), Some(block), true) = (data.index, data.content_block, self.begun) else {
            return Err(Broken::Malformed(
                "content_block_start out of place".to_owned(),
            ));
        };
        if self.open.len() == MOST_PARTS {
            return Err(too_many("open blocks"));
        }
        if self.stopped.discard_unknown() {
            shown.discard_stop();
        }
        let kind = block.show(shown)?;
        if let Some(input) = block.start_input() {
            block.report_input(input, kind, shown);
        }
        let at_start = match kind {
            Block::Text | Block::Thinking => block.has_content(),
            Block::Tool | Block::ServerTool => false,
            Block::CompleteAtStart => true,
        };
        let text = |text: &Option<Str<'_>>, shown: &mut Shown| match text {
            Some(text) => shown.kept(text),
            None => Ok(String::new()),
        };
        let (id, name) = match kind {
            Block::Tool => (text(&block.id, shown)?, text(&block.name, shown)?),
            Block::ServerTool => (String::new(), text(&block.name, shown)?),
            Block::Text | Block::Thinking | Block::CompleteAtStart => {
                (String::new(), String::new())
            }
        };
        let open = Open {
            kind,
            id,
            name,
            input: Json::default(),
        };
        self.open.insert(index, open);
        Ok(if at_start {
            StepKind::Content
        } else {
            StepKind::Lifecycle
        })
    }

    fn grow(&mut self, data: Data<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let open = data.index.and_then(|index| self.open.get_mut(&index));
        let (Some(open), Some(delta)) = (open, data.delta) else {
            return Err(Broken::Malformed(
                "a content_block_delta for a block that is not open".to_owned(),
            ));
        };
        let mut at_start = delta.text.0 + delta.content.0 + delta.thinking.0 + delta.signature.0;
        shown.text(delta.text.0 + delta.content.0);
        shown.thinking(delta.thinking.0);
        if let Some(json) = &delta.partial_json {
            open.input.push(json);
            match open.kind {
                Block::Tool => shown.arguments(&open.id, json),
                Block::Text | Block::Thinking | Block::ServerTool | Block::CompleteAtStart => {
                    shown.argument_bytes(json.len() as u64)
                }
            }
            at_start += json.len() as u64;
        }
        Ok(match delta.kind.as_deref() {
            Some("citations_delta") => StepKind::Content,
            _ if at_start > 0 => StepKind::Content,
            _ => StepKind::NoProgress,
        })
    }

    fn close(&mut self, index: Option<u64>, shown: &mut Shown) -> StepKind {
        let Some(open) = index.and_then(|index| self.open.remove(&index)) else {
            return StepKind::NoProgress;
        };
        // A tool without arguments can have no input.
        if !(open.input.is_empty() || open.input.is_complete()) {
            shown.invalid_tool(&open.name);
        }
        match open.kind {
            Block::Tool => {
                shown.tool_closed(&open.id);
                StepKind::ToolClose
            }
            Block::Text | Block::Thinking | Block::ServerTool | Block::CompleteAtStart => {
                StepKind::Close
            }
        }
    }
}

fn usage(observed: &Observed<MessagesUsage>, shown: &mut Shown) {
    shown.usage(observed.0.counts(), true);
    shown.service_tier(observed.0.service_tier.0.as_deref());
}

/// An event of an unknown type can have any fields; it must only be JSON.
fn unread(event: Event<'_>, error: &serde_json::Error) -> Result<StepKind, Broken> {
    const KNOWN: &[&str] = &[
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    ];
    super::fault::unknown_type(event, KNOWN, error)
}

pub(super) fn document(body: &[u8], shown: &mut Shown) -> Result<Completion, Broken> {
    let message: Document<'_> = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    if message.error.is_some() || message.kind.as_deref() == Some("error") {
        return Err(json_instead(body));
    }
    let Some(Few(content)) = message.content else {
        return Err(json_instead(body));
    };
    shown.identity(message.id.as_deref(), message.model.as_deref());
    usage(&message.usage, shown);
    for block in &content {
        let kind = block.show(shown)?;
        if let Some(input) = block.input {
            block.report_input(input, kind, shown);
        }
    }
    let reason = message.stop_reason.0.unwrap_or_default();
    let stop = stop(&reason).ok_or(Broken::NoStopReason)?;
    shown.stopped(&reason);
    Ok(shown.conclude(stop))
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    index: Option<u64>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    content_block: Option<ContentBlock<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(default)]
    usage: Observed<MessagesUsage>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(default)]
    usage: Observed<MessagesUsage>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow)]
    content: Option<Few<ContentBlock<'a>>>,
    #[serde(borrow, default)]
    stop_reason: Word<'a>,
    #[serde(default)]
    usage: Observed<MessagesUsage>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ContentBlock<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(default)]
    text: Size,
    #[serde(default)]
    thinking: Size,
    /// Redacted thinking.
    #[serde(default)]
    data: Size,
    /// The text of a compaction block; other blocks have other content here.
    #[serde(default)]
    content: Size,
    /// A tool's input, as an object. In a stream it is empty here and arrives in deltas.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

impl ContentBlock<'_> {
    /// Counts the block's content.
    fn show(&self, shown: &mut Shown) -> Result<Block, Broken> {
        let kind = block_kind(&self.kind);
        match kind {
            Block::Text => shown.text(self.text.0 + self.content.0),
            Block::Thinking => shown.thinking(self.thinking.0 + self.data.0),
            Block::Tool => {
                let name = self.name.as_deref().unwrap_or_default();
                shown.tool(self.id.as_deref().unwrap_or_default(), name)?;
            }
            Block::ServerTool | Block::CompleteAtStart => shown.actionable = true,
        }
        Ok(kind)
    }

    /// The input in the start event of a block, from a server that sends no deltas.
    fn start_input(&self) -> Option<&RawValue> {
        let input = self.input?;
        let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'{' | b'}');
        (!input.get().as_bytes().iter().all(blank)).then_some(input)
    }

    fn report_input(&self, input: &RawValue, kind: Block, shown: &mut Shown) {
        match kind {
            Block::Tool => shown.arguments(self.id.as_deref().unwrap_or_default(), input.get()),
            Block::ServerTool => shown.argument_bytes(input.get().len() as u64),
            Block::Text | Block::Thinking | Block::CompleteAtStart => {}
        }
    }

    fn has_content(&self) -> bool {
        self.text.0 + self.content.0 + self.thinking.0 + self.data.0 > 0
    }
}

#[derive(Default, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(default)]
    text: Size,
    #[serde(default)]
    thinking: Size,
    #[serde(default)]
    signature: Size,
    /// The text of a compaction block.
    #[serde(default)]
    content: Size,
    #[serde(borrow)]
    partial_json: Option<Str<'a>>,
    #[serde(borrow, default)]
    stop_reason: Word<'a>,
    #[serde(default)]
    usage: Observed<MessagesUsage>,
}
