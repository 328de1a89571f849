use super::DIALECT;
use super::tools::read_additional_tools;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{
    Call, Document, DocumentBody, File, Image, Input, Part, Role, Tool, ToolResult, Turn,
};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::part_text::{inline, result_text};
use crate::request::untranslatable::Untranslatable;

const FATES: &[(&str, Fate)] = &[
    ("id", Fate::LeftOut(Why::Bookkeeping)),
    ("status", Fate::LeftOut(Why::Bookkeeping)),
    // Marks a message as an interim remark or as the final response.
    ("phase", Fate::LeftOut(Why::Bookkeeping)),
    // Sent by Codex, only for OpenAI.
    (
        "internal_chat_message_metadata_passthrough",
        Fate::LeftOut(Why::Identity),
    ),
    ("create_time", Fate::LeftOut(Why::Bookkeeping)),
    ("content_item_metadata", Fate::LeftOut(Why::Bookkeeping)),
    ("prompt_cache_breakpoint", Fate::LeftOut(Why::CacheMark)),
    ("created_by", Fate::LeftOut(Why::Bookkeeping)),
    // Arguments that only the vendor can decrypt.
    ("encrypted_function_args", Fate::Kept),
];

/// Items of tools that the vendor executes; the response's text contains their findings.
const VENDOR_ITEMS: &[&str] = &[
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "tool_search_call",
    "mcp_call",
    "mcp_list_tools",
];

/// Items that only Codex and its vendor use; they have no content.
const MARKS: &[&str] = &["configuration_update", "ghost_snapshot"];

const PART_FATES: &[(&str, Fate)] = &[
    ("prompt_cache_breakpoint", Fate::LeftOut(Why::CacheMark)),
    ("annotations", Fate::LeftOut(Why::Bookkeeping)),
    ("logprobs", Fate::LeftOut(Why::Bookkeeping)),
];

