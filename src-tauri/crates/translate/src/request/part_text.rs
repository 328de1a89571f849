//! Failed results, files and documents in dialects that write them as text.

use super::model::{Document, File, Part};

/// The first line of a failed tool's result in dialects that have no `is_error`; it is parsed again in the other direction.
pub(crate) const FAILED: &str = "[is_error: true]\n";

/// The text of a result, and whether it begins with that line.
pub(crate) fn result_text(mut parts: Vec<Part>) -> (bool, Vec<Part>) {
    let Some(Part::Text(first)) = parts.first_mut() else {
        return (false, parts);
    };
    let Some(message) = first.strip_prefix(FAILED).map(str::to_owned) else {
        return (false, parts);
    };
    match message.is_empty() {
        true => drop(parts.remove(0)),
        false => *first = message,
    }
    (true, parts)
}

/// `data:image/png;base64,…` → its type and its data. `None`: another form.
pub(crate) fn inline(url: &str) -> Option<File> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    let media_type = media_type.split(';').next().unwrap_or_default();
    Some(File::Inline {
        media_type: media_type.to_ascii_lowercase(),
        data: data.to_owned(),
    })
}

/// A file in the form of OpenAI's dialects: its address, or a `data:` address with its content.
pub(crate) fn address(file: &File) -> String {
    match file {
        File::Inline { media_type, data } => format!("data:{media_type};base64,{data}"),
        File::Address(url) => url.clone(),
    }
}

/// A text document, for a dialect that supports only other kinds of documents.
pub(crate) fn as_text(document: &Document, text: &str) -> String {
    let about = [document.title.as_deref(), document.context.as_deref()];
    let message: Vec<&str> = about.into_iter().flatten().chain([text]).collect();
    message.join("\n\n")
}
