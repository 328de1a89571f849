//! OpenAI Chat Completions (public API reference: "Chat Completions", "Streaming events") and the variants of compatible
//! servers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::bounds::MOST_PARTS;
use super::fault::{error_event, malformed};
use super::foreign::json_instead;
use super::lenient::{Count, Few, Size, Str, Word};
use super::shown::{Shown, too_many};
use super::stop::{Stop, Stopped};
use super::usage::{Observed, OpenAiUsage};
use crate::json::Json;
use crate::sse::Event;
use crate::{Broken, Completion, StepKind};

#[derive(Debug, Default)]
pub(super) struct Stream {
    choices: BTreeMap<u64, Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    stopped: Stopped,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    name: String,
    /// `None`: free text of a custom tool, which is always valid.
    arguments: Option<Json>,
}

impl Stream {
    pub(super) fn event(
        &mut self,
        event: Event<'_>,
        shown: &mut Shown,
    ) -> Result<StepKind, Broken> {
        if event.data.is_empty() {
            return Ok(StepKind::NoProgress);
        }
        // Only as the document event: in a text or an argument `[DONE]` has no meaning.
        if event.data.trim_ascii() == b"[DONE]" {
            return Ok(StepKind::Terminal);
        }
        let chunk: Chunk<'_> = serde_json::from_slice(event.data).map_err(|e| malformed(&e))?;
        usage([&chunk.x_groq.0.usage, &chunk.usage], shown);
        shown.service_tier(chunk.service_tier.0.as_deref());
        if chunk.error.is_some() || event.name == "error" {
            // OpenRouter sends `finish_reason: "error"` with an error in a stream ("Errors and Debugging") and bills by it.
            for choice in chunk.choices.into_iter().flat_map(|Few(choices)| choices) {
                let reason = choice.finish_reason.0.unwrap_or_default();
                if Stopped::default().at(&reason) {
                    shown.stopped(&reason);
                }
            }
            return Err(error_event(chunk.error, event.data));
        }
        shown.identity(chunk.id.as_deref(), chunk.model.as_deref());
        let Some(Few(choices)) = chunk.choices else {
            return Ok(StepKind::NoProgress);
        };
        let mut step = StepKind::Lifecycle;
        for choice in choices {
            step = weightier(step, self.choice(choice, shown)?);
        }
        Ok(step)
    }

    /// `None` until every choice has a finish reason. `ended`: the terminal event arrived.
    pub(super) fn verdict(&self, ended: bool, shown: &Shown) -> Option<Completion> {
        let stops = self.choices.values().map(|choice| choice.stopped.by(ended));
        let stops: Option<Vec<Stop>> = stops.collect();
        let stops = stops.filter(|stops| !stops.is_empty())?;
        Some(overall(&stops, shown))
    }

    fn choice(&mut self, received: ChoiceChunk<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let index = received.index.or_zero();
        if self.choices.len() == MOST_PARTS && !self.choices.contains_key(&index) {
            return Err(too_many("choices"));
        }
        let choice = self.choices.entry(index).or_default();
        let mut step = StepKind::Lifecycle;
        if let Some(delta) = received.delta {
            if delta.show(shown) {
                step = StepKind::Content;
            }
            let legacy = delta.function_call.map(CallDelta::legacy);
            for call in delta
                .tool_calls
                .unwrap_or_default()
                .0
                .into_iter()
                .chain(legacy)
            {
                step = weightier(step, choice.grow(call, shown)?);
            }
        }
        if matches!(step, StepKind::Content | StepKind::ToolClose)
            && choice.stopped.discard_unknown()
        {
            shown.discard_stop();
        }
        if let Some(reason) = &received.finish_reason.0
            && choice.stopped.at(reason)
        {
            shown.stopped(reason);
            for call in &choice.calls {
                call.check(shown);
            }
        }
        usage([&received.usage], shown);
        Ok(step)
    }
}

impl Choice {
    fn grow(&mut self, delta: CallDelta<'_>, shown: &mut Shown) -> Result<StepKind, Broken> {
        let index = delta.index.or_zero();
        let id = delta.id.as_deref().unwrap_or_default();
        let free_text = delta.custom.is_some();
        let function = delta.function.or(delta.custom).unwrap_or_default();
        let name = function.name.as_deref().unwrap_or_default();
        // Some servers give every call the index 0; only the id differs.
        let known = self.calls.iter().rposition(|call| {
            call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id)
        });
        let at = match known {
            Some(at) => at,
            None => {
                shown.follow_call()?;
                shown.tool(id, name)?;
                self.calls.push(Call {
                    index,
                    id: shown.kept(id)?,
                    name: shown.kept(name)?,
                    arguments: (!free_text).then(Json::default),
                });
                self.calls.len() - 1
            }
        };
        let call = &mut self.calls[at];
        if let Some(input) = function.input {
            // For an input that is not a string, only its size counts.
            match serde_json::from_str::<Str<'_>>(input.get()) {
                Ok(text) => shown.arguments(&call.id, &text),
                Err(_) => shown.argument_bytes(size(input)),
            }
            if size(input) > 0 {
                return Ok(StepKind::Content);
            }
        }
        let (Some(json), Some(text)) = (&mut call.arguments, &function.arguments) else {
            return Ok(StepKind::Lifecycle);
        };
        if text.is_empty() {
            return Ok(StepKind::Lifecycle);
        }
        let before = json.is_complete_object();
        json.push(text);
        shown.arguments(&call.id, text);
        Ok(if json.is_complete_object() && !before {
            shown.tool_closed(&call.id);
            StepKind::ToolClose
        } else {
            StepKind::Content
        })
    }
}

