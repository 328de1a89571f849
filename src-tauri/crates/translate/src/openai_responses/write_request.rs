use crate::Names;
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
use crate::request::target::Target;
use crate::request::text::{Pairs, array, object, quoted};
use crate::request::untranslatable::Wish;

use super::DIALECT;

/// The minimum that OpenAI accepts as `max_output_tokens`.
const LEAST_LIMIT: u64 = 16;

/// # Errors The conversation has content that Responses does not support.
pub(crate) fn write(
    conversation: &Conversation,
    target: &Target,
    names: &Names,
    left_out: &mut Vec<LeftOut>,
) -> Read<(String, Option<Wanted>)> {
    if !conversation.stop_sequences.is_empty() {
        return Err(Wish::StopSequences.unsayable_in(DIALECT));
    }
    let mut body: Pairs = vec![("model", quoted(&target.model))];
    let mut items = Vec::new();
    for turn in &conversation.turns {
        write_turn(turn, names, &mut items);
    }
    body.push(("input", array(&items)));
    body.extend(write_tools(conversation, names, left_out));
    if let Some(limit) = conversation.max_tokens {
        if limit < LEAST_LIMIT {
            leave_out(left_out, format!("max_tokens: {limit}"), Why::Approximate);
        }
        body.push(("max_output_tokens", limit.max(LEAST_LIMIT).to_string()));
    }
    body.extend(
        conversation
            .temperature
            .map(|value| ("temperature", value.to_string())),
    );
    body.extend(conversation.top_p.map(|value| ("top_p", value.to_string())));
    if let Some(effort) = conversation.effort {
        let effort = object(&[("effort", quoted(effort.as_str()))]);
        body.push(("reasoning", effort));
    }
    body.extend(target.sampling(conversation, DIALECT, left_out));
    let requested = VendorFormat::of(&conversation.format, Enforcer::OpenAi, left_out);
    body.extend(write_text(conversation, &requested).map(|text| ("text", text)));
    // The client's own vendor stored nothing that this endpoint could use.
    body.push(("store", "false".to_owned()));
    if conversation.stream {
        body.push(("stream", "true".to_owned()));
    }
    Ok((object(&body), requested.wanted))
}

fn write_turn(turn: &Turn, names: &Names, items: &mut Vec<String>) {
    let role = match turn.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let mut content = Vec::new();
    for part in &turn.parts {
        match part {
            Part::Call(call) => {
                end_message(role, &mut content, items);
                items.push(write_call(call, names));
            }
            Part::Result(result) => {
                end_message(role, &mut content, items);
                items.push(write_result(result, names));
            }
            Part::Text(text) if turn.role == Role::Assistant => {
                content.push(text_part("output_text", text));
            }
            Part::Text(_) | Part::Image(_) | Part::Document(_) => {
                content.extend(write_part(part));
            }
        }
    }
    end_message(role, &mut content, items);
}

/// Writes the collected texts as one message.
fn end_message(role: &str, content: &mut Vec<String>, items: &mut Vec<String>) {
    if content.is_empty() {
        return;
    }
    items.push(object(&[
        ("type", quoted("message")),
        ("role", quoted(role)),
        ("content", array(content)),
    ]));
    content.clear();
}

fn text_part(kind: &str, text: &str) -> String {
    object(&[("type", quoted(kind)), ("text", quoted(text))])
}

/// `None`: not a part of a message.
fn write_part(part: &Part) -> Option<String> {
    match part {
        Part::Text(text) => Some(text_part("input_text", text)),
        Part::Image(image) => {
            let url = quoted(&address(&image.file));
            let mut block: Pairs = vec![("type", quoted("input_image")), ("image_url", url)];
            block.extend(image.detail.iter().map(|detail| ("detail", quoted(detail))));
            Some(object(&block))
        }
        Part::Document(document) => Some(write_document(document)),
        Part::Call(_) | Part::Result(_) => None,
    }
}

fn write_document(document: &Document) -> String {
    let (key, value) = match &document.body {
        DocumentBody::Text(text) => return text_part("input_text", &as_text(document, text)),
        DocumentBody::File(file @ File::Inline { .. }) => ("file_data", address(file)),
        DocumentBody::File(file @ File::Address(_)) => ("file_url", address(file)),
    };
    let mut block: Pairs = vec![("type", quoted("input_file"))];
    let title = document.title.as_deref();
    let title = title.or((key == "file_data").then_some("document.pdf"));
    block.extend(title.map(|title| ("filename", quoted(title))));
    block.push((key, quoted(&value)));
    object(&block)
}

fn write_call(call: &Call, names: &Names) -> String {
    let name = names.provider_name(call.namespace.as_deref(), &call.name);
    object(&[
        ("type", quoted("function_call")),
        ("call_id", quoted(&names.provider_id(&call.id))),
        ("name", quoted(&name)),
        ("arguments", quoted(&arguments(&call.input))),
    ])
}

fn write_result(result: &ToolResult, names: &Names) -> String {
    let mut parts = result.parts.clone();
    if result.is_error {
        match parts.first_mut() {
            Some(Part::Text(first)) => first.insert_str(0, FAILED),
            _ => parts.insert(0, Part::Text(FAILED.to_owned())),
        }
    }
    let output = match parts.as_slice() {
        [] => quoted(""),
        [Part::Text(text)] => quoted(text),
        parts => array(&parts.iter().filter_map(write_part).collect::<Vec<_>>()),
    };
    object(&[
        ("type", quoted("function_call_output")),
        ("call_id", quoted(&names.provider_id(&result.id))),
        ("output", output),
    ])
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
            Some(object(&[
                ("type", quoted("function")),
                ("name", quoted(&name)),
            ]))
        }
    };
    pairs.extend(choice.map(|choice| ("tool_choice", choice)));
    if conversation.one_call_at_a_time {
        pairs.push(("parallel_tool_calls", "false".to_owned()));
    }
    pairs
}

/// `strict` is always written: its default is true in this dialect, and false in the others.
fn write_tool(tool: &Tool, names: &Names, left_out: &mut Vec<LeftOut>) -> String {
    let name = names.provider_name(tool.namespace.as_deref(), &tool.name);
    let Function {
        description,
        schema,
        strict,
    } = Function::of(tool, Enforcer::OpenAi, left_out);
    let mut function: Pairs = vec![("type", quoted("function")), ("name", quoted(&name))];
    function.extend(description.map(|text| ("description", quoted(&text))));
    function.push(("parameters", schema));
    function.push(("strict", strict.to_string()));
    object(&function)
}

fn write_text(conversation: &Conversation, requested: &VendorFormat<'_>) -> Option<String> {
    let mut text = Pairs::new();
    if requested.json {
        text.push(("format", object(&[("type", quoted("json_object"))])));
    }
    if let Some((schema, strict)) = &requested.schema {
        let name = quoted(requested.name.unwrap_or("answer"));
        let mut format: Pairs = vec![("type", quoted("json_schema")), ("name", name)];
        format.extend(
            requested
                .description
                .map(|text| ("description", quoted(text))),
        );
        format.push(("schema", schema.clone()));
        format.push(("strict", strict.to_string()));
        text.push(("format", object(&format)));
    }
    text.extend(
        conversation
            .verbosity
            .iter()
            .map(|name| ("verbosity", quoted(name))),
    );
    (!text.is_empty()).then(|| object(&text))
}
