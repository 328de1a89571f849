use catalog::Effort;

use super::DIALECT;
use super::echo::echo;
use super::item::read_item;
use super::tools::{declare, read_choice, read_tool};
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Conversation, Format, Part, Role, Tool, Turn};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::sampling::Sampling;

/// Top-level fields without a counterpart. Sources: OpenAI API reference, "Responses"; Open Responses; `client_metadata`,
/// `access_programs` and `request_country` as Codex 0.171.0 sends them.
const FATES: &[(&str, Fate)] = &[
    // Content that the vendor stores from earlier requests; a reference that the gateway can expand was replaced before.
    ("previous_response_id", Fate::Kept),
    ("conversation", Fate::Kept),
    ("prompt", Fate::Kept),
    ("user", Fate::LeftOut(Why::Identity)),
    ("safety_identifier", Fate::LeftOut(Why::Identity)),
    ("metadata", Fate::LeftOut(Why::Identity)),
    ("client_metadata", Fate::LeftOut(Why::Identity)),
    ("access_programs", Fate::LeftOut(Why::Identity)),
    ("request_country", Fate::LeftOut(Why::Identity)),
    ("session_id", Fate::LeftOut(Why::Identity)),
    ("api_key", Fate::LeftOut(Why::Identity)),
    ("extra_headers", Fate::LeftOut(Why::Identity)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_key", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_options", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_retention", Fate::LeftOut(Why::CacheMark)),
    ("stream_options", Fate::LeftOut(Why::Handling)),
    ("moderation", Fate::LeftOut(Why::Handling)),
    ("generate", Fate::Only("true")),
    // Truncation when the context window is full: a conversation that is too long is not sent to this candidate.
    ("truncation", Fate::LeftOut(Why::Handling)),
    ("context_management", Fate::LeftOut(Why::Handling)),
    // The limit for calls of server tools.
    ("max_tool_calls", Fate::LeftOut(Why::VendorResult)),
    ("background", Fate::Only("false")),
    ("top_logprobs", Fate::Only("0")),
    ("logit_bias", Fate::Only("{}")),
];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    let mut conversation = Conversation {
        echo: Some(echo(&body)),
        one_call_at_a_time: !body.flag_or("parallel_tool_calls", true)?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.limit("max_output_tokens")?,
        stream: body.flag("stream")?,
        ..Conversation::default()
    };
    conversation.sampling.take(&mut body, Sampling::CHAT)?;
    let left_out = &mut conversation.left_out;
    read_store(&mut body, left_out)?;
    read_include(&mut body, left_out)?;
    let mut brought = Vec::new();
    conversation.turns = read_turns(&mut body, &mut brought, left_out)?;
    for tool in body.elements("tools")? {
        read_tool(None, tool, &mut conversation.tools, left_out)?;
    }
    declare(&mut conversation.tools, brought);
    if let Some(choice) = body.take("tool_choice") {
        conversation.tool_choice = read_choice(choice)?;
    }
    if let Some(mut reasoning) = body.object("reasoning", "reasoning")? {
        if let Some(name) = reasoning.text("effort")? {
            conversation.effort = Effort::named(&name);
            if conversation.effort.is_none() {
                leave_out(left_out, "reasoning.effort", Why::Effort);
            }
        }
        // How thinking is displayed, and for which turns it is returned.
        let shown = ["summary", "generate_summary", "context"];
        reasoning.end(
            &shown.map(|key| (key, Fate::LeftOut(Why::Thinking))),
            left_out,
        )?;
    }
    if let Some(mut text) = body.object("text", "text")? {
        conversation.verbosity = text.text("verbosity")?;
        if let Some(format) = text.object("format", "text.format")? {
            conversation.format = read_format(format, left_out)?;
        }
        text.end(&[], left_out)?;
    }
    conversation.keep_rest(&body);
    body.end(FATES, &mut conversation.left_out)?;
    Ok(conversation)
}

/// Storing the response is an option of the vendor's handling, and this request does not depend on it. Only later requests can
/// refer to the stored response.
fn read_store(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<()> {
    if body.flag_or("store", true)? {
        leave_out(left_out, "store", Why::Handling);
    }
    Ok(())
}

fn read_include(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<()> {
    for included in body.texts("include")? {
        let why = match &*included {
            "reasoning.encrypted_content" => Why::Thinking,
            "message.output_text.logprobs" => return Err(body.refused("include")),
            known
                if known
                    .split('.')
                    .next()
                    .is_some_and(|item| item.ends_with("_call")) =>
            {
                Why::VendorResult
            }
            "message.input_image.image_url" => Why::Bookkeeping,
            _ => Why::Unknown,
        };
        let shown = if why == Why::Unknown {
            "include".to_owned()
        } else {
            format!("include: {included}")
        };
        leave_out(left_out, shown, why);
    }
    Ok(())
}

fn read_turns(
    body: &mut Object<'_>,
    brought: &mut Vec<Tool>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Vec<Turn>> {
    let mut turns = Vec::new();
    let mut text_turn = |role, text: Option<String>| {
        let parts = text.filter(|text| !text.is_empty()).map(Part::Text);
        let parts = parts.into_iter().collect();
        turns.push(Turn { role, parts });
    };
    text_turn(Role::System, body.text("instructions")?);
    match Content::read(DIALECT, "input", body.take("input"))? {
        Content::Text(text) => text_turn(Role::User, Some(text)),
        Content::Parts(items) => {
            for item in items {
                turns.extend(read_item(item, brought, left_out)?);
            }
        }
    }
    Ok(turns)
}

fn read_format(mut format: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Format> {
    let read = match &*format.needed_text("type")? {
        "text" => Format::Text,
        "json_object" => Format::Json,
        "json_schema" => {
            let schema = format.take("schema").map(str::to_owned);
            Format::Schema {
                name: format.text("name")?,
                description: format.text("description")?,
                schema: schema.ok_or_else(|| malformed(DIALECT, "text.format.schema", "there"))?,
                strict: format.flag("strict")?,
            }
        }
        _ => return Err(format.refused("type")),
    };
    format.end_strictly(&[], left_out)?;
    Ok(read)
}
