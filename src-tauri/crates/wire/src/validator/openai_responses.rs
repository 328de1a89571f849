//! OpenAI Responses (public API reference: "Responses", "Streaming events").

mod incomplete;
pub(crate) mod item;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::bounds::MOST_PARTS;
use super::fault::{error_event, malformed};
use super::foreign::json_instead;
use super::lenient::{Count, Few, Size, Str, Word};
use super::shown::{Shown, too_many};
use super::stop::{Stop, stop};
use super::usage::{Observed, OpenAiUsage};
use crate::sse::Event;
use crate::{Broken, Completion, StepKind};
use incomplete::IncompleteDetails;
use item::{Counted, Item};

/// The effect of an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Lifecycle,
    Text,
    Refusal,
    Thinking,
    /// Arguments of a client's tool or a server tool.
    Arguments,
    /// Content that is not text: sound, parts of an image.
    Other,
    Close,
    ItemAdded,
    ItemDone,
    /// The arguments of a call have ended.
    CallDone,
    Ended,
    Failed,
    Error,
}

const EVENTS: &[(&str, Act)] = &[
    ("response.output_text.delta", Act::Text),
    ("response.function_call_arguments.delta", Act::Arguments),
    ("response.custom_tool_call_input.delta", Act::Arguments),
    ("response.reasoning_summary_text.delta", Act::Thinking),
    ("response.reasoning_text.delta", Act::Thinking),
    ("response.refusal.delta", Act::Refusal),
    ("response.created", Act::Lifecycle),
    ("response.queued", Act::Lifecycle),
    ("response.in_progress", Act::Lifecycle),
    ("response.output_item.added", Act::ItemAdded),
    ("response.output_item.done", Act::ItemDone),
    ("response.content_part.added", Act::Lifecycle),
    ("response.content_part.done", Act::Close),
    ("response.output_text.done", Act::Close),
    ("response.output_text.annotation.added", Act::Lifecycle),
    ("response.refusal.done", Act::Close),
    ("response.reasoning_summary_part.added", Act::Lifecycle),
    ("response.reasoning_summary_part.done", Act::Close),
    ("response.reasoning_summary_text.done", Act::Close),
    ("response.reasoning_text.done", Act::Close),
    ("response.audio.done", Act::Close),
    ("response.audio.transcript.done", Act::Close),
    ("response.image_generation_call.partial_image", Act::Other),
    ("response.completed", Act::Ended),
    ("response.incomplete", Act::Ended),
    ("response.failed", Act::Failed),
    ("response.cancelled", Act::Failed),
    ("error", Act::Error),
];

/// `None`: the type is unknown and counts as noise.
fn act(name: &str) -> Option<Act> {
    let known = EVENTS.iter().find(|(word, _)| *word == name);
    if let Some((_, act)) = known {
        return Some(*act);
    }
    // New tools may be missing in the table: their deltas are content, and clients may wait for their end.
    let tool = name.strip_prefix("response.")?;
    if tool.ends_with(".delta") {
        Some(if tool.contains("_call") {
            Act::Arguments
        } else {
            Act::Other
        })
    } else if tool.ends_with(".done") {
        Some(Act::CallDone)
    } else {
        tool.contains("_call.").then_some(Act::Lifecycle)
    }
}

