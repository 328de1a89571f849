use catalog::{Dialect, Effort};

use super::parts::{read_parts, read_texts};
use crate::request::model::{
    Conversation, Format, Part, Role, Tool, ToolChoice, ToolInput, Turn, effort_of_budget,
};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::untranslatable::{LeftOut, Untranslatable, Why, leave_out};

pub(crate) const DIALECT: Dialect = Dialect::Anthropic;
pub(crate) const CACHE_MARK: (&str, Fate) = ("cache_control", Fate::LeftOut(Why::CacheMark));

const FATES: &[(&str, Fate)] = &[
    CACHE_MARK,
    ("metadata", Fate::LeftOut(Why::Identity)),
    ("service_tier", Fate::LeftOut(Why::Handling)),
    ("speed", Fate::LeftOut(Why::Handling)),
    // Which old results and thinking the vendor forgets before it reads: the whole conversation is told instead.
    ("context_management", Fate::LeftOut(Why::Handling)),
];

const TOOL_FATES: &[(&str, Fate)] = &[
    CACHE_MARK,
    ("eager_input_streaming", Fate::LeftOut(Why::Handling)),
    // The tool is told at once instead of when it is searched for.
    ("defer_loading", Fate::LeftOut(Why::Handling)),
    ("input_examples", Fate::LeftOut(Why::Approximate)),
    ("allowed_callers", Fate::Only(r#"["direct"]"#)),
];

/// Kinds of tools that Anthropic runs itself. The others of its own (`bash_…`, `computer_…`) the client runs, by a contract
/// that no other model has learned.
const VENDOR_TOOLS: &[&str] = &[
    "web_search_",
    "web_fetch_",
    "code_execution_",
    "tool_search_tool_",
];

pub(crate) fn read(json: &str) -> Read<Conversation> {
    let mut body = Object::read(DIALECT, "", json)?;
    body.needed_text("model")?;
    let mut conversation = Conversation {
        stop_sequences: body.texts("stop_sequences")?,
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        max_tokens: body.count("max_tokens")?,
        stream: body.flag("stream")?,
        ..Conversation::default()
    };
    let left_out = &mut conversation.left_out;
    let system = Content::read(DIALECT, "system", body.take("system"))?;
    conversation.turns.push(Turn {
        role: Role::System,
        parts: read_texts("system[]", system, left_out)?,
    });
    for message in body.elements("messages")? {
        conversation.turns.push(read_message(message, left_out)?);
    }
    for tool in body.elements("tools")? {
        conversation.tools.extend(read_tool(tool, left_out)?);
    }
    if let Some(choice) = body.object("tool_choice", "tool_choice")? {
        (conversation.tool_choice, conversation.one_call_at_a_time) =
            read_choice(choice, left_out)?;
    }
    conversation.effort = read_thinking(&mut body, left_out)?;
    read_output(&mut body, &mut conversation)?;
    body.end(FATES, &mut conversation.left_out)?;
    match conversation.turns.last() {
        Some(last) if last.role == Role::Assistant => Err(Untranslatable::Prefill),
        _ => Ok(conversation),
    }
}

fn read_message(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Turn> {
    let mut message = Object::read(DIALECT, "messages[]", json)?;
    let role = match &*message.needed_text("role")? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        // In the middle of a conversation, since the beta `mid-conversation-system-2026-04-07`.
        "system" => Role::System,
        _ => return Err(malformed(DIALECT, "messages[].role", "one of its roles")),
    };
    let content = Content::read(DIALECT, "messages[].content", message.take("content"))?;
    let parts = match (role, content) {
        (Role::System, content) => read_texts("messages[].content[]", content, left_out)?,
        (_, content) => read_parts("messages[].content[]", content, left_out)?,
    };
    message.end(&[CACHE_MARK], left_out)?;
    Ok(Turn { role, parts })
}

fn read_tool(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Option<Tool>> {
    let mut tool = Object::read(DIALECT, "tools[]", json)?;
    if let Some(kind) = tool.text("type")?.filter(|kind| kind != "custom") {
        if VENDOR_TOOLS.iter().any(|start| kind.starts_with(start)) {
            leave_out(left_out, format!("tools[]: {kind}"), Why::VendorTool);
            return Ok(None);
        }
        return Err(Untranslatable::BuiltInTool {
            dialect: DIALECT,
            tool: kind,
        });
    }
    let read = Tool {
        namespace: None,
        name: tool.needed_text("name")?,
        description: tool.text("description")?,
        input: ToolInput::Function {
            schema: tool.take("input_schema").map(str::to_owned),
            strict: tool.flag("strict")?,
        },
    };
    tool.end(TOOL_FATES, left_out)?;
    Ok(Some(read))
}

/// And whether several calls at once are forbidden.
fn read_choice(mut choice: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<(ToolChoice, bool)> {
    let read = match &*choice.needed_text("type")? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Any,
        "none" => ToolChoice::Never,
        "tool" => ToolChoice::Tool {
            namespace: None,
            name: choice.needed_text("name")?,
        },
        _ => return Err(choice.refused("type")),
    };
    let one_at_a_time = choice.flag("disable_parallel_tool_use")?;
    choice.end(&[], left_out)?;
    Ok((read, one_at_a_time))
}

fn read_thinking(body: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Option<Effort>> {
    let Some(mut thinking) = body.object("thinking", "thinking")? else {
        return Ok(None);
    };
    let budget = thinking.count("budget_tokens")?;
    let effort = match &*thinking.needed_text("type")? {
        "enabled" => budget.map(effort_of_budget),
        "disabled" => Some(Effort::None),
        "adaptive" => None,
        _ => return Err(thinking.refused("type")),
    };
    if budget.is_some() {
        leave_out(left_out, thinking.path("budget_tokens"), Why::Approximate);
    }
    // Whether thinking is shown, which it never is across vendors.
    thinking.end(&[("display", Fate::LeftOut(Why::Thinking))], left_out)?;
    Ok(effort)
}

/// `output_config`, and `output_format`, which came before it.
fn read_output(body: &mut Object<'_>, conversation: &mut Conversation) -> Read<()> {
    let left_out = &mut conversation.left_out;
    let mut format = body.object("output_format", "output_format")?;
    if let Some(mut config) = body.object("output_config", "output_config")? {
        if let Some(name) = config.text("effort")? {
            let effort = Effort::named(&name).ok_or_else(|| config.refused("effort"))?;
            // Thinking that is off stays off, however much effort goes into the answer.
            if conversation.effort != Some(Effort::None) {
                conversation.effort = Some(effort);
            }
        }
        format = config.object("format", "output_config.format")?.or(format);
        config.end(&[], left_out)?;
    }
    let Some(mut format) = format else {
        return Ok(());
    };
    if format.needed_text("type")? != "json_schema" {
        return Err(format.refused("type"));
    }
    let schema = format.take("schema").map(str::to_owned);
    conversation.format = Format::Schema {
        name: format.text("name")?,
        description: None,
        schema: schema.ok_or_else(|| malformed(DIALECT, &format.path("schema"), "an object"))?,
        strict: true,
    };
    format.end(&[], left_out)
}

/// What a part says that is not empty: a text without a character is refused by Anthropic itself.
pub(crate) fn some_text(text: String) -> Option<Part> {
    (!text.is_empty()).then_some(Part::Text(text))
}
