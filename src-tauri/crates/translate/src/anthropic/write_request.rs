use catalog::{Effort, ReasoningContent};

use crate::Names;
use crate::request::Target;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::format::{VendorFormat, Wanted};
use crate::request::function::{Function, arguments_object};
use crate::request::model::{
    Call, Conversation, Document, DocumentBody, File, Part, Role, Tool, ToolChoice, ToolResult,
    Turn,
};
use crate::request::object::Read;
use crate::request::schema::Enforcer;
use crate::request::text::{Pairs, array, object, quoted};
use crate::request::untranslatable::{Untranslatable, Wish};

use super::DIALECT;

/// Anthropic docs, "Vision".
const IMAGE_TYPES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// # Errors The conversation has content that Messages does not support.
pub(crate) fn write(
    conversation: &Conversation,
    target: &Target,
    names: &Names,
    left_out: &mut Vec<LeftOut>,
) -> Read<(String, Option<Wanted>)> {
    if let (None, Some(added)) = (conversation.max_tokens, target.max_output) {
        leave_out(left_out, format!("max_tokens: {added}"), Why::Added);
    }
    let limit = conversation.max_tokens.or(target.max_output);
    let limit = limit.ok_or_else(|| Untranslatable::NoOutputLimit {
        dialect: DIALECT,
        model: target.model.clone(),
    })?;
    let mut body: Pairs = vec![
        ("model", quoted(&target.model)),
        ("max_tokens", limit.to_string()),
    ];
    let requested = VendorFormat::of(&conversation.format, Enforcer::Anthropic, left_out);
    let mut system = write_system(&conversation.turns, left_out);
    system.extend(requested.instruction.as_deref().map(text_of));
    if !system.is_empty() {
        body.push(("system", array(&system)));
    }
    body.push((
        "messages",
        write_messages(&conversation.turns, names, target, left_out)?,
    ));
    if !conversation.tools.is_empty() {
        let tools = conversation.tools.iter();
        let tools: Vec<String> = tools
            .map(|tool| write_tool(tool, names, left_out))
            .collect();
        body.push(("tools", array(&tools)));
        body.extend(write_choice(conversation, names).map(|choice| ("tool_choice", choice)));
    }
    if !conversation.stop_sequences.is_empty() {
        let stops: Vec<String> = conversation
            .stop_sequences
            .iter()
            .map(|stop| quoted(stop))
            .collect();
        body.push(("stop_sequences", array(&stops)));
    }
    body.extend(write_sampling(conversation, left_out));
    body.extend(target.sampling(conversation, DIALECT, left_out));
    body.extend(write_output(conversation, &requested).map(|config| ("output_config", config)));
    if conversation.verbosity.is_some() {
        leave_out(left_out, "verbosity", Why::Approximate);
    }
    if conversation.stream {
        body.push(("stream", "true".to_owned()));
    }
    Ok((object(&body), requested.wanted))
}

/// Messages has instructions only before the conversation: later ones are moved there, in their order, as Anthropic's endpoint
/// for OpenAI's library does.
fn write_system(turns: &[Turn], left_out: &mut Vec<LeftOut>) -> Vec<String> {
    let instructs = |turn: &Turn| matches!(turn.role, Role::System | Role::Developer);
    let begun = turns.iter().skip_while(|turn| instructs(turn));
    if begun.clone().any(instructs) {
        leave_out(
            left_out,
            "the position of a later instruction",
            Why::Approximate,
        );
    }
    let parts = turns.iter().filter(|turn| instructs(turn));
    parts
        .flat_map(|turn| &turn.parts)
        .filter_map(text_block)
        .collect()
}

/// Anthropic refuses a text that is only white space, and such a text has no content.
fn text_block(part: &Part) -> Option<String> {
    match part {
        Part::Text(text) => (!text.trim().is_empty()).then(|| text_of(text)),
        Part::Image(_) | Part::Document(_) | Part::Call(_) | Part::Result(_) => None,
    }
}

