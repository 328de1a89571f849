use super::DIALECT;
use crate::request::dropped::{LeftOut, Why};
use crate::request::model::{
    Call, Document, DocumentBody, File, Image, Input, Part, Role, ToolResult, Turn,
};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::part_text::{inline, result_text};
use crate::request::untranslatable::Untranslatable;

const CACHE_MARKS: [(&str, Fate); 2] = [
    ("cache_control", Fate::LeftOut(Why::CacheMark)),
    ("prompt_cache_breakpoint", Fate::LeftOut(Why::CacheMark)),
];

const FATES: &[(&str, Fate)] = &[
    CACHE_MARKS[0],
    CACHE_MARKS[1],
    ("name", Fate::LeftOut(Why::Identity)),
    ("id", Fate::LeftOut(Why::Bookkeeping)),
    ("annotations", Fate::LeftOut(Why::Bookkeeping)),
    // Names of the thinking of an earlier response, at servers of open models and routers.
    ("reasoning_content", Fate::LeftOut(Why::Thinking)),
    ("reasoning", Fate::LeftOut(Why::Thinking)),
    ("reasoning_details", Fate::LeftOut(Why::Thinking)),
    ("thinking_blocks", Fate::LeftOut(Why::Thinking)),
    ("provider_specific_fields", Fate::LeftOut(Why::Bookkeeping)),
    // The single call of the older API.
    ("function_call", Fate::Refused),
    // A spoken response, by its id.
    ("audio", Fate::Kept),
    // The message is a prefix of the response.
    ("prefix", Fate::Only("false")),
    ("partial", Fate::Only("false")),
];

const CALL_FATES: &[(&str, Fate)] = &[
    ("index", Fate::LeftOut(Why::Bookkeeping)),
    // Field for the signature of the thinking before a call, at Gemini's endpoint.
    ("extra_content", Fate::LeftOut(Why::Thinking)),
    ("provider_specific_fields", Fate::LeftOut(Why::Bookkeeping)),
];

pub(crate) fn read_message(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Option<Turn>> {
    let mut message = Object::read(DIALECT, "messages[]", json)?;
    let role = message.needed_text("role")?;
    let content = Content::read(DIALECT, "messages[].content", message.take("content"))?;
    let mut parts = read_parts(content, left_out)?;
    let role = match &*role {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => {
            let refusal = message.text("refusal")?.filter(|text| !text.is_empty());
            parts.extend(refusal.map(Part::Text));
            for call in message.elements("tool_calls")? {
                parts.push(Part::Call(read_call(call, left_out)?));
            }
            Role::Assistant
        }
        "tool" => {
            let id = message.needed_text("tool_call_id")?;
            let (is_error, result_parts) = result_text(parts);
            parts = vec![Part::Result(ToolResult {
                id,
                is_error,
                parts: result_parts,
            })];
            Role::User
        }
        // `function`: a role of the older API, without ids that distinguish calls.
        _ => return Err(message.refused("role")),
    };
    let text_only = matches!(role, Role::System | Role::Developer);
    if text_only && !parts.iter().all(|part| matches!(part, Part::Text(_))) {
        return Err(malformed(DIALECT, "messages[].content", "text"));
    }
    message.end(FATES, left_out)?;
    Ok(Some(Turn { role, parts }))
}

fn read_parts(content: Content<'_>, left_out: &mut Vec<LeftOut>) -> Read<Vec<Part>> {
    let elements = match content {
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
    let mut part = Object::read(DIALECT, "messages[].content[]", json)?;
    let kind = part.needed_text("type")?;
    let read = match &*kind {
        "text" => Part::Text(part.needed_text("text")?),
        "refusal" => Part::Text(part.needed_text("refusal")?),
        "image_url" => {
            let mut image = part.needed_object("image_url", "image_url")?;
            let url = image.needed_text("url")?;
            let detail = image.text("detail")?.filter(|detail| detail != "auto");
            image.end(&[], left_out)?;
            let file = inline(&url).unwrap_or(File::Address(url));
            Part::Image(Image { file, detail })
        }
        "file" => {
            let file = part.needed_object("file", "file")?;
            Part::Document(read_document(file, left_out)?)
        }
        _ => {
            let dialect = DIALECT;
            return Err(Untranslatable::Part { dialect, kind });
        }
    };
    part.end(&CACHE_MARKS, left_out)?;
    Ok(read)
}

fn read_document(mut file: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Document> {
    if file.take("file_id").is_some() {
        let field = file.path("file_id");
        return Err(Untranslatable::Kept { field });
    }
    let data = file.needed_text("file_data")?;
    // OpenRouter also accepts an address in this field.
    let is_address = data.starts_with("https://") || data.starts_with("http://");
    let body = match inline(&data) {
        Some(inline) => inline,
        None if is_address => File::Address(data),
        None => return Err(file.refused("file_data")),
    };
    let document = Document {
        body: DocumentBody::File(body),
        title: file.text("filename")?,
        context: None,
    };
    file.end(&[], left_out)?;
    Ok(document)
}

fn read_call(json: &str, left_out: &mut Vec<LeftOut>) -> Read<Call> {
    let mut call = Object::read(DIALECT, "messages[].tool_calls[]", json)?;
    let id = call.needed_text("id")?;
    let kind = call.text("type")?.unwrap_or_else(|| "function".to_owned());
    let (place, key) = match &*kind {
        "function" => ("messages[].tool_calls[].function", "arguments"),
        "custom" => ("messages[].tool_calls[].custom", "input"),
        _ => return Err(call.refused("type")),
    };
    let mut inner = call.needed_object(&kind, place)?;
    let input = inner.text(key)?.unwrap_or_default();
    let read = Call {
        id,
        namespace: None,
        name: inner.needed_text("name")?,
        input: match &*kind {
            "function" => Input::Json(input),
            _ => Input::Text(input),
        },
    };
    inner.end(&[], left_out)?;
    call.end(CALL_FATES, left_out)?;
    Ok(read)
}
