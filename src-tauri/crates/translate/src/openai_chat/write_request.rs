use catalog::{ChatLimit, ReasoningContent, StreamUsage, ThoughtSignatures};

use crate::names::Names;
use crate::request::Target;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::format::{VendorFormat, Wanted};
use crate::request::function::{Function, arguments};
use crate::request::model::{
    Call, Conversation, Document, DocumentBody, File, Part, Role, Tool, ToolChoice, ToolResult,
    Turn,
};
use crate::request::object::Read;
use crate::request::part_text::{FAILED, address, as_text};
use crate::request::schema::Enforcer;
use crate::request::text::{Pairs, array, object, quoted};
use crate::request::untranslatable::Wish;

use super::DIALECT;
use super::signatures::CallSignatures;

/// # Errors The conversation has content that Chat does not support.
pub(crate) fn write(
    conversation: &Conversation,
    target: &Target,
    names: &Names,
    left_out: &mut Vec<LeftOut>,
) -> Read<(String, Option<Wanted>)> {
    let mut body: Pairs = vec![("model", quoted(&target.model))];
    let mut messages = Vec::new();
    for turn in &conversation.turns {
        write_turn(turn, names, target, &mut messages, left_out)?;
    }
    body.push(("messages", array(&messages)));
    body.extend(write_tools(conversation, names, left_out));
    body.extend(write_limits(conversation, target)?);
    body.extend(target.sampling(conversation, DIALECT, left_out));
    let requested = VendorFormat::of(&conversation.format, Enforcer::OpenAi, left_out);
    body.extend(write_format(&requested).map(|format| ("response_format", format)));
    if let Some(effort) = conversation.effort {
        body.push(("reasoning_effort", quoted(effort.as_str())));
    }
    if let Some(verbosity) = &conversation.verbosity {
        body.push(("verbosity", quoted(verbosity)));
    }
    if conversation.stream {
        body.push(("stream", "true".to_owned()));
        // Always requested: every other dialect reports usage, and the ledger needs it.
        if target.stream_usage == StreamUsage::OnRequest {
            body.push(("stream_options", r#"{"include_usage":true}"#.to_owned()));
        }
    }
    Ok((object(&body), requested.wanted))
}

fn write_turn(
    turn: &Turn,
    names: &Names,
    target: &Target,
    messages: &mut Vec<String>,
    left_out: &mut Vec<LeftOut>,
) -> Read<()> {
    match turn.role {
        // Older servers do not support `developer`, and newer ones accept `system` instead.
        Role::System | Role::Developer => {
            let content = write_content(&turn.parts, target)?;
            messages.push(object(&[("role", quoted("system")), ("content", content)]));
        }
        Role::Assistant => messages.push(write_answer(&turn.parts, names, target, left_out)),
        Role::User => {
            let mut conversation = Vec::new();
            for part in &turn.parts {
                match part {
                    Part::Result(result) => {
                        messages.push(write_result(result, names));
                        conversation.extend(shown_by_tool(result, names));
                    }
                    Part::Text(_) | Part::Image(_) | Part::Document(_) | Part::Call(_) => {
                        conversation.push(part.clone());
                    }
                }
            }
            if !conversation.is_empty() {
                let content = write_content(&conversation, target)?;
                messages.push(object(&[("role", quoted("user")), ("content", content)]));
            }
        }
    }
    Ok(())
}

/// A single text is written as a string, which every server accepts; several parts as a list.
fn write_content(parts: &[Part], target: &Target) -> Read<String> {
    if let [Part::Text(text)] = parts {
        return Ok(quoted(text));
    }
    let parts = parts
        .iter()
        .map(|part| write_part(part, target))
        .collect::<Read<Vec<_>>>()?;
    Ok(array(&parts.into_iter().flatten().collect::<Vec<_>>()))
}

fn write_part(part: &Part, target: &Target) -> Read<Option<String>> {
    let written = match part {
        Part::Text(text) => text_part(text),
        Part::Image(image) => {
            let mut inner: Pairs = vec![("url", quoted(&address(&image.file)))];
            inner.extend(image.detail.iter().map(|detail| ("detail", quoted(detail))));
            object(&[("type", quoted("image_url")), ("image_url", object(&inner))])
        }
        Part::Document(document) => write_document(document, target)?,
        Part::Call(_) | Part::Result(_) => return Ok(None),
    };
    Ok(Some(written))
}

fn text_part(text: &str) -> String {
    object(&[("type", quoted("text")), ("text", quoted(text))])
}

fn write_document(document: &Document, target: &Target) -> Read<String> {
    match &document.body {
        DocumentBody::Text(text) => Ok(text_part(&as_text(document, text))),
        DocumentBody::File(File::Address(_)) if !target.file_addresses => {
            Err(Wish::DocumentByAddress.unsayable_in(DIALECT))
        }
        DocumentBody::File(file) => {
            let title = document.title.as_deref().unwrap_or("document.pdf");
            let inner = object(&[
                ("filename", quoted(title)),
                ("file_data", quoted(&address(file))),
            ]);
            Ok(object(&[("type", quoted("file")), ("file", inner)]))
        }
    }
}

/// In Chat, the text and the calls are separate fields.
fn write_answer(
    parts: &[Part],
    names: &Names,
    target: &Target,
    left_out: &mut Vec<LeftOut>,
) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Image(_) | Part::Document(_) | Part::Call(_) | Part::Result(_) => None,
    });
    let texts: Vec<&str> = texts.collect();
    let conversation = parts.iter().filter_map(|part| match part {
        Part::Call(call) => Some(call),
        Part::Text(_) | Part::Image(_) | Part::Document(_) | Part::Result(_) => None,
    });
    let conversation: Vec<&Call> = conversation.collect();
    let signed = CallSignatures::of(&conversation, names, target);
    let calls = conversation.iter().zip(&signed.thoughts);
    let calls: Vec<String> = calls
        .map(|(call, thought)| write_call(call, thought.as_deref(), names))
        .collect();
    let after_a_call = parts
        .iter()
        .skip_while(|part| !matches!(part, Part::Call(_)));
    if after_a_call
        .clone()
        .any(|part| matches!(part, Part::Text(_)))
    {
        leave_out(
            left_out,
            "the position of a text after a tool call",
            Why::Approximate,
        );
    }
    let content = match texts.as_slice() {
        [] => "null".to_owned(),
        [text] => quoted(text),
        texts => array(&texts.iter().map(|text| text_part(text)).collect::<Vec<_>>()),
    };
    let mut message: Pairs = vec![("role", quoted("assistant")), ("content", content)];
    if !calls.is_empty() {
        message.push(("tool_calls", array(&calls)));
        if target.reasoning_content == ReasoningContent::Required {
            let reasoning = names.reasoning(conversation.iter().map(|call| &*call.id));
            message.push(("reasoning_content", quoted(&reasoning)));
        }
    }
    if !signed.details.is_empty() {
        message.push(("reasoning_details", array(&signed.details)));
    }
    object(&message)
}

