use catalog::Effort;

use super::DIALECT;
use super::config::{read_output, read_thinking};
use super::messages::read_messages;
use super::parts::{CACHE_MARK, read_texts};
use super::tools::{read_choice, read_tools};
use crate::request::dropped::{Why, leave_out};
use crate::request::model::{Conversation, Role, Turn};
use crate::request::object::{Content, Fate, Object, Read};
use crate::request::untranslatable::Untranslatable;

/// Top-level fields without a counterpart. Sources: Anthropic API reference, "Messages" and its betas; other fields as Claude
/// Code 2.1.332 sends them.
const FATES: &[(&str, Fate)] = &[
    CACHE_MARK,
    ("metadata", Fate::LeftOut(Why::Identity)),
    ("user_profile_id", Fate::LeftOut(Why::Identity)),
    ("workspace_id", Fate::LeftOut(Why::Identity)),
    ("program_use_case_id", Fate::LeftOut(Why::Identity)),
    // Origin of the parts of the conversation.
    ("data_flow", Fate::LeftOut(Why::Identity)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("speed", Fate::LeftOut(Why::Handling)),
    // Old results and thinking that the vendor removes before processing: the complete conversation is sent instead.
    ("context_management", Fate::LeftOut(Why::Handling)),
    ("compaction", Fate::LeftOut(Why::Handling)),
    // Models to which the vendor itself may fall back.
    ("fallbacks", Fate::LeftOut(Why::Handling)),
    // A check of the model's actions by the vendor.
    ("safeguards", Fate::LeftOut(Why::Handling)),
    ("betas", Fate::LeftOut(Why::Handling)),
    ("anthropic_beta", Fate::LeftOut(Why::Handling)),
    ("anthropic_version", Fate::LeftOut(Why::Handling)),
    ("diagnostics", Fate::LeftOut(Why::Bookkeeping)),
    // The vendor continues its own truncated thinking.
    ("resumption", Fate::Kept),
    ("container", Fate::Kept),
    // Where the data may be processed.
    ("inference_geo", Fate::Refused),
];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    let mut conversation = Conversation {
        stop_sequences: body.texts("stop_sequences")?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.limit("max_tokens")?,
        stream: body.flag("stream")?,
        ..Conversation::default()
    };
    conversation.sampling.take(&mut body, &["top_k"])?;
    let system = Content::read(DIALECT, "system", body.take("system"))?;
    conversation.turns.push(Turn {
        role: Role::System,
        parts: read_texts("system[]", system, &mut conversation.left_out)?,
    });
    read_tools(&mut body, &mut conversation)?;
    let stated = read_messages(&mut body, &mut conversation)?;
    if let Some(choice) = body.object("tool_choice", "tool_choice")? {
        (conversation.tool_choice, conversation.one_call_at_a_time) =
            read_choice(choice, &mut conversation.left_out)?;
    }
    conversation.effort = read_thinking(&mut body, &mut conversation.left_out)?;
    read_output(&mut body, &mut conversation)?;
    // Thinking that is off stays off, whatever the effort.
    if conversation.effort != Some(Effort::None) {
        conversation.effort = stated.or(conversation.effort);
    }
    read_thread(&mut body, &mut conversation)?;
    conversation.keep_rest(&body);
    body.end(FATES, &mut conversation.left_out)?;
    match conversation.turns.last() {
        Some(last) if last.role == Role::Assistant => Err(Untranslatable::Prefill),
        _ => Ok(conversation),
    }
}

/// A continued thread has its earlier messages at the vendor (beta `message-threads-2026-08-12`).
fn read_thread(body: &mut Object<'_>, conversation: &mut Conversation) -> Read<()> {
    let Some(mut thread) = body.object("thread", "thread")? else {
        return Ok(());
    };
    let kind = thread.text("type")?;
    if kind.as_deref() == Some("continue") || thread.take("previous_message_id").is_some() {
        let field = "thread".to_owned();
        return Err(Untranslatable::Kept { field });
    }
    leave_out(&mut conversation.left_out, "thread", Why::Handling);
    Ok(())
}
