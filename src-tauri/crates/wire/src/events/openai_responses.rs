//! OpenAI API reference, "Responses", "Streaming events".

use super::write::{object, quoted};
use crate::Broken;
use crate::fields::Fields;
use crate::sse;

pub(super) fn write_events(body: Fields<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let status = body.text("status").unwrap_or_default();
    let terminal = match status.as_str() {
        "queued" | "in_progress" => {
            let why = format!("a pending response (`{status}`) instead of a stream");
            return Err(Broken::NotAResponse(why));
        }
        "incomplete" => "response.incomplete",
        "failed" => "response.failed",
        _ => "response.completed",
    };
    let mut started = body.clone();
    started.set("status", "in_progress");
    started.set_raw("output", "[]".to_owned());
    for later in ["usage", "incomplete_details", "error", "completed_at"] {
        if started.raw(later).is_some() {
            started.set_raw(later, "null".to_owned());
        }
    }
    let mut events = Events { out, number: 0 };
    for kind in ["response.created", "response.in_progress"] {
        events.write(kind, object([("response", &started.to_string())]));
    }
    for (index, item) in body.objects("output").into_iter().enumerate() {
        events.item(index, &item);
    }
    events.write(terminal, object([("response", &body.to_string())]));
    Ok(())
}

struct Events<'o> {
    out: &'o mut Vec<u8>,
    /// The next `sequence_number`.
    number: u64,
}

/// The position of a part.
struct Place<'p> {
    index: usize,
    item: &'p str,
    /// `content_index` or `summary_index`.
    counted: &'static str,
    part: usize,
}

impl Events<'_> {
    fn write(&mut self, kind: &str, mut data: Fields<'_>) {
        data.set("type", kind);
        data.set("sequence_number", self.number);
        self.number += 1;
        sse::write(kind, &data.to_string(), self.out);
    }

    fn item(&mut self, index: usize, item: &Fields<'_>) {
        let kind = item.text("type").unwrap_or_default();
        let id = item.text("id").unwrap_or_else(|| format!("item_{index}"));
        let of_item = |item: &Fields<'_>| {
            let mut data = object([("item", &item.to_string())]);
            data.set("output_index", index);
            data
        };
        self.write("response.output_item.added", of_item(&started(&kind, item)));
        match kind.as_str() {
            "message" => {
                for (part, value) in item.objects("content").iter().enumerate() {
                    let (text, name) = match value.text("type").as_deref() {
                        Some("refusal") => ("refusal", "response.refusal"),
                        _ => ("text", "response.output_text"),
                    };
                    let place = Place {
                        index,
                        item: &id,
                        counted: "content_index",
                        part,
                    };
                    self.part(&place, value, text, name, "response.content_part");
                }
            }
            "reasoning" => {
                let summary = (
                    "summary",
                    "summary_index",
                    "response.reasoning_summary_text",
                    "response.reasoning_summary_part",
                );
                let content = (
                    "content",
                    "content_index",
                    "response.reasoning_text",
                    "response.content_part",
                );
                for (list, counted, text, part_event) in [summary, content] {
                    for (part, value) in item.objects(list).iter().enumerate() {
                        let place = Place {
                            index,
                            item: &id,
                            counted,
                            part,
                        };
                        self.part(&place, value, "text", text, part_event);
                    }
                }
            }
            "function_call" => self.call(
                index,
                &id,
                item,
                "arguments",
                "response.function_call_arguments",
            ),
            "custom_tool_call" => {
                self.call(index, &id, item, "input", "response.custom_tool_call_input")
            }
            _ => {}
        }
        self.write("response.output_item.done", of_item(item));
    }

    /// Writes the events of a part with text: added, text, done.
    fn part(
        &mut self,
        place: &Place<'_>,
        value: &Fields<'_>,
        field: &'static str,
        text: &str,
        part_event: &str,
    ) {
        let at = |fields: Fields<'static>| {
            let mut data = fields;
            data.set("item_id", place.item);
            data.set("output_index", place.index);
            data.set(place.counted, place.part);
            data
        };
        let json = value.non_null(field).unwrap_or(r#""""#);
        let mut started = value.clone();
        started.set(field, "");
        if started.non_null("annotations").is_some() {
            started.set_raw("annotations", "[]".to_owned());
        }
        self.write(
            &format!("{part_event}.added"),
            at(object([("part", &started.to_string())])),
        );
        let logprobs = value.non_null("logprobs").unwrap_or("[]");
        let is_text = text == "response.output_text";
        let mut delta = object([("delta", json)]);
        let mut done = Fields::default();
        done.set_raw(field, json.to_owned());
        if is_text {
            delta.set_raw("logprobs", logprobs.to_owned());
            done.set_raw("logprobs", logprobs.to_owned());
        }
        self.write(&format!("{text}.delta"), at(delta));
        self.write(&format!("{text}.done"), at(done));
        self.write(
            &format!("{part_event}.done"),
            at(object([("part", &value.to_string())])),
        );
    }

    fn call(&mut self, index: usize, id: &str, item: &Fields<'_>, field: &'static str, name: &str) {
        let at = |mut data: Fields<'static>| {
            data.set("item_id", id);
            data.set("output_index", index);
            data
        };
        // Some servers send an object where the API has a JSON string.
        let value = item.non_null(field).unwrap_or(r#""""#);
        let json = if value.starts_with('"') {
            value.to_owned()
        } else {
            quoted(value)
        };
        self.write(&format!("{name}.delta"), at(object([("delta", &json)])));
        let mut done = Fields::default();
        done.set_raw(field, json);
        self.write(&format!("{name}.done"), at(done));
    }
}

/// The content of `response.output_item.added` for this item.
fn started(kind: &str, item: &Fields<'_>) -> Fields<'static> {
    let mut started = item.clone().into_owned();
    if started.non_null("status").is_some() {
        started.set("status", "in_progress");
    }
    match kind {
        "message" => started.set_raw("content", "[]".to_owned()),
        "reasoning" => {
            started.set_raw("summary", "[]".to_owned());
            started.remove("content");
        }
        "function_call" => started.set("arguments", ""),
        "custom_tool_call" => started.set("input", ""),
        _ => {}
    }
    started
}