#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Open items, by output index.
    open: BTreeMap<u64, Open>,
    /// The stop reason from the terminal event.
    stop: Option<Stop>,
    /// The last `sequence_number`.
    pub(super) sequence: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    executable: bool,
    /// At least one delta had arguments.
    has_deltas: bool,
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
        if let Some(sequence) = data.sequence_number.0 {
            self.sequence = self.sequence.max(Some(sequence));
        }
        let name = data.kind.as_deref().unwrap_or(event.name);
        let act = match &data.kind {
            None if data.error.is_some() => Some(Act::Error),
            _ => act(name),
        };
        let Some(act) = act else {
            return Ok(StepKind::NoProgress);
        };
        if let Some(response) = &data.response {
            shown.identity(response.id.as_deref(), response.model.as_deref());
        }
        match act {
            Act::Lifecycle => Ok(StepKind::Lifecycle),
            Act::Text | Act::Refusal | Act::Thinking | Act::Arguments | Act::Other => {
                Ok(self.grow(act, &data, shown))
            }
            Act::Close => Ok(StepKind::Close),
            Act::ItemAdded => self.open(data, shown),
            Act::CallDone => Ok(self.closing(data.output_index)),
            Act::ItemDone => self.close(data, shown),
            Act::Ended => {
                let status = name.strip_prefix("response.").unwrap_or(name).to_owned();
                self.end(&status, data.response, event.data, shown)
            }
            Act::Failed => {
                let response = data.response.unwrap_or_default();
                if let Some(status) = response.stop_status() {
                    shown.stopped(status);
                }
                shown.usage(response.usage.0.counts(), false);
                shown.service_tier(response.service_tier.0.as_deref());
                Err(error_event(response.error, event.data))
            }
            Act::Error => Err(error_event(data.error, event.data)),
        }
    }

    /// `None` before the terminal event, which is also the semantic end.
    pub(super) fn verdict(&self, shown: &Shown) -> Option<Completion> {
        let stop = self.stop?;
        let finished = match stop {
            Stop::Clean | Stop::Continues | Stop::Unknown => true,
            Stop::Pending | Stop::Truncated | Stop::Refused | Stop::Failed => false,
        };
        // Clients silently drop a call without an end.
        let open = finished && self.open.values().any(|item| item.executable);
        Some(if open {
            Completion::Broken(Broken::OpenBlock)
        } else {
            shown.conclude(stop)
        })
    }

    fn open(&mut self, data: Data<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let (Some(index), Some(item)) = (data.output_index, data.item) else {
            return Ok(StepKind::Lifecycle);
        };
        if self.open.len() == MOST_PARTS {
            return Err(too_many("open items"));
        }
        let open = Open {
            executable: item.is_executable(),
            has_deltas: false,
        };
        self.open.insert(index, open);
        if item.is_executable() {
            shown.tool(item.call_id(), item.name())?;
        }
        Ok(StepKind::Lifecycle)
    }

    /// The step for the end of an item or of its arguments. An item without a start event can be a client's tool.
    fn closing(&self, index: Option<u64>) -> StepKind {
        match index.and_then(|index| self.open.get(&index)) {
            Some(Open {
                executable: false, ..
            }) => StepKind::Close,
            Some(_) | None => StepKind::ToolClose,
        }
    }

    fn close(&mut self, data: Data<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let step = match &data.item {
            Some(item) if item.is_executable() => StepKind::ToolClose,
            Some(_) => StepKind::Close,
            None => self.closing(data.output_index),
        };
        let open = data.output_index.and_then(|index| self.open.remove(&index));
        if let Some(item) = data.item {
            let new = item.show(Counted::so_far(shown), shown)?;
            if item.is_executable() {
                if let (Some(open), false) = (open, new) {
                    item.report_arguments(open.has_deltas, shown);
                }
                shown.tool_closed(item.call_id());
            }
        }
        Ok(step)
    }

    fn grow(&mut self, act: Act, data: &Data<'_>, shown: &mut Shown) -> StepKind {
        let delta_bytes = data.delta.0 + data.partial_image_b64.0;
        match act {
            Act::Text => shown.text(delta_bytes),
            Act::Refusal => shown.refusal(delta_bytes),
            Act::Thinking => shown.thinking(delta_bytes),
            Act::Arguments => {
                shown.argument_bytes(delta_bytes);
                let item = data
                    .output_index
                    .and_then(|index| self.open.get_mut(&index));
                if let Some(item) = item {
                    item.has_deltas |= delta_bytes > 0;
                }
            }
            Act::Lifecycle
            | Act::Other
            | Act::Close
            | Act::ItemAdded
            | Act::ItemDone
            | Act::CallDone
            | Act::Ended
            | Act::Failed
            | Act::Error => {}
        }
        if delta_bytes > 0 {
            StepKind::Content
        } else {
            StepKind::NoProgress
        }
    }

    /// The status in the response object replaces that in the event's name (`named`): vLLM named every end `response.completed`
    /// (vllm-project/vllm#45386).
    fn end(
        &mut self,
        named: &str,
        response: Option<Response<'_>>,
        event: &[u8],
        shown: &mut Shown,
    ) -> Result<StepKind, Broken> {
        let response = response.unwrap_or_default();
        let stop = response.show(named, Counted::so_far(shown), shown)?;
        // A client cannot poll a stream that has ended.
        self.stop = Some(match stop {
            Stop::Pending => Stop::Unknown,
            Stop::Clean
            | Stop::Continues
            | Stop::Truncated
            | Stop::Refused
            | Stop::Failed
            | Stop::Unknown => stop,
        });
        match (stop, response.error) {
            (Stop::Failed, Some(error)) => Err(error_event(Some(error), event)),
            _ => Ok(StepKind::Terminal),
        }
    }
}

