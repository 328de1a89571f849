use catalog::{Dialect, Effort};

use super::item::read_item;
use crate::request::model::{Conversation, Format, Part, Role, Tool, ToolChoice, ToolInput, Turn};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::untranslatable::{LeftOut, Untranslatable, Why, leave_out};

pub(crate) const DIALECT: Dialect = Dialect::OpenaiResponses;

/// What the vendor keeps from earlier requests, or is asked to keep for later ones.
const KEPT: &[&str] = &["previous_response_id", "conversation", "prompt"];

const FATES: &[(&str, Fate)] = &[
    ("user", Fate::LeftOut(Why::Identity)),
    ("safety_identifier", Fate::LeftOut(Why::Identity)),
    ("metadata", Fate::LeftOut(Why::Identity)),
    ("client_metadata", Fate::LeftOut(Why::Identity)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_key", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_retention", Fate::LeftOut(Why::Handling)),
    ("stream_options", Fate::LeftOut(Why::Handling)),
    // What is forgotten where the window is full: a conversation that is too long is not given to this candidate at all.
    ("truncation", Fate::LeftOut(Why::Handling)),
    // Of the vendor's own tools.
    ("max_tool_calls", Fate::LeftOut(Why::VendorTool)),
    ("background", Fate::Only("false")),
    ("top_logprobs", Fate::Only("0")),
];

/// Tools that OpenAI runs itself. `computer`, `local_shell`, `apply_patch` and the like are run by the client, by a contract
/// that no other model has learned.
const VENDOR_TOOLS: &[&str] = &[
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "image_generation",
    "tool_search",
];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    for key in KEPT {
        if body.take(key).is_some() {
            let field = (*key).to_owned();
            return Err(Untranslatable::Kept { field });
        }
    }
    let mut conversation = Conversation {
        one_call_at_a_time: !body.flag_or("parallel_tool_calls", true)?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.count("max_output_tokens")?,
        stream: body.flag("stream")?,
        ..Conversation::default()
    };
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
            let effort = Effort::named(&name).ok_or_else(|| reasoning.refused("effort"))?;
            conversation.effort = Some(effort);
        }
        // What is shown of its thinking, and of which turns it is shown again.
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
    body.end(FATES, left_out)?;
    Ok(conversation)
}

/// `store: false`: nothing is lost. Absent, the vendor would keep the answer, and a client could refer to it: from a stand-in it
/// cannot, which is listed. Asked for in so many words, it is a demand.
fn read_store(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<()> {
    match body.take("store") {
        Some("false") => Ok(()),
        Some(_) => Err(Untranslatable::Kept {
            field: "store".to_owned(),
        }),
        None => {
            leave_out(left_out, "store", Why::Handling);
            Ok(())
        }
    }
}

fn read_include(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<()> {
    for included in body.texts("include")? {
        let why = match &*included {
            "reasoning.encrypted_content" => Why::Thinking,
            "web_search_call.action.sources" | "web_search_call.results" => Why::VendorTool,
            _ => return Err(body.refused(&format!("include: {included}"))),
        };
        leave_out(left_out, format!("include: {included}"), why);
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

/// The tools of an item of the conversation, which a model without them at hand is told from the beginning.
pub(crate) fn read_additional_tools(
    item: &mut Object<'_>,
    brought: &mut Vec<Tool>,
    left_out: &mut Vec<LeftOut>,
) -> Read<()> {
    let mut tools = Vec::new();
    for tool in item.elements("tools")? {
        read_tool(None, tool, &mut tools, left_out)?;
    }
    declare(brought, tools);
    Ok(())
}

/// A tool that was declared before is declared anew.
fn declare(tools: &mut Vec<Tool>, more: Vec<Tool>) {
    tools.retain(|tool| {
        let same = |other: &Tool| other.name == tool.name && other.namespace == tool.namespace;
        !more.iter().any(same)
    });
    tools.extend(more);
}

fn read_tool(
    namespace: Option<&str>,
    json: &str,
    tools: &mut Vec<Tool>,
    left_out: &mut Vec<LeftOut>,
) -> Read<()> {
    let mut tool = Object::read(DIALECT, "tools[]", json)?;
    let kind = tool.needed_text("type")?;
    let input = match &*kind {
        "function" => ToolInput::Function {
            schema: tool.take("parameters").map(str::to_owned),
            strict: tool.flag("strict")?,
        },
        "custom" => ToolInput::Custom {
            grammar: tool.take("format").map(str::to_owned),
        },
        // A group under one heading, which the names of its tools keep.
        "namespace" if namespace.is_none() => {
            let name = tool.needed_text("name")?;
            for inner in tool.elements("tools")? {
                read_tool(Some(&name), inner, tools, left_out)?;
            }
            return tool.end(
                &[("description", Fate::LeftOut(Why::Approximate))],
                left_out,
            );
        }
        _ if VENDOR_TOOLS.iter().any(|known| kind.starts_with(known)) => {
            leave_out(left_out, format!("tools[]: {kind}"), Why::VendorTool);
            return Ok(());
        }
        _ => {
            let (dialect, tool) = (DIALECT, kind);
            return Err(Untranslatable::BuiltInTool { dialect, tool });
        }
    };
    tools.push(Tool {
        namespace: namespace.map(str::to_owned),
        name: tool.needed_text("name")?,
        description: tool.text("description")?,
        input,
    });
    // The tool is told at once instead of when it is searched for.
    tool.end(&[("defer_loading", Fate::LeftOut(Why::Handling))], left_out)
}

fn read_choice(json: &str) -> Read<ToolChoice> {
    match json {
        r#""auto""# => return Ok(ToolChoice::Auto),
        r#""none""# => return Ok(ToolChoice::Never),
        r#""required""# => return Ok(ToolChoice::Any),
        _ => {}
    }
    let mut choice = Object::read(DIALECT, "tool_choice", json)?;
    match &*choice.needed_text("type")? {
        "function" | "custom" => Ok(ToolChoice::Tool {
            namespace: choice.text("namespace")?,
            name: choice.needed_text("name")?,
        }),
        "allowed_tools" => Err(choice.refused("tools")),
        kind => Err(Untranslatable::BuiltInTool {
            dialect: DIALECT,
            tool: kind.to_owned(),
        }),
    }
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
    format.end(&[], left_out)?;
    Ok(read)
}
