use super::DIALECT;
use crate::request::dropped::{LeftOut, Why, leave_out};
use crate::request::model::{Call, Document, DocumentBody, File, Image, Input, Part, ToolResult};
use crate::request::object::{Content, Fate, Object, Read, malformed};
use crate::request::untranslatable::Untranslatable;

/// Results of Anthropic's server tools in a response; the response's text contains their findings.
const VENDOR_RESULTS: &[&str] = &[
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
];

/// Vendor markers between the blocks of a response: another model of the vendor continued, or a compaction has no summary.
const MARKS: &[&str] = &["fallback", "compaction"];

pub(super) const CACHE_MARK: (&str, Fate) = ("cache_control", Fate::LeftOut(Why::CacheMark));

const FATES: &[(&str, Fate)] = &[CACHE_MARK, ("citations", Fate::LeftOut(Why::Bookkeeping))];
const CALL_FATES: &[(&str, Fate)] = &[CACHE_MARK, ("caller", Fate::LeftOut(Why::Bookkeeping))];

pub(crate) fn read_texts(
    place: &'static str,
    content: Content<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Vec<Part>> {
    let parts = read_parts(place, content, left_out)?;
    match parts.iter().all(|part| matches!(part, Part::Text(_))) {
        true => Ok(parts),
        false => Err(malformed(DIALECT, place, "text")),
    }
}

pub(crate) fn read_parts(
    place: &'static str,
    content: Content<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Read<Vec<Part>> {
    let elements = match content {
        Content::Text(text) => return Ok(some_text(text).into_iter().collect()),
        Content::Parts(elements) => elements,
    };
    let mut parts = Vec::new();
    for element in elements {
        parts.extend(read_part(
            Object::read(DIALECT, place, element)?,
            place,
            left_out,
        )?);
    }
    Ok(parts)
}

fn read_part(
    mut part: Object<'_>,
    place: &'static str,
    left_out: &mut Vec<LeftOut>,
) -> Read<Option<Part>> {
    let kind = part.needed_text("type")?;
    let read = match &*kind {
        "text" => some_text(part.needed_text("text")?),
        "image" => {
            let file = read_file(part.needed_object("source", "image.source")?, left_out)?;
            let detail = None;
            Some(Part::Image(Image { file, detail }))
        }
        "document" => Some(Part::Document(read_document(&mut part, left_out)?)),
        "tool_use" => Some(Part::Call(read_call(&mut part)?)),
        "tool_result" => Some(Part::Result(read_result(&mut part, left_out)?)),
        "search_result" => Some(Part::Text(read_search_result(&mut part, left_out)?)),
        // A tool that a tool search found; it is already declared.
        "tool_reference" => {
            let name = part.needed_text("tool_name")?;
            Some(Part::Text(format!("The tool `{name}` is available.")))
        }
        "thinking" | "redacted_thinking" | "connector_text" => {
            leave_out(left_out, format!("{place}: {kind}"), Why::Thinking);
            return Ok(None);
        }
        _ if VENDOR_RESULTS.contains(&&*kind) => {
            leave_out(left_out, format!("{place}: {kind}"), Why::VendorResult);
            return Ok(None);
        }
        _ if MARKS.contains(&&*kind) => {
            leave_out(left_out, format!("{place}: {kind}"), Why::Bookkeeping);
            return Ok(None);
        }
        "container_upload" => return Err(kept(&part, "container_upload")),
        _ => {
            let dialect = DIALECT;
            return Err(Untranslatable::Part { dialect, kind });
        }
    };
    let fates = match &read {
        Some(Part::Call(_)) => CALL_FATES,
        _ => FATES,
    };
    part.end(fates, left_out)?;
    Ok(read)
}

/// Title, source and text of a search result (Anthropic docs, "Search results"), as text for models without this kind of part.
fn read_search_result(part: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<String> {
    let place = "search_result.content[]";
    let content = Content::read(DIALECT, "search_result.content", part.take("content"))?;
    let texts = read_texts(place, content, left_out)?;
    read_citations(part, "search_result.citations", left_out)?;
    let mut lines = vec![part.needed_text("title")?, part.needed_text("source")?];
    for text in texts {
        if let Part::Text(text) = text {
            lines.push(text);
        }
    }
    Ok(lines.join("\n\n"))
}

/// The setting for citations, in a form that no other vendor has.
fn read_citations(
    part: &mut Object<'_>,
    place: &'static str,
    left_out: &mut Vec<LeftOut>,
) -> Read<()> {
    let Some(mut citations) = part.object("citations", place)? else {
        return Ok(());
    };
    if citations.flag("enabled")? {
        leave_out(left_out, place, Why::Citations);
    }
    citations.end(&[], left_out)
}

fn read_call(part: &mut Object<'_>) -> Read<Call> {
    let input = part.take("input").unwrap_or("{}");
    Ok(Call {
        id: part.needed_text("id")?,
        namespace: None,
        name: part.needed_text("name")?,
        input: Input::Json(input.to_owned()),
    })
}

fn read_result(part: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<ToolResult> {
    let place = "tool_result.content[]";
    let content = Content::read(DIALECT, "tool_result.content", part.take("content"))?;
    let parts = read_parts(place, content, left_out)?;
    let inner = |part: &Part| matches!(part, Part::Text(_) | Part::Image(_) | Part::Document(_));
    if !parts.iter().all(inner) {
        return Err(malformed(DIALECT, place, "text, an image or a document"));
    }
    Ok(ToolResult {
        id: part.needed_text("tool_use_id")?,
        is_error: part.flag("is_error")?,
        parts,
    })
}

fn read_file(mut source: Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<File> {
    let file = match &*source.needed_text("type")? {
        "base64" => File::Inline {
            media_type: source.needed_text("media_type")?,
            data: source.needed_text("data")?,
        },
        "url" => File::Address(source.needed_text("url")?),
        "file" => return Err(kept(&source, "file_id")),
        _ => return Err(source.refused("type")),
    };
    source.end_strictly(&[], left_out)?;
    Ok(file)
}

fn read_document(part: &mut Object<'_>, left_out: &mut Vec<LeftOut>) -> Read<Document> {
    let mut source = part.needed_object("source", "document.source")?;
    let text = match () {
        () if source.is_text("type", "text") => {
            source.take("media_type");
            Some(source.needed_text("data")?)
        }
        () if source.is_text("type", "content") => {
            let content = Content::read(DIALECT, "document.source", source.take("content"))?;
            let texts = read_texts("document.source.content[]", content, left_out)?;
            let texts = texts.into_iter().filter_map(|part| match part {
                Part::Text(text) => Some(text),
                Part::Image(_) | Part::Document(_) | Part::Call(_) | Part::Result(_) => None,
            });
            Some(texts.collect::<Vec<_>>().join("\n\n"))
        }
        () => None,
    };
    let body = match text {
        Some(text) => {
            source.take("type");
            source.end_strictly(&[], left_out)?;
            DocumentBody::Text(text)
        }
        None => DocumentBody::File(read_file(source, left_out)?),
    };
    read_citations(part, "document.citations", left_out)?;
    Ok(Document {
        body,
        title: part.text("title")?,
        context: part.text("context")?,
    })
}

fn kept(source: &Object<'_>, key: &str) -> Untranslatable {
    Untranslatable::Kept {
        field: source.path(key),
    }
}

/// A text that is not empty: Anthropic refuses an empty text.
fn some_text(text: String) -> Option<Part> {
    (!text.is_empty()).then_some(Part::Text(text))
}
