//! OpenAI Chat Completions (public API reference), also of compatible servers. A call has no end event.

use std::collections::BTreeMap;

use catalog::ThoughtSignatures;
use wire::Framing;
use wire::fields::Fields;

use crate::names::Signature;
use crate::response::UntranslatableResponse;
use crate::response::model::{Call, Input, Kind};
use crate::response::parts::{Key, Lasts, Parts};
use crate::response::read::{Flow, Read, string_at, unsayable};
use crate::response::reasoning::Reasoning;

#[derive(Debug, Default)]
pub(crate) struct Reader {
    calls: Vec<Known>,
    /// Signatures by the id of their call.
    details: BTreeMap<String, Signature>,
    reasoning: Reasoning,
}

#[derive(Debug)]
struct Known {
    index: u64,
    id: String,
    key: Key,
}

impl Read for Reader {
    fn event(
        &mut self,
        kind: &str,
        data: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Flow, UntranslatableResponse> {
        if kind == "[DONE]" {
            return Ok(Flow::Over);
        }
        for choice in data.objects("choices") {
            only_one(choice.number("index").unwrap_or_default())?;
            if let Some(delta) = choice.object("delta") {
                self.message(&delta, Framing::Stream, parts)?;
            }
        }
        Ok(Flow::On)
    }

    fn document(
        &mut self,
        document: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        for (index, choice) in (0..).zip(document.objects("choices")) {
            only_one(index)?;
            if let Some(message) = choice.object("message") {
                self.message(&message, Framing::Document, parts)?;
            }
        }
        Ok(())
    }
}

/// Google's signature of the thinking before a call (Gemini API docs, "Thought signatures", "OpenAI compatibility").
fn thought(call: &Fields<'_>) -> Option<Signature> {
    let [extra, vendor, signature] = ThoughtSignatures::EXTRA_CONTENT;
    let extra = call.object(extra)?;
    Some(extra.object(vendor)?.text(signature)?)
        .filter(|text| !text.is_empty())
        .map(Signature::Thought)
}

/// OpenRouter's encrypted details of the thinking that belong to a call (its docs, "Preserving reasoning").
fn details(translated: &Fields<'_>) -> Vec<(String, Signature)> {
    let details = translated.objects("reasoning_details").into_iter();
    let of_calls =
        details.filter(|detail| detail.text("type").as_deref() == Some("reasoning.encrypted"));
    let with_id = of_calls.filter_map(|detail| {
        let id = detail.text("id").filter(|id| !id.is_empty())?;
        Some((id, Signature::Detail(detail.to_string())))
    });
    with_id.collect()
}

fn only_one(index: u64) -> Result<(), UntranslatableResponse> {
    match index {
        0 => Ok(()),
        _ => Err(unsayable("more than one choice")),
    }
}

impl Reader {
    /// Reads a message or a delta. Reasoning is removed.
    fn message(
        &mut self,
        translated: &Fields<'_>,
        framing: Framing,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        for media in ["audio", "images"] {
            if translated
                .non_null(media)
                .is_some_and(|start_input| start_input != "[]")
            {
                return Err(unsayable(format!("`{media}`")));
            }
        }
        self.details.extend(details(translated));
        let reasoning = ["reasoning_content", "reasoning"].map(|name| translated.text(name));
        if let Some(text) = reasoning.into_iter().flatten().next() {
            self.reasoning.push(&text);
        }
        parts.push_text(Kind::Text, &string_at(translated, "content"))?;
        parts.push_text(Kind::Refusal, &string_at(translated, "refusal"))?;
        let calls = translated.objects("tool_calls");
        for (at, call) in (0..).zip(&calls) {
            // The calls of a document have no index.
            let place = match framing {
                Framing::Stream => call.number("index").unwrap_or_default(),
                Framing::Document => at,
            };
            let (function, input) = match (call.object("function"), call.object("custom")) {
                (Some(function), _) => (function, Input::Json),
                (None, Some(custom)) => (custom, Input::FreeText),
                (None, None) => (Fields::default(), Input::Json),
            };
            let id = call.text("id").unwrap_or_default();
            let signature = thought(call).or_else(|| self.details.get(&id).cloned());
            self.call(place, &id, &function, (input, signature), parts)?;
        }
        // The single call of the older API.
        if let Some(function) = translated.object("function_call") {
            let place = match framing {
                Framing::Stream => 0,
                Framing::Document => calls.len() as u64,
            };
            self.call(place, "", &function, (Input::Json, None), parts)?;
        }
        Ok(())
    }

    fn call(
        &mut self,
        index: u64,
        id: &str,
        function: &Fields<'_>,
        (input, signature): (Input, Option<Signature>),
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse> {
        let name = function.text("name").unwrap_or_default();
        // Some servers give every call the index 0; only the id differs.
        let known = self.calls.iter().rfind(|call| {
            call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id)
        });
        let key = match known {
            Some(known) => {
                parts.name(known.key, &name)?;
                known.key
            }
            None => {
                let reasoning = self.reasoning.take();
                let call = Call {
                    id: id.to_owned(),
                    name,
                    namespace: None,
                    input,
                    signature: signature.or(reasoning),
                };
                let key = parts.begin(Kind::Call(call), Lasts::UntilNext)?;
                let id = id.to_owned();
                self.calls.push(Known { index, id, key });
                key
            }
        };
        let text = match input {
            Input::Json => function.text("arguments"),
            Input::FreeText => function.text("input"),
        };
        Ok(parts.grow(key, &text.unwrap_or_default())?)
    }
}