impl Call {
    /// A call without arguments has `{}` or an empty text, depending on the server. Both are valid.
    fn check(&self, shown: &mut Shown) {
        if let Some(json) = &self.arguments
            && !json.is_empty()
            && !json.is_complete()
        {
            shown.invalid_tool(&self.name);
        }
    }
}

/// The more important kind of one event with several parts.
fn weightier(a: StepKind, b: StepKind) -> StepKind {
    let weight = |kind| match kind {
        StepKind::ToolClose => 2,
        StepKind::Content => 1,
        StepKind::NoProgress
        | StepKind::Lifecycle
        | StepKind::Close
        | StepKind::SemanticEnd
        | StepKind::Terminal
        | StepKind::Error => 0,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// The verdict on a response with several choices is that on the worst choice.
fn overall(stops: &[Stop], shown: &Shown) -> Completion {
    const WORST_FIRST: [Stop; 5] = [
        Stop::Failed,
        Stop::Truncated,
        Stop::Unknown,
        Stop::Refused,
        Stop::Continues,
    ];
    let worst = WORST_FIRST.into_iter().find(|stop| stops.contains(stop));
    shown.conclude(worst.unwrap_or(Stop::Clean))
}

/// Later usage objects replace earlier ones.
fn usage<const N: usize>(places: [&Observed<OpenAiUsage>; N], shown: &mut Shown) {
    for received in places {
        shown.usage(received.0.counts(), false);
    }
}

pub(super) fn document(body: &[u8], shown: &mut Shown) -> Result<Completion, Broken> {
    let response: Document<'_> = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let (None, Some(Few(choices))) = (&response.error, response.choices) else {
        return Err(json_instead(body));
    };
    shown.identity(response.id.as_deref(), response.model.as_deref());
    for choice in &choices {
        usage([&choice.usage], shown);
    }
    usage([&response.x_groq.0.usage, &response.usage], shown);
    shown.service_tier(response.service_tier.0.as_deref());
    let mut stops = Vec::new();
    for choice in choices {
        if let Some(message) = choice.message {
            message.show(shown);
            let mut calls = Choice::default();
            let legacy = message.function_call.map(CallDelta::legacy);
            let received = message.tool_calls.unwrap_or_default();
            for (index, mut call) in received.0.into_iter().chain(legacy).enumerate() {
                call.index = Count(Some(index as u64));
                calls.grow(call, shown)?;
            }
            for call in &calls.calls {
                call.check(shown);
            }
        }
        let reason = choice.finish_reason.0.unwrap_or_default();
        let mut stopped = Stopped::default();
        if stopped.at(&reason) {
            shown.stopped(&reason);
        }
        stops.push(stopped.by(true).ok_or(Broken::NoStopReason)?);
    }
    if stops.is_empty() {
        return Err(Broken::NoStopReason);
    }
    Ok(overall(&stops, shown))
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow)]
    choices: Option<Few<ChoiceChunk<'a>>>,
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
    #[serde(default)]
    x_groq: Observed<XGroq>,
    #[serde(default)]
    service_tier: Observed<Option<String>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ChoiceChunk<'a> {
    #[serde(default)]
    index: Count,
    #[serde(borrow)]
    delta: Option<Message<'a>>,
    #[serde(borrow, default)]
    finish_reason: Word<'a>,
    /// The place of usage in Moonshot's streams.
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
}

/// The place of usage in Groq's streams ("Text chat", `x_groq`).
#[derive(Default, Deserialize)]
struct XGroq {
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow)]
    choices: Option<Few<DocumentChoice<'a>>>,
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
    #[serde(default)]
    x_groq: Observed<XGroq>,
    #[serde(default)]
    service_tier: Observed<Option<String>>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct DocumentChoice<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    finish_reason: Word<'a>,
    #[serde(default)]
    usage: Observed<OpenAiUsage>,
}

/// A message or a delta.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(default)]
    content: Size,
    #[serde(default)]
    refusal: Size,
    /// Thinking. Servers use this name or `reasoning`, never both.
    #[serde(default)]
    reasoning_content: Size,
    #[serde(default)]
    reasoning: Size,
    audio: Option<IgnoredAny>,
    images: Option<IgnoredAny>,
    #[serde(borrow)]
    tool_calls: Option<Few<CallDelta<'a>>>,
    #[serde(borrow)]
    function_call: Option<Function<'a>>,
}

impl Message<'_> {
    /// Counts the content of a part; true if there is any.
    fn show(&self, shown: &mut Shown) -> bool {
        let thinking = self.reasoning_content.0 + self.reasoning.0;
        let media = self.audio.is_some() || self.images.is_some();
        shown.text(self.content.0);
        shown.refusal(self.refusal.0);
        shown.thinking(thinking);
        shown.actionable |= media;
        media || self.content.0 + self.refusal.0 + thinking > 0
    }
}

#[derive(Deserialize)]
struct CallDelta<'a> {
    #[serde(default)]
    index: Count,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
    #[serde(borrow)]
    custom: Option<Function<'a>>,
}

impl<'a> CallDelta<'a> {
    /// The older API had one call, `function_call`.
    fn legacy(function: Function<'a>) -> Self {
        Self {
            index: Count(None),
            id: None,
            function: Some(function),
            custom: None,
        }
    }
}

fn size(raw: &RawValue) -> u64 {
    serde_json::from_str::<Size>(raw.get()).map_or(0, |size| size.0)
}

#[derive(Default, Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    arguments: Option<Str<'a>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}
