//! A request for the same model family at another endpoint: the client's own bytes, without top-level fields that identify the
//! client or that the endpoint's file does not allow.

use catalog::{Allow, Dialect, IDENTITY};

use super::dropped::{LeftOut, Why, leave_out};
use super::object::{Object, name_of};

/// The filtered request, and the dropped fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filtered {
    /// `None`: nothing was removed.
    pub body: Option<Vec<u8>>,
    pub dropped: Vec<LeftOut>,
}

/// Fields that every endpoint of a dialect has, for the conversation and the output. Sources: Anthropic API reference,
/// "Messages" (without betas); OpenAI API reference, "Chat Completions", "Responses".
fn fields(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Anthropic => &[
            "model",
            "messages",
            "system",
            "max_tokens",
            "stop_sequences",
            "stream",
            "temperature",
            "top_p",
            "top_k",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "cache_control",
        ],
        Dialect::OpenaiChat => &[
            "model",
            "messages",
            "audio",
            "frequency_penalty",
            "function_call",
            "functions",
            "logit_bias",
            "logprobs",
            "max_completion_tokens",
            "max_tokens",
            "modalities",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "reasoning_effort",
            "response_format",
            "seed",
            "stop",
            "store",
            "stream",
            "stream_options",
            "temperature",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "verbosity",
            "web_search_options",
        ],
        Dialect::OpenaiResponses => &[
            "model",
            "input",
            "instructions",
            "background",
            "include",
            "max_output_tokens",
            "max_tool_calls",
            "parallel_tool_calls",
            "reasoning",
            // Without this field, the endpoint would store the response.
            "store",
            "stream",
            "stream_options",
            "temperature",
            "text",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "truncation",
        ],
    }
}

/// The other bytes stay unchanged, white space included. A body that is not an object is returned unchanged: its vendor refuses
/// it.
pub fn within_family(dialect: Dialect, body: &[u8], allow: &Allow) -> Filtered {
    let mut dropped = Vec::new();
    let goes = |name: &str| fields(dialect).contains(&name) || allow.allows_field(name);
    let entries = match std::str::from_utf8(body) {
        Ok(text) if Object::read(dialect, "", text.trim()).is_ok() => entries(text),
        _ => None,
    };
    let Some(Entries { before, all, after }) = entries else {
        let body = None;
        return Filtered { body, dropped };
    };
    let mut kept = Vec::new();
    for entry in all {
        match name(entry) {
            Some(name) if !goes(&name) => {
                let why = match IDENTITY.contains(&&*name) {
                    true => Why::Identity,
                    false => Why::Unknown,
                };
                leave_out(&mut dropped, name_of(&name), why);
            }
            Some(_) | None => kept.push(entry),
        }
    }
    let body = (!dropped.is_empty()).then(|| format!("{before}{}{after}", kept.join(",")));
    Filtered {
        body: body.map(String::into_bytes),
        dropped,
    }
}

/// The entries of an object: the texts between its braces and commas.
struct Entries<'a> {
    before: &'a str,
    all: Vec<&'a str>,
    after: &'a str,
}

/// `json`: one valid object; white space around it is allowed.
fn entries(json: &str) -> Option<Entries<'_>> {
    let open = json.find('{')?;
    let close = json.rfind('}')?;
    let inner = json.get(open + 1..close)?;
    let (mut all, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                all.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&inner[from..]);
    Some(Entries {
        before: &json[..=open],
        all,
        after: &json[close..],
    })
}

/// The key of an entry, with escapes decoded.
fn name(entry: &str) -> Option<String> {
    let text = entry.trim_start();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests;
