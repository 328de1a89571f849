use catalog::{Dialect, Effort};

use super::message::read_message;
use crate::request::model::{Conversation, Format, Tool, ToolChoice, ToolInput};
use crate::request::object::{Fate, Object, Read, malformed};
use crate::request::untranslatable::{LeftOut, Why};

pub(crate) const DIALECT: Dialect = Dialect::OpenaiChat;

const FATES: &[(&str, Fate)] = &[
    ("user", Fate::LeftOut(Why::Identity)),
    ("safety_identifier", Fate::LeftOut(Why::Identity)),
    ("metadata", Fate::LeftOut(Why::Identity)),
    // Kept for the vendor's evaluations; no later request can refer to it.
    ("store", Fate::LeftOut(Why::Handling)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_key", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_retention", Fate::LeftOut(Why::Handling)),
    ("prediction", Fate::LeftOut(Why::Handling)),
    // Best effort at OpenAI too.
    ("seed", Fate::LeftOut(Why::Approximate)),
    ("n", Fate::Only("1")),
    ("presence_penalty", Fate::Only("0")),
    ("frequency_penalty", Fate::Only("0")),
    ("logprobs", Fate::Only("false")),
    ("top_logprobs", Fate::Only("0")),
    ("modalities", Fate::Only(r#"["text"]"#)),
];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    let older_limit = body.count("max_tokens")?;
    let mut conversation = Conversation {
        one_call_at_a_time: !body.flag_or("parallel_tool_calls", true)?,
        stop_sequences: read_stop(&mut body)?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.count("max_completion_tokens")?.or(older_limit),
        stream: body.flag("stream")?,
        verbosity: body.text("verbosity")?,
        ..Conversation::default()
    };
    let left_out = &mut conversation.left_out;
    if let Some(name) = body.text("reasoning_effort")? {
        let effort = Effort::named(&name).ok_or_else(|| body.refused("reasoning_effort"))?;
        conversation.effort = Some(effort);
    }
    if let Some(mut options) = body.object("stream_options", "stream_options")? {
        conversation.usage_chunk = options.flag("include_usage")?;
        options.end(
            &[("include_obfuscation", Fate::LeftOut(Why::Handling))],
            left_out,
        )?;
    }
    for message in body.elements("messages")? {
        conversation.turns.extend(read_message(message, left_out)?);
    }
    for tool in body.elements("tools")? {
        conversation.tools.push(read_tool(tool, left_out)?);
    }
    if let Some(choice) = body.take("tool_choice") {
        conversation.tool_choice = read_choice(&body, choice)?;
    }
    if let Some(format) = body.object("response_format", "response_format")? {
        conversation.format = read_format(format, left_out)?;
    }
    body.end(FATES, left_out)?;
    Ok(conversation)
}

/// One string, or several.
fn read_stop(body: &mut Object<'_>) -> Read<Vec<String>> {
    match body.one_text("stop") {
        Some(stop) => Ok(vec![stop]),
        None => body.texts("stop"),
    }
}

fn read_tool(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Tool> {
    let mut tool = Object::read(DIALECT, "tools[]", json)?;
    let kind = tool.needed_text("type")?;
    let place = match &*kind {
        "function" => "tools[].function",
        "custom" => "tools[].custom",
        _ => return Err(tool.refused("type")),
    };
    let mut inner = tool.needed_object(&kind, place)?;
    let input = match &*kind {
        "function" => ToolInput::Function {
            schema: inner.take("parameters").map(str::to_owned),
            strict: inner.flag("strict")?,
        },
        _ => ToolInput::Custom {
            grammar: inner.take("format").map(str::to_owned),
        },
    };
    let read = Tool {
        namespace: None,
        name: inner.needed_text("name")?,
        description: inner.text("description")?,
        input,
    };
    let marks = &[("cache_control", Fate::LeftOut(Why::CacheMark))];
    inner.end(marks, left_out)?;
    tool.end(marks, left_out)?;
    Ok(read)
}

fn read_choice(body: &Object<'_>, json: &str) -> Read<ToolChoice> {
    match json {
        r#""auto""# => return Ok(ToolChoice::Auto),
        r#""none""# => return Ok(ToolChoice::Never),
        r#""required""# => return Ok(ToolChoice::Any),
        _ => {}
    }
    let mut choice = Object::read(DIALECT, "tool_choice", json)?;
    let kind = choice.needed_text("type")?;
    if !matches!(&*kind, "function" | "custom") {
        return Err(body.refused("tool_choice"));
    }
    let mut inner = choice.needed_object(&kind, "tool_choice.function")?;
    let (namespace, name) = (None, inner.needed_text("name")?);
    Ok(ToolChoice::Tool { namespace, name })
}

fn read_format(mut format: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Format> {
    let read = match &*format.needed_text("type")? {
        "text" => Format::Text,
        "json_object" => Format::Json,
        "json_schema" => {
            let place = "response_format.json_schema";
            let mut inner = format.needed_object("json_schema", place)?;
            let schema = inner.take("schema").map(str::to_owned);
            let read = Format::Schema {
                name: inner.text("name")?,
                description: inner.text("description")?,
                schema: schema.ok_or_else(|| malformed(DIALECT, place, "a schema"))?,
                strict: inner.flag("strict")?,
            };
            inner.end(&[], left_out)?;
            read
        }
        _ => return Err(format.refused("type")),
    };
    format.end(&[], left_out)?;
    Ok(read)
}