fn text_of(text: &str) -> String {
    object(&[("type", quoted("text")), ("text", quoted(text))])
}

/// The user's last text if the conversation ends with a response: Messages would treat that response as a prefix to continue,
/// which newer models refuse. Codex sends such a request after a truncated stream with a finished message, to get the rest.
const CONTINUE: &str = "Continue.";

fn write_messages(
    turns: &[Turn],
    names: &Names,
    target: &Target,
    left_out: &mut Vec<LeftOut>,
) -> Read<String> {
    let mut messages: Vec<(Role, Vec<String>)> = Vec::new();
    for turn in turns {
        if matches!(turn.role, Role::System | Role::Developer) {
            continue;
        }
        let mut blocks = Vec::new();
        blocks.extend(write_thinking(turn, names, target));
        for part in &turn.parts {
            blocks.extend(write_part(part, names)?);
        }
        match messages.last_mut() {
            Some((role, last)) if *role == turn.role => last.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => messages.push((turn.role, blocks)),
        }
    }
    match messages.as_slice() {
        [(Role::User, _), ..] => {}
        _ => return Err(Wish::NoUserFirst.unsayable_in(DIALECT)),
    }
    if let Some((Role::Assistant, _)) = messages.last() {
        messages.push((Role::User, vec![text_of(CONTINUE)]));
        leave_out(left_out, "the end with a response", Why::Approximate);
    }
    let messages = messages.iter().map(|(role, blocks)| {
        let role = match role {
            Role::Assistant => "assistant",
            Role::System | Role::Developer | Role::User => "user",
        };
        object(&[("role", quoted(role)), ("content", array(blocks))])
    });
    Ok(array(&messages.collect::<Vec<_>>()))
}

/// Some servers of Messages require the thinking before a call ("The `content[].thinking` in the thinking mode must be passed
/// back", DeepSeek; "reasoning_content is missing in assistant tool call message", Kimi). They accept an empty one without a
/// signature (NousResearch/hermes-agent#14018, #49143).
fn write_thinking(turn: &Turn, names: &Names, target: &Target) -> Option<String> {
    let mut calls = turn.calls().map(|call| &*call.id).peekable();
    calls.peek()?;
    (target.reasoning_content == ReasoningContent::Required).then(|| {
        object(&[
            ("type", quoted("thinking")),
            ("thinking", quoted(&names.reasoning(calls))),
            ("signature", quoted("")),
        ])
    })
}

fn write_part(part: &Part, names: &Names) -> Read<Option<String>> {
    match part {
        Part::Text(_) => Ok(text_block(part)),
        Part::Image(image) => {
            let source = write_file(&image.file, IMAGE_TYPES)?;
            Ok(Some(object(&[
                ("type", quoted("image")),
                ("source", source),
            ])))
        }
        Part::Document(document) => write_document(document).map(Some),
        Part::Call(call) => Ok(Some(write_call(call, names))),
        Part::Result(result) => write_result(result, names).map(Some),
    }
}

fn write_call(call: &Call, names: &Names) -> String {
    let name = names.provider_name(call.namespace.as_deref(), &call.name);
    object(&[
        ("type", quoted("tool_use")),
        ("id", quoted(&names.provider_id(&call.id))),
        ("name", quoted(&name)),
        ("input", arguments_object(&call.input)),
    ])
}

fn write_result(result: &ToolResult, names: &Names) -> Read<String> {
    let mut block: Pairs = vec![
        ("type", quoted("tool_result")),
        ("tool_use_id", quoted(&names.provider_id(&result.id))),
    ];
    match result.parts.as_slice() {
        [] => {}
        [Part::Text(text)] => block.push(("content", quoted(text))),
        parts => {
            let parts = parts.iter().map(|part| write_part(part, names));
            let parts: Vec<Option<String>> = parts.collect::<Read<_>>()?;
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            block.push(("content", array(&parts)));
        }
    }
    if result.is_error {
        block.push(("is_error", "true".to_owned()));
    }
    Ok(object(&block))
}

