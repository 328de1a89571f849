use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::Broken;
use crate::validator::lenient::{Few, Size, Str};
use crate::validator::shown::Shown;

/// Items that end without the client running anything. Every other kind, known or not, is executable.
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

/// The content that deltas have counted already.
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
    /// Of a function call: JSON. Other kinds have objects here, or nothing.
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    /// Of a custom tool's call: free text.
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    /// Of a tool that is its own kind of item: an object.
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    content: Option<Few<Part>>,
    /// Of reasoning.
    #[serde(default)]
    summary: Size,
}

/// Does the client run an item of this kind?
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

    /// A tool that is its own kind of item (`local_shell_call`) has no other name.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// The arguments, as the client's own tool would receive them.
    fn told(&self) -> Cow<'_, str> {
        let raw = self.arguments.or(self.input).or(self.action);
        let raw = raw.map_or("", RawValue::get);
        match serde_json::from_str::<Str<'_>>(raw) {
            Ok(text) => Cow::Owned(text.0.into_owned()),
            Err(_) => Cow::Borrowed(raw),
        }
    }

    /// A call's arguments are complete. `counted`: their deltas were counted as they came.
    pub(super) fn show_arguments(&self, counted: bool, shown: &mut Shown) {
        let told = self.told();
        if !counted {
            shown.argument_bytes(told.len() as u64);
        }
        shown.keep_arguments(self.call_id(), &told);
    }

    /// Count what the item brings, where it has not been counted before. True: a call that had not been announced.
    pub(super) fn show(&self, counted: Counted, shown: &mut Shown) -> Result<bool, Broken> {
        if self.is_executable() {
            let new = shown.tool(self.call_id(), self.name())?;
            if new {
                self.show_arguments(false, shown);
            }
            if &*self.kind == "function_call" && !self.arguments_are_json() {
                shown.invalid_tool(self.name());
            }
            return Ok(new);
        }
        match &*self.kind {
            // Deltas have been counted as they came; a server without deltas gives its text here alone.
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

    /// Nothing at all is accepted as the arguments of a call without any.
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
