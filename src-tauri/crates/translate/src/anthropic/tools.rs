//! The tools of a request, and their changes within a conversation.

use super::DIALECT;
use super::parts::CACHE_MARK;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Conversation, Tool, ToolChoice, ToolInput};
use crate::request::object::{Fate, Object, Read, malformed};
use crate::request::untranslatable::Untranslatable;

const TOOL_FATES: &[(&str, Fate)] = &[
    CACHE_MARK,
    ("eager_input_streaming", Fate::LeftOut(Why::Handling)),
    // The tool is declared at once instead of after a tool search.
    ("defer_loading", Fate::LeftOut(Why::Handling)),
    ("input_examples", Fate::LeftOut(Why::Approximate)),
    // The server that provides a tool.
    ("ownership_metadata", Fate::LeftOut(Why::Identity)),
    ("server_url", Fate::LeftOut(Why::Identity)),
    ("allowed_callers", Fate::Only(r#"["direct"]"#)),
];

/// Kinds of tools that Anthropic executes. The client executes Anthropic's other tools (`bash_…`, `computer_…`), with a
/// contract that other models do not know.
const VENDOR_TOOLS: &[&str] = &[
    "web_search_",
    "web_fetch_",
    "code_execution_",
    "tool_search_tool_",
    "advisor_",
    "mcp_toolset",
];

pub(super) fn read_tools(body: &mut Object<'_>, conversation: &mut Conversation) -> Read<()> {
    let left_out = &mut conversation.left_out;
    for tool in body.elements("tools")? {
        conversation.tools.extend(read_tool(tool, left_out)?);
    }
    // Servers whose tools the vendor calls.
    if !body.elements("mcp_servers")?.is_empty() {
        leave_out(left_out, "tools[]: mcp_servers", Why::VendorTool);
    }
    Ok(())
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

/// Also returns whether parallel calls are forbidden.
pub(super) fn read_choice(
    mut choice: Object<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Read<(ToolChoice, bool)> {
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
    choice.end_strictly(&[], left_out)?;
    Ok((read, one_at_a_time))
}

/// A change of the tools within the conversation (beta `mid-conversation-tool-changes-2026-07-01`).
#[derive(Debug)]
pub(super) enum Change {
    /// A tool that the request declares becomes available, for the first time or again.
    Shown(String),
    /// A tool that this message declares. It is available from here on.
    Added(Tool),
    Removed(String),
}

/// `tool_addition` or `tool_removal`. `None`: any other part.
pub(super) fn read_change(part: &str, left_out: &mut Vec<LeftOut>) -> Read<Option<Change>> {
    let mut part = Object::read(DIALECT, "messages[].content[]", part)?;
    let adds = match part.text("type")?.as_deref() {
        Some("tool_addition") => true,
        Some("tool_removal") => false,
        _ => return Ok(None),
    };
    let place = "messages[].content[].tool";
    let mut tool = part.needed_object("tool", place)?;
    let change = match (&*tool.needed_text("type")?, adds) {
        ("tool_reference", true) => Change::Shown(tool.needed_text("name")?),
        ("tool_reference", false) => Change::Removed(tool.needed_text("name")?),
        ("tool_definition", true) => {
            let definition = tool.take("definition");
            let definition = definition.ok_or_else(|| malformed(DIALECT, place, "a definition"))?;
            match read_tool(definition, left_out)? {
                Some(tool) => Change::Added(tool),
                None => return Ok(Some(Change::Shown(String::new()))),
            }
        }
        _ => return Err(tool.refused("type")),
    };
    tool.end(&[], left_out)?;
    part.end(&[CACHE_MARK], left_out)?;
    Ok(Some(change))
}

/// Applies the changes, so that `tools` are those at the end of the conversation.
pub(super) fn apply(tools: &mut Vec<Tool>, changes: Vec<Change>) {
    if changes.is_empty() {
        return;
    }
    let declared = tools.clone();
    for change in changes {
        match change {
            Change::Shown(name) => {
                let known = |tool: &&Tool| tool.name == name;
                if !tools.iter().any(|tool| tool.name == name) {
                    tools.extend(declared.iter().find(known).cloned());
                }
            }
            Change::Added(tool) => {
                tools.retain(|known| known.name != tool.name);
                tools.push(tool);
            }
            Change::Removed(name) => tools.retain(|tool| tool.name != name),
        }
    }
}
