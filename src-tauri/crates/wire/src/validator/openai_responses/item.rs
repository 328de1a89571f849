use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::Broken;
use crate::validator::lenient::{Few, Size, Str};
use crate::validator::shown::Shown;

/// Items that no client executes. All other kinds, also unknown ones, count as executable.
const NOT_EXECUTABLE: &[&str] = &[
    "message",
    "reasoning",
    "compaction",
    "compaction_summary",
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
    "mcp_list_tools",
    "tool_search_output",
    "additional_tools",
];

/// The content that was counted from deltas.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    text: bool,
    thinking: bool,
}

impl Counted {
    pub(super) fn so_far(shown: &Shown) -> Self {
        Self {
            text: shown.report.text_bytes > 0,
            thinking: shown.report.thinking_bytes > 0,
        }
    }
}

/// One item of a response's output.
#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    call_id: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    /// Arguments of a function call, as JSON. Other kinds have objects or nothing here.
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    /// Input of a custom tool, as free text.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    /// Input of a tool with its own item type, as an object.
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    content: Option<Few<Part>>,
    /// The summary of a reasoning item.
    #[serde(default)]
    summary: Size,
}

/// The client executes items of this kind.
pub fn is_executable(kind: &str) -> bool {
    !NOT_EXECUTABLE.contains(&kind)
}

impl Item<'_> {
    pub(super) fn is_executable(&self) -> bool {
        is_executable(&self.kind)
    }

    pub(super) fn call_id(&self) -> &str {
        self.call_id
            .as_deref()
            .or(self.id.as_deref())
            .unwrap_or_default()
    }

    /// A tool with its own item type (`local_shell_call`) has no other name.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// The arguments as the client's tool receives them.
    fn input_text(&self) -> Cow<'_, str> {
        let raw = self.arguments.or(self.input).or(self.action);
        let raw = raw.map_or("", RawValue::get);
        match serde_json::from_str::<Str<'_>>(raw) {
            Ok(text) => Cow::Owned(text.0.into_owned()),
            Err(_) => Cow::Borrowed(raw),
        }
    }

    /// Reports the complete arguments of a call. `counted`: their deltas were counted.
    pub(super) fn report_arguments(&self, counted: bool, shown: &mut Shown) {
        let input_text = self.input_text();
        if !counted {
            shown.argument_bytes(input_text.len() as u64);
        }
        shown.keep_arguments(self.call_id(), &input_text);
    }

    /// Counts the item's content that was not counted before. True: a call without an earlier start event.
    pub(super) fn show(&self, counted: Counted, shown: &mut Shown) -> Result<bool, Broken> {
        if self.is_executable() {
            let new = shown.tool(self.call_id(), self.name())?;
            if new {
                self.report_arguments(false, shown);
            }
            if &*self.kind == "function_call" && !self.arguments_are_json() {
                shown.invalid_tool(self.name());
            }
            return Ok(new);
        }
        match &*self.kind {
            // Without deltas, the text is only here.
            "message" => {
                let parts = self.content.iter().flat_map(|parts| &parts.0);
                let (text, refusal) = parts.fold((0, 0), |(text, refusal), part| {
                    (text + part.text.0, refusal + part.refusal.0)
                });
                shown.refused |= refusal > 0;
                if !counted.text {
                    shown.text(text + refusal);
                }
            }
            "reasoning" if !counted.thinking => shown.thinking(self.summary.0),
            "reasoning" => {}
            _ => shown.actionable = true,
        }
        Ok(false)
    }

    /// An absent or empty text is valid for a call without arguments.
    fn arguments_are_json(&self) -> bool {
        let Some(raw) = self.arguments else {
            return true;
        };
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => text.is_empty() || serde_json::from_str::<IgnoredAny>(&text).is_ok(),
            Err(_) => true,
        }
    }
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: Size,
    #[serde(default)]
    refusal: Size,
}