fn write_call(call: &Call, thought: Option<&str>, names: &Names) -> String {
    let name = names.provider_name(call.namespace.as_deref(), &call.name);
    let function = object(&[
        ("name", quoted(&name)),
        ("arguments", quoted(&arguments(&call.input))),
    ]);
    let mut written: Pairs = vec![
        ("id", quoted(&names.provider_id(&call.id))),
        ("type", quoted("function")),
        ("function", function),
    ];
    written.extend(thought.map(|text| {
        let [extra, vendor, signature] = ThoughtSignatures::EXTRA_CONTENT;
        let signed = object(&[(signature, quoted(text))]);
        (extra, object(&[(vendor, signed)]))
    }));
    object(&written)
}

/// A tool message contains only text.
fn write_result(result: &ToolResult, names: &Names) -> String {
    let texts = result.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::Document(document) => match &document.body {
            DocumentBody::Text(text) => Some(as_text(document, text)),
            DocumentBody::File(_) => None,
        },
        Part::Image(_) | Part::Call(_) | Part::Result(_) => None,
    });
    let mut texts: Vec<String> = texts.collect();
    let shows_more = result.parts.iter().any(is_file);
    if shows_more && texts.is_empty() {
        texts.push("The tool's result is in the next message.".to_owned());
    }
    if result.is_error {
        match texts.first_mut() {
            Some(first) => first.insert_str(0, FAILED),
            None => texts.push(FAILED.to_owned()),
        }
    }
    let content = match texts.as_slice() {
        [] => quoted(""),
        [text] => quoted(text),
        texts => array(&texts.iter().map(|text| text_part(text)).collect::<Vec<_>>()),
    };
    object(&[
        ("role", quoted("tool")),
        ("tool_call_id", quoted(&names.provider_id(&result.id))),
        ("content", content),
    ])
}