fn write_file(file: &File, types: &[&str]) -> Read<String> {
    match file {
        File::Inline { media_type, .. } if !types.contains(&&**media_type) => {
            Err(Wish::FileType.unsayable_in(DIALECT))
        }
        File::Inline { media_type, data } => Ok(object(&[
            ("type", quoted("base64")),
            ("media_type", quoted(media_type)),
            ("data", quoted(data)),
        ])),
        File::Address(url) => Ok(object(&[("type", quoted("url")), ("url", quoted(url))])),
    }
}

fn write_document(document: &Document) -> Read<String> {
    let source = match &document.body {
        DocumentBody::File(file) => write_file(file, &["application/pdf"])?,
        DocumentBody::Text(text) => object(&[
            ("type", quoted("text")),
            ("media_type", quoted("text/plain")),
            ("data", quoted(text)),
        ]),
    };
    let mut block: Pairs = vec![("type", quoted("document")), ("source", source)];
    block.extend(document.title.iter().map(|title| ("title", quoted(title))));
    block.extend(
        document
            .context
            .iter()
            .map(|context| ("context", quoted(context))),
    );
    Ok(object(&block))
}

fn write_tool(tool: &Tool, names: &Names, left_out: &mut Vec<LeftOut>) -> String {
    let name = names.provider_name(tool.namespace.as_deref(), &tool.name);
    let mut block: Pairs = vec![("name", quoted(&name))];
    let Function {
        description,
        schema,
        strict,
    } = Function::of(tool, Enforcer::Anthropic, left_out);
    block.extend(description.map(|text| ("description", quoted(&text))));
    block.push(("input_schema", schema));
    if strict {
        block.push(("strict", "true".to_owned()));
    }
    object(&block)
}

fn write_choice(conversation: &Conversation, names: &Names) -> Option<String> {
    let mut choice: Pairs = match &conversation.tool_choice {
        ToolChoice::Auto if !conversation.one_call_at_a_time => return None,
        ToolChoice::Auto => vec![("type", quoted("auto"))],
        ToolChoice::Any => vec![("type", quoted("any"))],
        ToolChoice::Never => return Some(object(&[("type", quoted("none"))])),
        ToolChoice::Tool { namespace, name } => {
            let name = names.provider_name(namespace.as_deref(), name);
            vec![("type", quoted("tool")), ("name", quoted(&name))]
        }
    };
    if conversation.one_call_at_a_time {
        choice.push(("disable_parallel_tool_use", "true".to_owned()));
    }
    Some(object(&choice))
}

/// Writes temperature or `top_p`, not both: models since Claude Opus 4.1 refuse both together. The maximum temperature is 1 in
/// this dialect.
fn write_sampling(conversation: &Conversation, left_out: &mut Vec<LeftOut>) -> Pairs {
    match (conversation.temperature, conversation.top_p) {
        (Some(temperature), top_p) => {
            if top_p.is_some_and(|top_p| top_p < 1.0) {
                leave_out(left_out, "top_p", Why::Sampling);
            }
            if temperature > 1.0 {
                leave_out(
                    left_out,
                    format!("temperature: {temperature}"),
                    Why::Sampling,
                );
            }
            vec![("temperature", temperature.min(1.0).to_string())]
        }
        (None, Some(top_p)) => vec![("top_p", top_p.to_string())],
        (None, None) => Vec::new(),
    }
}

/// Writes an effort without `thinking`: with thinking on, the next request must return the signed thinking with the tool
/// results, which no client of another dialect can do.
fn write_output(conversation: &Conversation, requested: &VendorFormat<'_>) -> Option<String> {
    let mut config = Pairs::new();
    if let Some(effort) = conversation.effort.filter(|effort| *effort != Effort::None) {
        config.push(("effort", quoted(effort.as_str())));
    }
    if let Some((schema, _)) = &requested.schema {
        let format = [("type", quoted("json_schema")), ("schema", schema.clone())];
        config.push(("format", object(&format)));
    }
    (!config.is_empty()).then(|| object(&config))
}
