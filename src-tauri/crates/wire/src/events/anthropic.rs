//! Anthropic docs, "Streaming messages".

use super::write::{object, quoted};
use crate::fields::Fields;
use crate::sse;
use crate::validator::anthropic::{Block, block_kind};

pub(super) fn write_events(body: Fields<'_>, out: &mut Vec<u8>) {
    start(&body, out);
    for (index, block) in body.objects("content").into_iter().enumerate() {
        let at = index.to_string();
        let (started, deltas) = opened(block);
        event(
            "content_block_start",
            [("index", &at), ("content_block", &started)],
            out,
        );
        for delta in deltas {
            event(
                "content_block_delta",
                [("index", &at), ("delta", &delta)],
                out,
            );
        }
        event("content_block_stop", [("index", &at)], out);
    }
    stop(&body, out);
}

fn event<const N: usize>(kind: &str, fields: [(&'static str, &str); N], out: &mut Vec<u8>) {
    let mut data = object([("type", &quoted(kind))]);
    for (name, json) in fields {
        data.set_raw(name, json.to_owned());
    }
    sse::write(kind, &data.to_string(), out);
}

/// Writes the message without its content and stop reason.
fn start(body: &Fields<'_>, out: &mut Vec<u8>) {
    let mut message = body.clone();
    for (name, json) in [("type", r#""message""#), ("role", r#""assistant""#)] {
        if message.non_null(name).is_none() {
            message.set_raw(name, json.to_owned());
        }
    }
    for (name, json) in [
        ("content", "[]"),
        ("stop_reason", "null"),
        ("stop_sequence", "null"),
    ] {
        message.set_raw(name, json.to_owned());
    }
    let mut usage = body.object("usage").unwrap_or_default();
    // Claude Code fails on a `message_start` without them.
    if usage.non_null("input_tokens").is_none() {
        usage.set("input_tokens", 0);
    }
    usage.set("output_tokens", 0);
    let usage = usage.to_string();
    message.set_raw("usage", usage);
    event("message_start", [("message", &message.to_string())], out);
}

/// Splits a block into the content of its start event and its deltas.
fn opened(mut block: Fields<'_>) -> (String, Vec<String>) {
    let kind = block.text("type").unwrap_or_default();
    let mut deltas = Vec::new();
    let mut add = |kind: &str, name: &'static str, json: &str| {
        deltas.push(object([("type", &quoted(kind)), (name, json)]).to_string());
    };
    match (block_kind(&kind), kind.as_str()) {
        (_, "text") => {
            if let Some(text) = block.non_null("text") {
                add("text_delta", "text", text);
            }
            for citation in block.objects("citations") {
                add("citations_delta", "citation", &citation.to_string());
            }
            block.set("text", "");
            block.remove("citations");
        }
        (_, "thinking") => {
            let parts = [
                ("thinking_delta", "thinking"),
                ("signature_delta", "signature"),
            ];
            for (kind, name) in parts {
                if let Some(json) = block.non_null(name) {
                    add(kind, name, json);
                    block.set(name, "");
                }
            }
        }
        (Block::Tool | Block::ServerTool, _) => {
            // Arguments that are not an object keep their text: some servers send the text of a truncated object.
            let input = block
                .text("input")
                .or_else(|| block.non_null("input").map(str::to_owned));
            if let Some(input) = input {
                add("input_json_delta", "partial_json", &quoted(&input));
            }
            block.set_raw("input", "{}".to_owned());
        }
        // These blocks are complete in their start event.
        (Block::Text | Block::Thinking | Block::CompleteAtStart, _) => {}
    }
    (block.to_string(), deltas)
}

fn stop(body: &Fields<'_>, out: &mut Vec<u8>) {
    let mut delta = Fields::default();
    for name in ["stop_reason", "stop_sequence", "stop_details", "container"] {
        if let Some(json) = body.raw(name) {
            delta.set_raw(name, json.to_owned());
        }
    }
    let mut data = object([
        ("type", r#""message_delta""#),
        ("delta", &delta.to_string()),
    ]);
    let usage = body.object("usage").filter(|usage| !usage.is_empty());
    let usage = usage.map_or_else(
        || r#"{"output_tokens":0}"#.to_owned(),
        |usage| usage.to_string(),
    );
    data.set_raw("usage", usage);
    if let Some(management) = body.non_null("context_management") {
        data.set_raw("context_management", management.to_owned());
    }
    sse::write("message_delta", &data.to_string(), out);
    event("message_stop", [], out);
}
