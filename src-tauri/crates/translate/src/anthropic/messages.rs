use catalog::Effort;

use super::DIALECT;
use super::config::read_stated;
use super::parts::{CACHE_MARK, read_parts, read_texts};
use super::tools::{Change, apply, read_change};
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Conversation, Part, Role, Turn};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::untranslatable::Untranslatable;

const PLACE: &str = "messages[].content[]";

const FATES: &[(&str, Fate)] = &[
    CACHE_MARK,
    // An instruction for one turn (beta `mid-conversation-system-clear-at-2026-08-21`) is kept for the complete conversation.
    ("clear_at", Fate::LeftOut(Why::Approximate)),
    ("id", Fate::LeftOut(Why::Bookkeeping)),
];

/// Returns the effort that the messages set last.
pub(super) fn read_messages(
    body: &mut Object<'_>,
    conversation: &mut Conversation,
) -> Read<Option<Effort>> {
    let mut stated = None;
    let mut changes = Vec::new();
    for message in body.elements("messages")? {
        let effort = read_message(message, conversation, &mut changes)?;
        stated = effort.or(stated);
    }
    apply(&mut conversation.tools, changes);
    Ok(stated)
}

fn read_message(
    json: &str,
    conversation: &mut Conversation,
    changes: &mut Vec<Change>,
) -> Read<Option<Effort>> {
    let mut message = Object::read(DIALECT, "messages[]", json)?;
    let role = match &*message.needed_text("role")? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        // Allowed within a conversation since the beta `mid-conversation-system-2026-04-07`.
        "system" => Role::System,
        _ => return Err(malformed(DIALECT, "messages[].role", "one of its roles")),
    };
    let content = Content::read(DIALECT, "messages[].content", message.take("content"))?;
    let content = match role {
        Role::Assistant => summarised(content, conversation)?,
        Role::System | Role::Developer | Role::User => content,
    };
    let left_out = &mut conversation.left_out;
    let parts = match role {
        Role::System => read_instruction(content, changes, left_out)?,
        Role::Developer | Role::User | Role::Assistant => read_parts(PLACE, content, left_out)?,
    };
    conversation.needs_betas |= role == Role::System || message.has("output_config");
    let stated = read_stated(&mut message, left_out)?;
    message.end(FATES, left_out)?;
    conversation.turns.push(Turn { role, parts });
    Ok(stated)
}

/// Parts of a system message: text, and changes of the tools.
fn read_instruction(
    content: Content<'_>,
    changes: &mut Vec<Change>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Vec<Part>> {
    let Content::Parts(elements) = content else {
        return read_texts(PLACE, content, left_out);
    };
    let mut texts = Vec::new();
    for element in elements {
        match read_change(element, left_out)? {
            Some(change) => changes.push(change),
            None => texts.push(element),
        }
    }
    read_texts(PLACE, Content::Parts(texts), left_out)
}

/// A compaction block with a summary replaces all earlier messages (Anthropic docs, "Compaction"). A block without a summary
/// replaces nothing.
fn summarised<'a>(content: Content<'a>, conversation: &mut Conversation) -> Read<Content<'a>> {
    let Content::Parts(mut elements) = content else {
        return Ok(content);
    };
    let mut summary = None;
    let mut from = 0;
    for (at, element) in elements.iter().enumerate() {
        if !element.contains("\"compaction\"") {
            continue;
        }
        let mut part = Object::read(DIALECT, PLACE, element)?;
        if !part.is_text("type", "compaction") {
            continue;
        }
        let text = part.text("content")?.filter(|text| !text.trim().is_empty());
        if text.is_none() && part.take("encrypted_content").is_some() {
            let field = format!("{PLACE}: compaction");
            return Err(Untranslatable::Kept { field });
        }
        if text.is_some() {
            (summary, from) = (text, at + 1);
        }
    }
    if let Some(summary) = summary {
        conversation.turns.truncate(1);
        let parts = vec![Part::Text(summary)];
        let role = Role::User;
        conversation.turns.push(Turn { role, parts });
        elements.drain(..from);
        let left_out = &mut conversation.left_out;
        leave_out(left_out, format!("{PLACE}: compaction"), Why::Approximate);
    }
    Ok(Content::Parts(elements))
}
