use catalog::Effort;

use super::DIALECT;
use super::message::read_message;
use crate::openai_responses::is_vendor_tool;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Conversation, Format, Tool, ToolChoice, ToolInput};
use crate::request::object::{Fate, Object, Read, malformed};
use crate::request::sampling::Sampling;
use crate::request::untranslatable::Untranslatable;

/// Top-level fields without a counterpart. Sources: OpenAI API reference, "Chat Completions"; fields of other servers from
/// their documentation (OpenRouter, vLLM, Mistral, Ollama, llama.cpp).
const FATES: &[(&str, Fate)] = &[
    ("user", Fate::LeftOut(Why::Identity)),
    ("safety_identifier", Fate::LeftOut(Why::Identity)),
    ("metadata", Fate::LeftOut(Why::Identity)),
    ("session_id", Fate::LeftOut(Why::Identity)),
    ("user_id", Fate::LeftOut(Why::Identity)),
    ("trace", Fate::LeftOut(Why::Identity)),
    ("request_id", Fate::LeftOut(Why::Identity)),
    ("api_key", Fate::LeftOut(Why::Identity)),
    ("extra_headers", Fate::LeftOut(Why::Identity)),
    // Stored for the vendor's evaluations; no later request can refer to it.
    ("store", Fate::LeftOut(Why::Handling)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("prediction", Fate::LeftOut(Why::Handling)),
    ("moderation", Fate::LeftOut(Why::Handling)),
    ("usage", Fate::LeftOut(Why::Handling)),
    ("keep_alive", Fate::LeftOut(Why::Handling)),
    ("cache_prompt", Fate::LeftOut(Why::CacheMark)),
    ("cache_control", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_key", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_options", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_retention", Fate::LeftOut(Why::CacheMark)),
    // The upstream providers that a reseller may use.
    ("provider", Fate::LeftOut(Why::Handling)),
    ("models", Fate::LeftOut(Why::Handling)),
    ("route", Fate::LeftOut(Why::Handling)),
    ("transforms", Fate::LeftOut(Why::Handling)),
    // Parameters for the template of a reasoning model.
    ("enable_thinking", Fate::LeftOut(Why::Effort)),
    ("thinking", Fate::LeftOut(Why::Effort)),
    ("thinking_budget", Fate::LeftOut(Why::Effort)),
    ("chat_template_kwargs", Fate::LeftOut(Why::Effort)),
    ("include_reasoning", Fate::LeftOut(Why::Thinking)),
    ("n", Fate::Only("1")),
    ("logit_bias", Fate::Only("{}")),
    ("logprobs", Fate::Only("false")),
    ("top_logprobs", Fate::Only("0")),
    ("modalities", Fate::Only(r#"["text"]"#)),
    ("audio", Fate::Refused),
    ("functions", Fate::Only("[]")),
    ("function_call", Fate::Refused),
    ("best_of", Fate::Only("1")),
    ("stop_token_ids", Fate::Only("[]")),
    ("ignore_eos", Fate::Only("false")),
    ("min_tokens", Fate::Only("0")),
    ("prompt_logprobs", Fate::Refused),
    ("structured_outputs", Fate::Refused),
    ("guided_json", Fate::Refused),
    ("guided_regex", Fate::Refused),
    ("guided_choice", Fate::Refused),
    ("guided_grammar", Fate::Refused),
    ("grammar", Fate::Refused),
    ("json_schema", Fate::Refused),
];

const TOOL_FATES: &[(&str, Fate)] = &[
    ("cache_control", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_breakpoint", Fate::LeftOut(Why::CacheMark)),
    ("defer_loading", Fate::LeftOut(Why::Handling)),
];

/// Options that enable a tool of the vendor.
const VENDOR_TOOLS: &[&str] = &["web_search_options", "plugins"];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    let older_limit = body.limit("max_tokens")?;
    let mut conversation = Conversation {
        one_call_at_a_time: !body.flag_or("parallel_tool_calls", true)?,
        stop_sequences: read_stop(&mut body)?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.limit("max_completion_tokens")?.or(older_limit),
        stream: body.flag("stream")?,
        verbosity: body.text("verbosity")?,
        ..Conversation::default()
    };
    conversation.sampling.take(&mut body, Sampling::CHAT)?;
    let left_out = &mut conversation.left_out;
    conversation.effort = read_effort(&mut body, left_out)?;
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
        conversation.tools.extend(read_tool(tool, left_out)?);
    }
    for name in VENDOR_TOOLS {
        if body.take(name).is_some_and(|raw| raw != "[]") {
            leave_out(left_out, format!("tools[]: {name}"), Why::VendorTool);
        }
    }
    if let Some(choice) = body.take("tool_choice") {
        conversation.tool_choice = read_choice(&body, choice)?;
    }
    if let Some(format) = body.object("response_format", "response_format")? {
        conversation.format = read_format(format, left_out)?;
    }
    conversation.keep_rest(&body);
    body.end(FATES, &mut conversation.left_out)?;
    Ok(conversation)
}

/// OpenAI's `reasoning_effort`, or its equivalents: OpenRouter's `reasoning`, and options that switch thinking off.
fn read_effort(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Option<Effort>> {
    let mut effort = effort_named(body, "reasoning_effort", left_out)?;
    if let Some(mut reasoning) = body.object("reasoning", "reasoning")? {
        effort = effort.or(effort_named(&mut reasoning, "effort", left_out)?);
        if !reasoning.flag_or("enabled", true)? {
            effort = Some(Effort::None);
        }
        let fates = [
            ("max_tokens", Fate::LeftOut(Why::Effort)),
            ("exclude", Fate::LeftOut(Why::Thinking)),
            ("summary", Fate::LeftOut(Why::Thinking)),
        ];
        reasoning.end(&fates, left_out)?;
    }
    match body.is("enable_thinking", "false") {
        true => Ok(Some(Effort::None)),
        false => Ok(effort),
    }
}

fn effort_named(
    holder: &mut Object<'_>,
    key: &str,
    left_out: &mut Vec<LeftOut>,
) -> Read<Option<Effort>> {
    let Some(name) = holder.text(key)? else {
        return Ok(None);
    };
    let effort = Effort::named(&name);
    if effort.is_none() {
        leave_out(left_out, holder.path(key), Why::Effort);
    }
    Ok(effort)
}

/// Accepts one string or a list.
fn read_stop(body: &mut Object<'_>) -> Read<Vec<String>> {
    match body.one_text("stop") {
        Some(stop) => Ok(vec![stop]),
        None => body.texts("stop"),
    }
}

fn read_tool(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Option<Tool>> {
    let mut tool = Object::read(DIALECT, "tools[]", json)?;
    let kind = tool.needed_text("type")?;
    let place = match &*kind {
        "function" => "tools[].function",
        "custom" => "tools[].custom",
        kind if is_vendor_tool(kind) => {
            leave_out(left_out, format!("tools[]: {kind}"), Why::VendorTool);
            return Ok(None);
        }
        _ => {
            let (dialect, tool) = (DIALECT, kind);
            return Err(Untranslatable::BuiltInTool { dialect, tool });
        }
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
    inner.end(TOOL_FATES, left_out)?;
    tool.end(TOOL_FATES, left_out)?;
    Ok(Some(read))
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
    inner.end_strictly(&[], &mut Vec::new())?;
    choice.end_strictly(&[], &mut Vec::new())?;
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
            inner.end_strictly(&[], left_out)?;
            read
        }
        _ => return Err(format.refused("type")),
    };
    format.end_strictly(&[], left_out)?;
    Ok(read)
}
