//! The rules of Messages. Wording and rules: Anthropic's API reference and the errors that its API returns.

use serde_json::Value;

use crate::request::list;
use crate::signature::sign;

/// A violation, with the vendor's text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("max_tokens: Field required")]
    NoMaxTokens,
    #[error("max_tokens: Input should be a valid integer greater than or equal to 1")]
    BadMaxTokens,
    #[error("messages: at least one message is required")]
    NoMessages,
    #[error("messages.{0}.role: Input should be 'user', 'assistant' or 'system'")]
    BadRole(usize),
    #[error("messages: first message must use the \"user\" role")]
    FirstNotUser,
    #[error(
        "This model does not support assistant message prefill. The conversation must end with a user message."
    )]
    Prefill,
    #[error(
        "messages.{0}.content: Input should be a non-empty string or a non-empty list of blocks"
    )]
    NoContent(usize),
    #[error("messages.{0}.content.{1}: Input tag '{2}' is not allowed in this role")]
    WrongPlace(usize, usize, String),
    #[error("messages.{0}.content.{1}: text content blocks must be non-empty")]
    EmptyText(usize, usize),
    #[error("messages.{0}.content.{1}.tool_use: id, name and an input object are required")]
    BadToolUse(usize, usize),
    #[error("messages.{0}.content.{1}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")]
    BadToolUseId(usize, usize),
    #[error("messages.{0}.content.{1}: `tool_use` ids must be unique")]
    DuplicateToolUse(usize, usize),
    #[error(
        "messages.{0}: `tool_use` ids were found without `tool_result` blocks immediately after: {1}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )]
    NoToolResult(usize, String),
    #[error(
        "messages.{0}.content.{1}: unexpected `tool_use_id` found in `tool_result` blocks: {2}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    )]
    UnexpectedToolResult(usize, usize, String),
    #[error("messages.{0}.content.{1}: `tool_result` blocks must come before all other content")]
    LateToolResult(usize, usize),
    #[error("messages.{0}.content.{1}: Invalid `signature` in `thinking` block")]
    BadSignature(usize, usize),
    #[error(
        "messages.{0}.content.0: If an assistant message contains any thinking blocks, the first block must be `thinking` or `redacted_thinking`. Found `{1}`."
    )]
    LateThinking(usize, String),
    #[error("messages.{0}: The final block in an assistant message cannot be `thinking`.")]
    ThinkingLast(usize),
    #[error(
        "messages.{0}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{1}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
    )]
    NoThinking(usize, String),
}

pub(crate) fn check(body: &Value) -> Result<(), Violation> {
    let limit = &body["max_tokens"];
    if limit.is_null() {
        return Err(Violation::NoMaxTokens);
    }
    if limit.as_u64().is_none_or(|limit| limit == 0) {
        return Err(Violation::BadMaxTokens);
    }
    // System messages are allowed between the turns; the order ignores them.
    let mut turns = Vec::new();
    for (at, message) in list(&body["messages"]).iter().enumerate() {
        match message["role"].as_str() {
            Some("user") => turns.push(Turn::new(at, true, message)?),
            Some("assistant") => turns.push(Turn::new(at, false, message)?),
            Some("system") => {}
            _ => return Err(Violation::BadRole(at)),
        }
    }
    match (turns.first(), turns.last()) {
        (Some(first), Some(last)) => {
            if !first.by_user {
                return Err(Violation::FirstNotUser);
            }
            if !last.by_user {
                return Err(Violation::Prefill);
            }
        }
        _ => return Err(Violation::NoMessages),
    }
    order(&turns)?;
    if body["thinking"]["type"] == "enabled" {
        thinking_before_tools(&turns)?;
    }
    Ok(())
}

/// One message by the user or the assistant.
struct Turn<'a> {
    at: usize,
    by_user: bool,
    blocks: &'a [Value],
}