/// Images and files in a tool result are sent in a user message directly after all results.
fn shown_by_tool(result: &ToolResult, names: &Names) -> Vec<Part> {
    let mut shown: Vec<Part> = result
        .parts
        .iter()
        .filter(|part| is_file(part))
        .cloned()
        .collect();
    if !shown.is_empty() {
        let id = names.provider_id(&result.id);
        shown.insert(0, Part::Text(format!("Returned by the tool call {id}:")));
    }
    shown
}

fn is_file(part: &Part) -> bool {
    match part {
        Part::Image(_) => true,
        Part::Document(document) => matches!(document.body, DocumentBody::File(_)),
        Part::Text(_) | Part::Call(_) | Part::Result(_) => false,
    }
}

fn write_tools(conversation: &Conversation, names: &Names, left_out: &mut Vec<LeftOut>) -> Pairs {
    if conversation.tools.is_empty() {
        return Pairs::new();
    }
    let tools = conversation.tools.iter();
    let tools: Vec<String> = tools
        .map(|tool| write_tool(tool, names, left_out))
        .collect();
    let mut pairs: Pairs = vec![("tools", array(&tools))];
    let choice = match &conversation.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::Never => Some(quoted("none")),
        ToolChoice::Any => Some(quoted("required")),
        ToolChoice::Tool { namespace, name } => {
            let name = names.provider_name(namespace.as_deref(), name);
            let function = object(&[("name", quoted(&name))]);
            Some(object(&[
                ("type", quoted("function")),
                ("function", function),
            ]))
        }
    };
    pairs.extend(choice.map(|choice| ("tool_choice", choice)));
    if conversation.one_call_at_a_time {
        pairs.push(("parallel_tool_calls", "false".to_owned()));
    }
    pairs
}

fn write_tool(tool: &Tool, names: &Names, left_out: &mut Vec<LeftOut>) -> String {
    let name = names.provider_name(tool.namespace.as_deref(), &tool.name);
    let Function {
        description,
        schema,
        strict,
    } = Function::of(tool, Enforcer::OpenAi, left_out);
    let mut function: Pairs = vec![("name", quoted(&name))];
    function.extend(description.map(|text| ("description", quoted(&text))));
    function.push(("parameters", schema));
    if strict {
        function.push(("strict", "true".to_owned()));
    }
    object(&[
        ("type", quoted("function")),
        ("function", object(&function)),
    ])
}

fn write_limits(conversation: &Conversation, target: &Target) -> Read<Pairs> {
    let mut pairs = Pairs::new();
    if let Some(limit) = conversation.max_tokens {
        let key = match target.chat_limit {
            ChatLimit::MaxCompletionTokens => "max_completion_tokens",
            ChatLimit::MaxTokens => "max_tokens",
        };
        pairs.push((key, limit.to_string()));
    }
    if conversation.stop_sequences.len() > 4 {
        return Err(Wish::MoreThanFourStopSequences.unsayable_in(DIALECT));
    }
    if !conversation.stop_sequences.is_empty() {
        let stops: Vec<String> = conversation
            .stop_sequences
            .iter()
            .map(|stop| quoted(stop))
            .collect();
        pairs.push(("stop", array(&stops)));
    }
    pairs.extend(
        conversation
            .temperature
            .map(|value| ("temperature", value.to_string())),
    );
    pairs.extend(conversation.top_p.map(|value| ("top_p", value.to_string())));
    Ok(pairs)
}

fn write_format(requested: &VendorFormat<'_>) -> Option<String> {
    if requested.json {
        return Some(object(&[("type", quoted("json_object"))]));
    }
    let (schema, strict) = requested.schema.as_ref()?;
    let name = requested.name.unwrap_or("answer");
    let mut inner: Pairs = vec![("name", quoted(name))];
    inner.extend(
        requested
            .description
            .map(|text| ("description", quoted(text))),
    );
    inner.push(("schema", schema.clone()));
    inner.push(("strict", strict.to_string()));
    Some(object(&[
        ("type", quoted("json_schema")),
        ("json_schema", object(&inner)),
    ]))
}
