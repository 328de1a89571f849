use serde_json::json;

use super::cannot_restart::CannotRestart;
use super::keep_alive::COMMENT;
use crate::fields::Fields;
use crate::sse::{self, Event};
use crate::validator::bounds::MOST_PARTS;
use crate::validator::stop::ends;

/// Fields with thinking in a delta. OpenAI's reference has none of them.
pub(crate) const THINKING: [&str; 3] = ["reasoning_content", "reasoning", "reasoning_details"];

/// The released part of a Chat response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Released {
    begun: bool,
    /// JSON texts of the fields that each chunk repeats.
    pub(crate) id: Option<String>,
    pub(crate) created: Option<String>,
    pub(crate) model: Option<String>,
    /// Indexes of the choices without a finish reason.
    open: Vec<u64>,
    several: bool,
    finished: bool,
    ended: bool,
    pub(crate) role: bool,
    pub(crate) has_text: bool,
    /// The client received thinking and then text.
    pub(crate) thought: bool,
    thinking: bool,
    refusing: bool,
    calling: bool,
    /// The field of content that is not text.
    media: Option<&'static str>,
}

impl Released {
    pub(super) fn event(&mut self, event: Event<'_>) -> Result<(), serde_json::Error> {
        if event.data.is_empty() {
            return Ok(());
        }
        if event.data.trim_ascii() == b"[DONE]" {
            (self.finished, self.ended) = (true, true);
            return Ok(());
        }
        let chunk = Fields::read(event.data)?;
        self.finished |= chunk.non_null("error").is_some() || event.name == "error";
        for (field, slot) in [
            ("id", &mut self.id),
            ("created", &mut self.created),
            ("model", &mut self.model),
        ] {
            if let Some(value) = chunk.non_null(field) {
                *slot = Some(value.to_owned());
            }
        }
        for choice in chunk.objects("choices") {
            self.begun = true;
            self.choice(&choice);
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Fields<'_>) {
        let index = choice.number("index").unwrap_or_default();
        self.several |= index != 0;
        if !self.open.contains(&index) && self.open.len() < MOST_PARTS {
            self.open.push(index);
        }
        if let Some(delta) = choice.object("delta") {
            self.delta(&delta);
        }
        if choice
            .text("finish_reason")
            .is_some_and(|reason| ends(&reason))
        {
            self.finished = true;
            self.open.retain(|open| *open != index);
        }
    }

    fn delta(&mut self, delta: &Fields<'_>) {
        let has = |field: &str| delta.non_null(field).is_some_and(|json| !is_empty(json));
        self.role |= has("role");
        self.calling |= has("tool_calls") || has("function_call");
        self.refusing |= has("refusal");
        self.media = self
            .media
            .or_else(|| ["audio", "images"].into_iter().find(|field| has(field)));
        let parts = delta.objects("content");
        let thinks = |part: &Fields<'_>| part.text("type").as_deref() == Some("thinking");
        if THINKING.iter().any(|field| has(field)) || parts.iter().any(thinks) {
            self.thinking = true;
        }
        let text = match parts.as_slice() {
            [] => has("content"),
            parts => parts.iter().any(|part| !thinks(part)),
        };
        if text {
            self.has_text = true;
            self.thought |= self.thinking;
            self.thinking = false;
        }
    }

    /// A delta without fields: an empty `content` would change a null content to a text.
    pub(super) fn keep_alive(&self, out: &mut Vec<u8>) {
        if self.ended {
            return;
        }
        match self.open.first() {
            Some(index) => self.chunk(*index, "{}", out),
            None => out.extend_from_slice(COMMENT),
        }
    }

    /// Appends a chunk with this response's id and model.
    pub(crate) fn chunk(&self, index: u64, delta: &str, out: &mut Vec<u8>) {
        let mut chunk = Fields::default();
        if let Some(id) = &self.id {
            chunk.set_raw("id", id.clone());
        }
        chunk.set("object", "chat.completion.chunk");
        for (field, value) in [("created", &self.created), ("model", &self.model)] {
            if let Some(value) = value {
                chunk.set_raw(field, value.clone());
            }
        }
        let mut choice = Fields::default();
        choice.set("index", index);
        choice.set_raw("delta", delta.to_owned());
        choice.set("finish_reason", json!(null));
        chunk.set_raw("choices", format!("[{choice}]"));
        sse::write("", &chunk.to_string(), out);
    }

    pub(super) fn can_restart(&self) -> Result<(), CannotRestart> {
        if self.finished {
            return Err(CannotRestart::Ended);
        }
        if !self.begun {
            return Err(CannotRestart::NothingReleased);
        }
        if self.several {
            return Err(CannotRestart::SeveralChoices);
        }
        if self.calling {
            return Err(CannotRestart::ToolCallBegun);
        }
        if self.refusing {
            return Err(CannotRestart::Refusing);
        }
        if let Some(field) = self.media {
            return Err(CannotRestart::WithinBlock(field.to_owned()));
        }
        if self.thinking {
            return Err(CannotRestart::WithinThinking);
        }
        Ok(())
    }
}

/// An empty text, list or object, which some servers send for an absent value.
pub(crate) fn is_empty(json: &str) -> bool {
    matches!(json, r#""""# | "[]" | "{}")
}
