//! The parts of a request that an agent acts on.

use catalog::Dialect;
use translate::{ClientTool, Conversation, Input, Names, Part, Role, ToolChoice, ToolKind, Turn};

/// The texts, calls and results of the conversation, in order; instructions are separate, since Messages has them at the start.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Acted {
    instructions: Vec<String>,
    text: Vec<String>,
    tools: Vec<String>,
    choice: String,
}

/// Read through `names` if the conversation was sent to another candidate before.
pub(crate) fn acted(conversation: &Conversation, names: Option<&Names>) -> Acted {
    let tool = |namespace: Option<&str>, name: &str| match names {
        Some(names) => names.client_tool(name),
        None => ClientTool {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            kind: ToolKind::Function,
        },
    };
    let full = |tool: ClientTool| format!("{:?} {}", tool.namespace, tool.name);
    let mut acted = Acted::default();
    for Turn { role, parts } in &conversation.turns {
        for part in parts {
            match (role, part) {
                (Role::System | Role::Developer, part) => {
                    acted.instructions.push(format!("{part:?}"));
                }
                (_, Part::Call(call)) => {
                    let input = match &call.input {
                        Input::Json(json) if json.is_empty() => "{}",
                        Input::Json(json) | Input::Text(json) => json,
                    };
                    let name = full(tool(call.namespace.as_deref(), &call.name));
                    acted
                        .text
                        .push(format!("call {} {name} {input}", plain(&call.id)));
                }
                (_, Part::Result(result)) => {
                    let id = plain(&result.id);
                    let (failed, parts) = (result.is_error, &result.parts);
                    acted.text.push(format!("result {id} {failed} {parts:?}"));
                }
                (role, part) => acted.text.push(format!("{role:?} {part:?}")),
            }
        }
    }
    let tools = conversation.tools.iter();
    acted.tools = tools
        .map(|declared| {
            let name = full(tool(declared.namespace.as_deref(), &declared.name));
            // A model without free-text tools gets the format in the description.
            let about = declared.description.as_deref().map(|about| {
                let own = about.split_once("`input` follows this format");
                own.map_or(about, |(own, _)| own.trim_end())
            });
            format!("{name} {about:?}")
        })
        .collect();
    acted.choice = match &conversation.tool_choice {
        ToolChoice::Tool { namespace, name } => full(tool(namespace.as_deref(), name)),
        other @ (ToolChoice::Auto | ToolChoice::Never | ToolChoice::Any) => format!("{other:?}"),
    };
    acted
}

/// An id without the encoding that a dialect required.
fn plain(id: &str) -> String {
    if !id.starts_with("us-") {
        return id.to_owned();
    }
    Names::new(Dialect::OpenaiChat, Dialect::OpenaiChat, [], [id]).provider_id(id)
}
