use super::model::{Conversation, Document, DocumentBody, File, Format, Input, Part, ToolInput};

/// Tokens for the framing of a message, a call or a tool.
const FRAME: u64 = 4;
/// An image at the size to which Anthropic scales it (about 1,568 pixels a side); OpenAI's images at high detail need fewer
/// tokens.
const IMAGE: u64 = 1_600;
/// A document by its address: its size is unknown, so ten pages are assumed.
const UNSEEN_DOCUMENT: u64 = 20_000;
/// Bytes of base64 for one token of a PDF: a page of about 2,000 tokens in 40 KB.
const PDF_BYTES: u64 = 27;

/// Estimates the number of tokens of a request without a tokenizer: the response to `count_tokens` if the candidate has no such
/// call.
///
/// Three tokens for ten bytes of UTF-8 text, arguments and schemas: slightly high for prose and about right for code, with the
/// tokenizers of all vendors. Images and documents count by their kind. Within about 25 % for an agent's request, and rather
/// too high than too low: with a low count an agent exceeds its window.
pub fn estimate_tokens(conversation: &Conversation) -> u64 {
    let turns = conversation.turns.iter();
    let turns: u64 = turns.map(|turn| FRAME + of_parts(&turn.parts)).sum();
    let tools = conversation.tools.iter().map(|tool| {
        let described = tool.description.as_deref().unwrap_or_default();
        let input = match &tool.input {
            ToolInput::Function { schema, .. } => schema.as_deref(),
            ToolInput::Custom { grammar } => grammar.as_deref(),
        };
        2 * FRAME + of_text(&tool.name) + of_text(described) + of_text(input.unwrap_or_default())
    });
    let format = match &conversation.format {
        Format::Schema { schema, .. } => of_text(schema),
        Format::Text | Format::Json => 0,
    };
    turns + tools.sum::<u64>() + format
}

fn of_text(text: &str) -> u64 {
    (text.len() as u64 * 3).div_ceil(10)
}

fn of_parts(parts: &[Part]) -> u64 {
    let tokens = parts.iter().map(|part| match part {
        Part::Text(text) => of_text(text),
        Part::Image(_) => IMAGE,
        Part::Document(document) => of_document(document),
        Part::Call(call) => {
            let input = match &call.input {
                Input::Json(text) | Input::Text(text) => text,
            };
            2 * FRAME + of_text(&call.name) + of_text(input)
        }
        Part::Result(result) => 2 * FRAME + of_parts(&result.parts),
    });
    tokens.sum()
}

fn of_document(document: &Document) -> u64 {
    let about = [&document.title, &document.context];
    let about: u64 = about.into_iter().flatten().map(|text| of_text(text)).sum();
    let body = match &document.body {
        DocumentBody::Text(text) => of_text(text),
        DocumentBody::File(File::Inline { data, .. }) => data.len() as u64 / PDF_BYTES,
        DocumentBody::File(File::Address(_)) => UNSEEN_DOCUMENT,
    };
    about + body
}
