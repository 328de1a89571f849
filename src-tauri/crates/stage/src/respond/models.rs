//! The list of models, and its entries.

use serde_json::{Value, json};

use crate::clock::CREATED;
use crate::repertoire::{NAMES, Unplayable};

/// One list that the SDKs of both vendors can parse.
pub(super) fn models() -> Value {
    let data: Vec<Value> = NAMES
        .iter()
        .map(|(name, about)| model(name, about))
        .collect();
    json!({
        "object": "list",
        "first_id": data.first().map(|model| model["id"].clone()),
        "last_id": data.last().map(|model| model["id"].clone()),
        "has_more": false,
        "data": data,
    })
}

pub(super) fn models_named(id: &str) -> Option<Value> {
    let name = id.strip_prefix(catalog::REHEARSAL_PREFIX)?;
    let (name, about) = NAMES.iter().find(|(known, _)| *known == name)?;
    Some(model(name, about))
}

/// An entry for any model id.
pub(super) fn any_model(id: &str) -> Value {
    json!({
        "id": id,
        "object": "model",
        "created": CREATED,
        "owned_by": "understudy",
        "type": "model",
        "display_name": id,
        "created_at": "2026-01-01T00:00:00Z",
    })
}

fn model(name: &str, about: &str) -> Value {
    json!({
        "id": format!("{}{name}", catalog::REHEARSAL_PREFIX),
        "object": "model",
        "created": CREATED,
        "owned_by": "understudy",
        "type": "model",
        "display_name": format!("Rehearsal: {name}"),
        "created_at": "2026-01-01T00:00:00Z",
        "description": about,
    })
}

pub(super) fn unknown_model(model: &str, why: Option<&Unplayable>) -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let why = why.map_or_else(
        || "there is no such model here".to_owned(),
        |why| format!("no such model can be played, since {why}"),
    );
    format!(
        "model: {model}: {why}. The rehearsal provider plays {}<name>, where <name> is one of: {}. \
         A style, variations, a vendor and a fault go together: as-gemini+tool+usage:none+cut-in-tool.",
        catalog::REHEARSAL_PREFIX,
        names.join(", ")
    )
}
