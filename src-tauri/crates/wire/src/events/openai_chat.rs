//! OpenAI API reference, "Chat Completions", "Streaming events".

use super::write::object;
use crate::fields::Fields;
use crate::sse;

/// The last chunk has the finish reason and the usage: a chunk with usage alone is only for clients that request it, and other
/// clients may fail on it.
pub(super) fn write_events(mut body: Fields<'_>, out: &mut Vec<u8>) {
    let choices: Vec<Fields<'static>> = body
        .objects("choices")
        .into_iter()
        .map(Fields::into_owned)
        .collect();
    let usage = body.non_null("usage").map(str::to_owned);
    body.remove("choices");
    body.remove("usage");
    body.set("object", "chat.completion.chunk");
    let mut chunk = |choice: &Fields<'_>, usage: Option<&str>| {
        let mut chunk = body.clone();
        chunk.set_raw("choices", format!("[{choice}]"));
        if let Some(usage) = usage {
            chunk.set_raw("usage", usage.to_owned());
        }
        sse::write("", &chunk.to_string(), out);
    };
    let last = choices.len().saturating_sub(1);
    for (at, mut choice) in choices.into_iter().enumerate() {
        let index = choice
            .non_null("index")
            .map_or_else(|| at.to_string(), str::to_owned);
        let mut message = choice
            .object("message")
            .map(Fields::into_owned)
            .unwrap_or_default();
        let calls: Vec<Fields<'static>> = message
            .objects("tool_calls")
            .into_iter()
            .map(Fields::into_owned)
            .collect();
        message.remove("tool_calls");
        if message.non_null("role").is_none() {
            message.set("role", "assistant");
        }
        let mut started = of_choice(&index, &message.to_string());
        if let Some(logprobs) = choice.non_null("logprobs") {
            started.set_raw("logprobs", logprobs.to_owned());
        }
        chunk(&started, None);
        for (number, mut call) in calls.into_iter().enumerate() {
            call.set("index", number);
            let delta = object([("tool_calls", &format!("[{call}]"))]);
            chunk(&of_choice(&index, &delta.to_string()), None);
        }
        for field in ["message", "logprobs", "usage"] {
            choice.remove(field);
        }
        choice.set_raw("index", index);
        choice.set_raw("delta", "{}".to_owned());
        chunk(&choice, usage.as_deref().filter(|_| at == last));
    }
    sse::write("", "[DONE]", out);
}

fn of_choice(index: &str, delta: &str) -> Fields<'static> {
    object([
        ("index", index),
        ("delta", delta),
        ("finish_reason", "null"),
    ])
}
