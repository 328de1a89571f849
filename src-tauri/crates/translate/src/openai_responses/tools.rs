//! The tools and the tool choice of a request.

use super::DIALECT;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Tool, ToolChoice, ToolInput};
use crate::request::object::{Fate, Object, Read};
use crate::request::untranslatable::Untranslatable;

const TOOL_FATES: &[(&str, Fate)] = &[
    // The tool is declared at once instead of after a tool search.
    ("defer_loading", Fate::LeftOut(Why::Handling)),
    ("prompt_cache_breakpoint", Fate::LeftOut(Why::CacheMark)),
    ("output_schema", Fate::LeftOut(Why::Approximate)),
    ("allowed_callers", Fate::Only(r#"["direct"]"#)),
];

/// Tools that OpenAI executes. The client executes `computer`, `local_shell`, `apply_patch` and similar tools, with a contract
/// that other models do not know.
const VENDOR_TOOLS: &[&str] = &[
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "image_generation",
    "tool_search",
    "mcp",
];

/// Resellers' tools have the same names with a prefix (`openrouter:web_search`).
pub(crate) fn is_vendor_tool(kind: &str) -> bool {
    let name = kind.split_once(':').map_or(kind, |(_, name)| name);
    VENDOR_TOOLS.iter().any(|known| name.starts_with(known))
}

/// The tools of a conversation item; another model gets them from the start.
pub(super) fn read_additional_tools(
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

/// A later declaration replaces an earlier one of the same tool.
pub(super) fn declare(tools: &mut Vec<Tool>, more: Vec<Tool>) {
    tools.retain(|tool| {
        let same = |other: &Tool| other.name == tool.name && other.namespace == tool.namespace;
        !more.iter().any(same)
    });
    tools.extend(more);
}

pub(super) fn read_tool(
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
        // A group of tools; each tool keeps the group's name as its namespace.
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
        _ if is_vendor_tool(&kind) => {
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
    tool.end(TOOL_FATES, left_out)
}

pub(super) fn read_choice(json: &str) -> Read<ToolChoice> {
    match json {
        r#""auto""# => return Ok(ToolChoice::Auto),
        r#""none""# => return Ok(ToolChoice::Never),
        r#""required""# => return Ok(ToolChoice::Any),
        _ => {}
    }
    let mut choice = Object::read(DIALECT, "tool_choice", json)?;
    match &*choice.needed_text("type")? {
        "function" | "custom" => {
            let chosen = ToolChoice::Tool {
                namespace: choice.text("namespace")?,
                name: choice.needed_text("name")?,
            };
            choice.end_strictly(&[], &mut Vec::new())?;
            Ok(chosen)
        }
        "allowed_tools" => Err(choice.refused("tools")),
        kind => Err(Untranslatable::BuiltInTool {
            dialect: DIALECT,
            tool: kind.to_owned(),
        }),
    }
}