/// An event of an unknown type can have any fields; it must only be JSON.
fn unread(event: Event<'_>, error: &serde_json::Error) -> Result<StepKind, Broken> {
    let known: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
    super::fault::unknown_type(event, &known, error)
}

pub(super) fn document(body: &[u8], shown: &mut Shown) -> Result<Completion, Broken> {
    let response: Response<'_> = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let Some(status) = response.stop_status().map(str::to_owned) else {
        // A document without `output` is not a response.
        return Err(match (&response.output, response.error) {
            (Some(_), None) => Broken::NoStopReason,
            _ => json_instead(body),
        });
    };
    if let (Some(error), Some(Stop::Failed)) = (response.error, stop(&status)) {
        return Err(error_event(Some(error), body));
    }
    shown.identity(response.id.as_deref(), response.model.as_deref());
    let stop = response.show(&status, Counted::default(), shown)?;
    Ok(shown.conclude(stop))
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(default)]
    sequence_number: Count,
    output_index: Option<u64>,
    #[serde(default)]
    delta: Size,
    #[serde(default)]
    partial_image_b64: Size,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow, default)]
    status: Word<'a>,
    #[serde(borrow)]
    output: Option<Few<Item<'a>>>,
    #[serde(borrow, default)]
    incomplete_details: IncompleteDetails<'a>,
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
    #[serde(default)]
    service_tier: Observed<Option<String>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Response<'_> {
    /// The status, if it is a stop reason.
    fn stop_status(&self) -> Option<&str> {
        self.status
            .0
            .as_deref()
            .filter(|status| stop(status).is_some())
    }

    /// Counts the content of a response object. After a stream, most of it is counted already. `named`: the status if the
    /// object has none.
    fn show(&self, named: &str, counted: Counted, shown: &mut Shown) -> Result<Stop, Broken> {
        let status = self.stop_status().unwrap_or(named);
        let known = stop(status).unwrap_or(Stop::Unknown);
        let reason = self.incomplete_details.reason.0.as_deref();
        // The reason is more specific than `incomplete`, and never means success.
        let more = reason.and_then(|reason| match (known, stop(reason)?) {
            (
                Stop::Truncated | Stop::Clean,
                stop @ (Stop::Truncated | Stop::Refused | Stop::Failed),
            ) => Some((reason, stop)),
            (Stop::Truncated, _) => Some((reason, known)),
            _ => None,
        });
        let (reason, stop) = more.unwrap_or((status, known));
        shown.stopped(reason);
        shown.usage(self.usage.0.counts(), false);
        shown.service_tier(self.service_tier.0.as_deref());
        for item in self.output.iter().flat_map(|items| &items.0) {
            item.show(counted, shown)?;
        }
        Ok(stop)
    }
}
