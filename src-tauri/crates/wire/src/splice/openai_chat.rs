use super::faults::{malformed, second_error};
use super::restart_line::apart;
use crate::CannotRestart;
use crate::fields::{Fields, array};
use crate::released_response::openai_chat::{Released as ReleasedChat, THINKING, is_empty};
use crate::sse::{self, Event};
use crate::validator::stop::ends;

#[derive(Debug)]
pub(super) struct Second {
    first: ReleasedChat,
    ended: bool,
    /// The second response contained thinking, which is removed. Some servers require that thinking together with a tool's
    /// result.
    thought: bool,
}

impl Second {
    /// Chat has no blocks to close: the restart line is part of the text.
    pub(super) fn open(first: ReleasedChat, restart_line: Option<&str>, out: &mut Vec<u8>) -> Self {
        let mut delta = Fields::default();
        if !first.role {
            delta.set("role", "assistant");
        }
        if let Some(restart_line) = restart_line {
            delta.set("content", apart(restart_line, first.has_text));
        }
        if !delta.is_empty() {
            first.chunk(0, &delta.to_string(), out);
        }
        Self {
            first,
            ended: false,
            thought: false,
        }
    }

    pub(super) fn event(
        &mut self,
        event: Event<'_>,
        forbids_tools: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), CannotRestart> {
        if self.ended || event.data.is_empty() {
            return Ok(());
        }
        if event.data.trim_ascii() == b"[DONE]" {
            self.ended = true;
            sse::write("", "[DONE]", out);
            return Ok(());
        }
        let mut chunk = Fields::read(event.data).map_err(|error| malformed(&error))?;
        if chunk.non_null("error").is_some() || event.name == "error" {
            return Err(second_error(chunk.non_null("error"), event.data));
        }
        // The id stays the same for the stream; the model is that of the second response.
        for (field, first) in [("id", &self.first.id), ("created", &self.first.created)] {
            if let Some(first) = first {
                chunk.set_raw(field, first.clone());
            }
        }
        let choices = chunk.objects("choices");
        let mut passed = Vec::new();
        for choice in choices.iter().cloned() {
            self.thought |= thinks(&choice);
            let forbids_tools = forbids_tools || (self.thought && !self.first.thought);
            passed.extend(continued(choice, forbids_tools)?);
        }
        let is_nothing_left = passed.is_empty() && !choices.is_empty();
        if is_nothing_left && chunk.non_null("usage").is_none() {
            return Ok(());
        }
        if chunk.non_null("choices").is_some() {
            chunk.set_raw("choices", array(passed.iter().map(String::as_str)));
        }
        sse::write("", &chunk.to_string(), out);
        Ok(())
    }
}

fn thinks(choice: &Fields<'_>) -> bool {
    let delta = choice.object("delta").unwrap_or_default();
    let has = |field: &str| delta.non_null(field).is_some_and(|json| !is_empty(json));
    let parts = delta.objects("content");
    let thinking = |part: &Fields<'_>| part.text("type").as_deref() == Some("thinking");
    THINKING.iter().any(|field| has(field)) || parts.iter().any(thinking)
}

/// `None`: nothing of this choice remains.
fn continued(mut choice: Fields<'_>, forbids_tools: bool) -> Result<Option<String>, CannotRestart> {
    if choice.number("index").unwrap_or_default() != 0 {
        return Err(CannotRestart::SeveralChoices);
    }
    let mut delta = choice.object("delta").unwrap_or_default();
    let calls = |field: &str| delta.non_null(field).is_some_and(|json| !is_empty(json));
    if forbids_tools && (calls("tool_calls") || calls("function_call")) {
        return Err(CannotRestart::ToolCallWithoutThinking);
    }
    // The first response has sent the role; OpenAI's Python library would join both to `assistantassistant`.
    delta.remove("role");
    for field in THINKING {
        delta.remove(field);
    }
    without_thinking_parts(&mut delta);
    let finished = choice
        .text("finish_reason")
        .is_some_and(|reason| ends(&reason));
    if delta.is_empty() && !finished {
        return Ok(None);
    }
    let delta = delta.to_string();
    choice.set_raw("delta", delta);
    Ok(Some(choice.to_string()))
}

/// Some servers send the content as a list of parts, which can include thinking.
fn without_thinking_parts(delta: &mut Fields<'_>) {
    let parts = delta.objects("content");
    if parts.is_empty() {
        return;
    }
    let kept = parts
        .iter()
        .filter(|part| part.text("type") != Some("thinking".to_owned()));
    let kept: Vec<String> = kept.map(ToString::to_string).collect();
    if kept.is_empty() {
        delta.remove("content");
    } else {
        let kept = array(kept.iter().map(String::as_str));
        delta.set_raw("content", kept);
    }
}
