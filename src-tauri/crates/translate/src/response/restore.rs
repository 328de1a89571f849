//! Restores the client's ids and tools.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::model::{Call, Happening, Identity, Input, Kind};
use crate::names::{Names, Signature, ToolKind};
use wire::Broken;

/// Restores the client's names and ids in a response, and unwraps the input of a custom tool.
#[derive(Debug)]
pub(crate) struct Restore {
    names: Names,
    /// The client's ids of the response's calls.
    ids: BTreeSet<String>,
    calls: usize,
    wrapped: Option<Wrapped>,
    /// Texts are JSON: a fence around them is removed.
    json: bool,
    /// The text so far of such a part.
    fenced: Option<String>,
    /// Signatures that do not fit into the client's ids, by id.
    pub(crate) signatures: BTreeMap<String, Signature>,
}

/// A custom tool, which the provider has as a function with one string. The string is read when it is complete.
#[derive(Debug)]
struct Wrapped {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Arguments {
    input: String,
}

impl Restore {
    pub(crate) fn new(names: Names, json: bool) -> Self {
        Self {
            names,
            ids: BTreeSet::new(),
            calls: 0,
            wrapped: None,
            json,
            fenced: None,
            signatures: BTreeMap::new(),
        }
    }

    /// # Errors A call of a custom tool has no text.
    pub(crate) fn apply(
        &mut self,
        happening: Happening,
        identity: &Identity,
    ) -> Result<Vec<Happening>, Broken> {
        if let Some(text) = self.fenced.take() {
            return Ok(self.unfenced(text, happening));
        }
        Ok(match (happening, self.wrapped.take()) {
            (Happening::Begins(Kind::Text), _) if self.json => {
                self.fenced = Some(String::new());
                vec![Happening::Begins(Kind::Text)]
            }
            (Happening::Begins(Kind::Call(call)), _) => {
                vec![Happening::Begins(Kind::Call(self.call(call, identity)))]
            }
            (Happening::Piece(text), Some(mut wrapped)) => {
                wrapped.arguments.push_str(&text);
                self.wrapped = Some(wrapped);
                Vec::new()
            }
            (Happening::Ends, Some(wrapped)) => {
                let Ok(Arguments { input }) = serde_json::from_str(&wrapped.arguments) else {
                    return Err(Broken::InvalidToolInput(wrapped.name));
                };
                let text = Some(input).filter(|input| !input.is_empty());
                let text = text.map(Happening::Piece);
                text.into_iter().chain([Happening::Ends]).collect()
            }
            (other, _) => vec![other],
        })
    }

    /// A fence can only be detected at the end of the text.
    fn unfenced(&mut self, mut text: String, happening: Happening) -> Vec<Happening> {
        match happening {
            Happening::Piece(more) => {
                text.push_str(&more);
                self.fenced = Some(text);
                Vec::new()
            }
            end @ (Happening::Begins(_) | Happening::Ends | Happening::Truncated) => {
                let inner = without_fence(&text).to_owned();
                let piece = Some(inner).filter(|inner| !inner.is_empty());
                let piece = piece.map(Happening::Piece);
                piece.into_iter().chain([end]).collect()
            }
        }
    }

    fn call(&mut self, call: Call, identity: &Identity) -> Call {
        let own = identity.part_id("call_", self.calls);
        self.calls += 1;
        let own_id = Some(call.id).filter(|id| !id.is_empty());
        let own_id = own_id.as_ref().unwrap_or(&own);
        let mut id = match &call.signature {
            None => self.names.client_id(own_id),
            Some(signature) => {
                let (id, carried) = self.names.signed_id(own_id, signature);
                if !carried {
                    self.signatures.insert(id.clone(), signature.clone());
                }
                id
            }
        };
        // Some servers use one id for several calls: their results would be indistinguishable.
        if !self.ids.insert(id.clone()) {
            id = self.names.client_id(&own);
            self.ids.insert(id.clone());
        }
        let tool = self.names.client_tool(&call.name);
        let input = match (call.input, tool.kind) {
            (Input::Json, ToolKind::Function) => Input::Json,
            (Input::Json, ToolKind::Custom) => {
                self.wrapped = Some(Wrapped {
                    name: tool.name.clone(),
                    arguments: String::new(),
                });
                Input::FreeText
            }
            (Input::FreeText, _) => Input::FreeText,
        };
        Call {
            id,
            name: tool.name,
            namespace: tool.namespace,
            input,
            signature: None,
        }
    }
}

/// Models often wrap their JSON in a Markdown fence, also against their instructions.
fn without_fence(text: &str) -> &str {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix("```json")
        .or_else(|| trimmed.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"));
    inner.map_or(text, str::trim)
}
