//! What a route requires of a response beyond completeness.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use translate::Wanted;

/// Looked at where the complete response is there before any of it is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// It has text.
    Text,
    /// Its text is JSON.
    Json,
    /// Its text is JSON of this schema.
    Schema(Schema),
}

/// A JSON Schema (draft 4 to 2020-12). It refers to nothing outside itself: no file is read and no address is contacted.
#[derive(Clone)]
pub struct Schema {
    text: Arc<str>,
    compiled: Arc<jsonschema::Validator>,
}

impl Schema {
    /// # Errors
    /// In words for the owner: it is no JSON, or no schema.
    pub fn new(text: &str) -> Result<Self, String> {
        let tree: Value = serde_json::from_str(text)
            .map_err(|error| format!("the schema is no JSON: {error}"))?;
        let compiled = jsonschema::validator_for(&tree)
            .map_err(|error| format!("it is no schema: {error}"))?;
        Ok(Self {
            text: text.into(),
            compiled: Arc::new(compiled),
        })
    }
}

impl Demand {
    /// What a request demands where its provider enforces nothing. A schema that we cannot read demands JSON.
    pub(crate) fn of_request(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Json => Demand::Json,
            Wanted::Schema(text) => Schema::new(&text).map_or(Demand::Json, Demand::Schema),
        }
    }

    /// # Errors
    /// What is missing, without quoting the answer.
    pub(crate) fn check(&self, text: &str) -> Result<(), String> {
        let json = |text: &str| -> Result<Value, String> {
            serde_json::from_str(unfenced(text)).map_err(|error| {
                format!("the answer is no JSON, and this route demands it: {error}")
            })
        };
        match self {
            Demand::Text if text.trim().is_empty() => {
                Err("the answer says nothing in words, and this route demands text".to_owned())
            }
            Demand::Text => Ok(()),
            Demand::Json => json(text).map(drop),
            Demand::Schema(schema) => {
                let tree = json(text)?;
                schema.compiled.validate(&tree).map_err(|error| {
                    let (place, rule) = (error.instance_path(), error.schema_path());
                    format!(
                        "the answer does not fit this route's schema at `{place}` (rule `{rule}`)"
                    )
                })
            }
        }
    }
}

/// Models often wrap their JSON in a Markdown fence, which every reader removes.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text
        .strip_prefix("```json")
        .or_else(|| text.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"));
    inner.unwrap_or(text)
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schema {}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
