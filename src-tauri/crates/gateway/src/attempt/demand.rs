//! A route's demand on a response in addition to completeness.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use translate::Wanted;

/// Checked if the complete response is available before any of it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// It has text.
    Text,
    /// Its text is JSON.
    Json,
    /// Its text is JSON that matches this schema.
    Schema(Schema),
}

/// A JSON Schema (draft 4 to 2020-12) without external references: no file is read and no address is contacted.
#[derive(Clone)]
pub struct Schema {
    text: Arc<str>,
    compiled: Arc<jsonschema::Validator>,
}

impl Schema {
    /// # Errors As text for the owner: it is not JSON, or not a schema.
    pub fn new(text: &str) -> Result<Self, String> {
        let tree: Value = serde_json::from_str(text)
            .map_err(|error| format!("the schema is not JSON: {error}"))?;
        let compiled = jsonschema::validator_for(&tree)
            .map_err(|error| format!("it is not a schema: {error}"))?;
        Ok(Self {
            text: text.into(),
            compiled: Arc::new(compiled),
        })
    }
}

impl Demand {
    /// The demand of a request that its provider does not enforce. A schema that cannot be read requires JSON.
    pub(crate) fn of_request(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Json => Demand::Json,
            Wanted::Schema(text) => Schema::new(&text).map_or(Demand::Json, Demand::Schema),
        }
    }

    /// # Errors What is missing, without a quote of the response.
    pub(crate) fn check(&self, text: &str) -> Result<(), String> {
        let json = |text: &str| -> Result<Value, String> {
            serde_json::from_str(unfenced(text)).map_err(|error| {
                format!("the response is not JSON, and this route requires it: {error}")
            })
        };
        match self {
            Demand::Text if text.trim().is_empty() => {
                Err("the response has no text, and this route requires text".to_owned())
            }
            Demand::Text => Ok(()),
            Demand::Json => json(text).map(drop),
            Demand::Schema(schema) => {
                let tree = json(text)?;
                schema.compiled.validate(&tree).map_err(|error| {
                    let (place, rule) = (error.instance_path(), error.schema_path());
                    format!(
                        "the response does not match this route's schema at `{place}` (rule `{rule}`)"
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