impl<'a> Turn<'a> {
    fn new(at: usize, by_user: bool, message: &'a Value) -> Result<Self, Violation> {
        let blocks = match &message["content"] {
            Value::String(text) if !text.is_empty() => &[],
            Value::Array(blocks) if !blocks.is_empty() => blocks.as_slice(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => return Err(Violation::NoContent(at)),
        };
        for (index, block) in blocks.iter().enumerate() {
            check_block(at, index, by_user, block)?;
        }
        let thinks = |block: &Value| block["type"] == "thinking";
        if let (Some(first), Some(last)) = (blocks.first(), blocks.last()) {
            if blocks.iter().any(thinks) && !thinks(first) {
                let found = first["type"].as_str().unwrap_or_default();
                return Err(Violation::LateThinking(at, found.to_owned()));
            }
            if thinks(last) {
                return Err(Violation::ThinkingLast(at));
            }
        }
        Ok(Turn {
            at,
            by_user,
            blocks,
        })
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = (usize, &'a Value)> {
        let blocks = self.blocks.iter().enumerate();
        blocks.filter(move |(_, block)| block["type"] == *kind)
    }
}

fn check_block(at: usize, index: usize, by_user: bool, block: &Value) -> Result<(), Violation> {
    match (block["type"].as_str().unwrap_or_default(), by_user) {
        ("text", _) if block["text"].as_str().is_none_or(str::is_empty) => {
            Err(Violation::EmptyText(at, index))
        }
        ("thinking", false) => {
            let text = block["thinking"].as_str().unwrap_or_default();
            match block["signature"].as_str() {
                Some(signature) if signature == sign(text) => Ok(()),
                _ => Err(Violation::BadSignature(at, index)),
            }
        }
        // The stage never creates redacted thinking, so any such block is invalid.
        ("redacted_thinking", false) => Err(Violation::BadSignature(at, index)),
        ("tool_use", false) => {
            let id = block["id"].as_str().unwrap_or_default();
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let named = block["name"].as_str().is_some_and(|name| !name.is_empty());
            if block["id"].is_string() && (id.is_empty() || !id.chars().all(legal)) {
                return Err(Violation::BadToolUseId(at, index));
            }
            if id.is_empty() || !named || !block["input"].is_object() {
                return Err(Violation::BadToolUse(at, index));
            }
            Ok(())
        }
        ("thinking" | "redacted_thinking" | "tool_use", true) | ("tool_result", false) => {
            let kind = block["type"].as_str().unwrap_or_default();
            Err(Violation::WrongPlace(at, index, kind.to_owned()))
        }
        _ => Ok(()),
    }
}

/// The next message has a result for every tool call, and for no other call.
fn order(turns: &[Turn<'_>]) -> Result<(), Violation> {
    let mut open: Vec<&str> = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    let mut called_at = 0;
    let mut by_user_before = true;
    for turn in turns {
        if turn.by_user {
            for (index, result) in turn.of("tool_result") {
                let id = result["tool_use_id"].as_str().unwrap_or_default();
                let Some(place) = open.iter().position(|open| *open == id) else {
                    return Err(Violation::UnexpectedToolResult(
                        turn.at,
                        index,
                        id.to_owned(),
                    ));
                };
                open.swap_remove(place);
                let before = &turn.blocks[..index];
                if before.iter().any(|block| block["type"] != "tool_result") {
                    return Err(Violation::LateToolResult(turn.at, index));
                }
            }
        }
        let answers_the_assistant = turn.by_user && !by_user_before;
        if answers_the_assistant && !open.is_empty() {
            return Err(Violation::NoToolResult(called_at, open.join(", ")));
        }
        for (index, call) in turn.of("tool_use") {
            let id = call["id"].as_str().unwrap_or_default();
            if used.contains(&id) {
                return Err(Violation::DuplicateToolUse(turn.at, index));
            }
            used.push(id);
            open.push(id);
            called_at = turn.at;
        }
        by_user_before = turn.by_user;
    }
    Ok(())
}

/// During a tool loop, the assistant's turn must begin with thinking.
fn thinking_before_tools(turns: &[Turn<'_>]) -> Result<(), Violation> {
    let in_tool_loop = turns
        .last()
        .is_some_and(|last| last.of("tool_result").next().is_some());
    if !in_tool_loop {
        return Ok(());
    }
    let Some(last) = turns.iter().rev().find(|turn| !turn.by_user) else {
        return Ok(());
    };
    match last
        .blocks
        .first()
        .map(|block| block["type"].as_str().unwrap_or_default())
    {
        Some("thinking" | "redacted_thinking") | None => Ok(()),
        Some(other) => Err(Violation::NoThinking(last.at, other.to_owned())),
    }
}

#[cfg(test)]
mod tests;