/// `brought`: the tools that the conversation's items have declared so far.
pub(crate) fn read_item(
    json: &str,
    brought: &mut Vec<Tool>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Option<Turn>> {
    let mut item = Object::read(DIALECT, "input[]", json)?;
    let kind = item.text("type")?.unwrap_or_else(|| "message".to_owned());
    let turn = match &*kind {
        "message" => read_message(&mut item, left_out)?,
        "function_call" | "custom_tool_call" => Turn {
            role: Role::Assistant,
            parts: vec![Part::Call(read_call(&mut item, &kind)?)],
        },
        "function_call_output" | "custom_tool_call_output" => Turn {
            role: Role::User,
            parts: vec![Part::Result(read_result(&mut item, left_out)?)],
        },
        "additional_tools" => {
            // The role is always `developer`.
            item.take("role");
            read_additional_tools(&mut item, brought, left_out)?;
            item.end(FATES, left_out)?;
            return Ok(None);
        }
        // Tools that the client's own search found: declared from this point on.
        "tool_search_output" => {
            read_additional_tools(&mut item, brought, left_out)?;
            leave_out(left_out, "input[]: tool_search_output", Why::VendorResult);
            return Ok(None);
        }
        // A message from another agent of the client to this one.
        "agent_message" => {
            let turn = read_agent_message(&mut item, left_out)?;
            let names = ["author", "recipient"].map(|key| (key, Fate::LeftOut(Why::Bookkeeping)));
            item.end(&[FATES, &names[..]].concat(), left_out)?;
            return Ok(Some(turn));
        }
        "reasoning" => {
            leave_out(left_out, "input[]: reasoning", Why::Thinking);
            return Ok(None);
        }
        _ if VENDOR_ITEMS.contains(&&*kind) => {
            leave_out(left_out, format!("input[]: {kind}"), Why::VendorResult);
            return Ok(None);
        }
        _ if MARKS.contains(&&*kind) => {
            leave_out(left_out, format!("input[]: {kind}"), Why::Bookkeeping);
            return Ok(None);
        }
        // An encrypted summary that only its vendor can decrypt.
        "compaction" | "compaction_summary" | "context_compaction" => {
            let field = format!("input[]: {kind}");
            return Err(Untranslatable::Kept { field });
        }
        "item_reference" => {
            let field = "input[]: item_reference".to_owned();
            return Err(Untranslatable::Kept { field });
        }
        _ => {
            let dialect = DIALECT;
            return Err(Untranslatable::Part { dialect, kind });
        }
    };
    item.end(FATES, left_out)?;
    Ok(Some(turn))
}

fn read_message(item: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Turn> {
    let role = match &*item.needed_text("role")? {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return Err(item.refused("role")),
    };
    let parts = read_parts("input[].content", item.take("content"), left_out)?;
    let text_only = role != Role::User;
    if text_only && !parts.iter().all(|part| matches!(part, Part::Text(_))) {
        return Err(malformed(DIALECT, "input[].content", "text"));
    }
    Ok(Turn { role, parts })
}

fn read_agent_message(item: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Turn> {
    let content = item.take("content");
    if content.is_some_and(|raw| raw.contains("\"encrypted_content\"")) {
        let field = "input[]: agent_message".to_owned();
        return Err(Untranslatable::Kept { field });
    }
    Ok(Turn {
        role: Role::User,
        parts: read_parts("input[].content", content, left_out)?,
    })
}

fn read_call(item: &mut Object<'_>, kind: &str) -> Read<Call> {
    Ok(Call {
        id: item.needed_text("call_id")?,
        namespace: item.text("namespace")?,
        name: item.needed_text("name")?,
        input: match kind {
            "function_call" => Input::Json(item.text("arguments")?.unwrap_or_default()),
            _ => Input::Text(item.text("input")?.unwrap_or_default()),
        },
    })
}

fn read_result(item: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<ToolResult> {
    let parts = read_parts("input[].output", item.take("output"), left_out)?;
    let (is_error, parts) = result_text(parts);
    Ok(ToolResult {
        id: item.needed_text("call_id")?,
        is_error,
        parts,
    })
}

fn read_parts(
    place: &'static str,
    content: Option<&str>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Vec<Part>> {
    let elements = match Content::read(DIALECT, place, content)? {
        Content::Text(text) if text.is_empty() => return Ok(Vec::new()),
        Content::Text(text) => return Ok(vec![Part::Text(text)]),
        Content::Parts(elements) => elements,
    };
    let mut parts = Vec::new();
    for element in elements {
        let part = read_part(element, left_out)?;
        let is_empty = matches!(&part, Part::Text(text) if text.is_empty());
        parts.extend((!is_empty).then_some(part));
    }
    Ok(parts)
}

fn read_part(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Part> {
    let mut part = Object::read(DIALECT, "input[].content[]", json)?;
    let kind = part.needed_text("type")?;
    let read = match &*kind {
        "input_text" | "output_text" | "text" => Part::Text(part.needed_text("text")?),
        "refusal" => Part::Text(part.needed_text("refusal")?),
        "input_image" => {
            refuse_kept(&mut part)?;
            let url = part.needed_text("image_url")?;
            let detail = part.text("detail")?.filter(|detail| detail != "auto");
            let file = inline(&url).unwrap_or(File::Address(url));
            Part::Image(Image { file, detail })
        }
        "input_file" => {
            refuse_kept(&mut part)?;
            let title = part.text("filename")?;
            let file = match part.text("file_url")? {
                Some(url) => File::Address(url),
                None => {
                    let data = inline(&part.needed_text("file_data")?);
                    data.ok_or_else(|| part.refused("file_data"))?
                }
            };
            Part::Document(Document {
                body: DocumentBody::File(file),
                title,
                context: None,
            })
        }
        _ => {
            let dialect = DIALECT;
            return Err(Untranslatable::Part { dialect, kind });
        }
    };
    part.end(PART_FATES, left_out)?;
    Ok(read)
}

fn refuse_kept(part: &mut Object<'_>) -> Read<()> {
    match part.take("file_id") {
        Some(_) => Err(Untranslatable::Kept {
            field: part.path("file_id"),
        }),
        None => Ok(()),
    }
}
