//! Requests JSON from a candidate, and checks its response.

use super::dropped::{LeftOut, Why, leave_out};
use super::model::Format;
use super::schema::{Enforcer, relaxed};

/// The required form of a response's text, if the provider gets it as an instruction and does not enforce it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Json,
    /// JSON of this schema, which is JSON text.
    Schema(String),
}

/// A response format in one vendor's form.
#[derive(Debug, Default)]
pub(crate) struct VendorFormat<'a> {
    /// The schema to send in the dialect's own field, and whether it is enforced.
    pub(crate) schema: Option<(String, bool)>,
    pub(crate) name: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    /// Use the dialect's field for any JSON object.
    pub(crate) json: bool,
    /// An instruction in the prompt, if the dialect has no field for it.
    pub(crate) instruction: Option<String>,
    pub(crate) wanted: Option<Wanted>,
}

/// Requests JSON in the prompt, without a Markdown fence.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no text before or after it, and no Markdown fence.";

impl<'a> VendorFormat<'a> {
    pub(crate) fn of(
        format: &'a Format,
        by: Enforcer,
        left_out: &mut Vec<LeftOut>,
    ) -> VendorFormat<'a> {
        let (name, description, schema, strict) = match format {
            Format::Text => return VendorFormat::default(),
            Format::Json => return VendorFormat::json(by),
            Format::Schema {
                name,
                description,
                schema,
                strict,
            } => (name.as_deref(), description.as_deref(), schema, *strict),
        };
        let requested = VendorFormat {
            name,
            description,
            ..VendorFormat::default()
        };
        let original = || strict.then(|| Wanted::Schema(schema.clone()));
        match by {
            _ if by.takes(schema) && (strict || by == Enforcer::Anthropic) => VendorFormat {
                schema: Some((schema.clone(), true)),
                ..requested
            },
            Enforcer::OpenAi => {
                if strict {
                    leave_out(left_out, "the enforcement of the schema", Why::Approximate);
                }
                VendorFormat {
                    schema: Some((schema.clone(), false)),
                    wanted: original(),
                    ..requested
                }
            }
            Enforcer::Anthropic => match relaxed(schema) {
                Some(relaxed) => {
                    if strict {
                        leave_out(left_out, "bounds of the schema", Why::Approximate);
                    }
                    VendorFormat {
                        schema: Some((relaxed, true)),
                        wanted: original(),
                        ..requested
                    }
                }
                None => {
                    leave_out(left_out, "the enforcement of the schema", Why::Approximate);
                    VendorFormat {
                        instruction: Some(format!(
                            "{JSON_ONLY} It follows this JSON schema: {schema}"
                        )),
                        wanted: original().or(Some(Wanted::Json)),
                        ..requested
                    }
                }
            },
        }
    }

    fn json(by: Enforcer) -> VendorFormat<'a> {
        match by {
            Enforcer::OpenAi => VendorFormat {
                json: true,
                ..VendorFormat::default()
            },
            Enforcer::Anthropic => VendorFormat {
                instruction: Some(JSON_ONLY.to_owned()),
                wanted: Some(Wanted::Json),
                ..VendorFormat::default()
            },
        }
    }
}
