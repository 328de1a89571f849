//! Other paths of a vendor that a client reaches with the same credential, with the shapes of OpenAI's API reference, so that a
//! test sees what is forwarded.

use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::incoming::Incoming;
use super::reply::document;
use crate::clock::CREATED;
use crate::perform::Performance;
use crate::signature::digest;
use crate::usage::tokens;

/// Collections, by the last fixed segment of their paths, with their object type.
const COLLECTIONS: &[(&str, &str)] = &[
    ("batches", "batch"),
    ("files", "file"),
    ("generations", "image"),
    ("edits", "image"),
    ("transcriptions", "transcription"),
    ("translations", "transcription"),
    ("speech", "speech"),
    ("ingest", "trace"),
    ("conversations", "conversation"),
    ("responses", "response"),
];

/// Numbers of an embedding.
const DIMENSIONS: usize = 8;

/// `None`: not one of these paths.
pub(super) fn respond(incoming: &Incoming) -> Option<Performance> {
    let path = incoming.path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (last, before) = segments.split_last()?;
    match *last {
        "embeddings" if incoming.method == Method::POST => {
            Some(document(200, embeddings(incoming)))
        }
        "moderations" if incoming.method == Method::POST => {
            let result = json!({"flagged": false, "categories": {}, "category_scores": {}});
            let id = format!("modr-{}", &digest(&[&incoming.body])[..24]);
            let body = json!({"id": id, "model": "omni-moderation-latest", "results": [result]});
            Some(document(200, body))
        }
        name => {
            let named = |name: &str| COLLECTIONS.iter().find(|(known, _)| *known == name);
            let (collection, id) = match named(name) {
                Some(found) => (found, None),
                None => (named(before.last()?)?, Some(name)),
            };
            Some(document(200, object(incoming, collection.1, id)))
        }
    }
}

fn embeddings(incoming: &Incoming) -> Value {
    let body: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
    let input = &body["input"];
    let input = input
        .as_array()
        .map_or(std::slice::from_ref(input), Vec::as_slice);
    let data: Vec<Value> = input
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let digest = digest(&[text.to_string().as_bytes()]);
            let numbers = digest.bytes().take(DIMENSIONS);
            let numbers: Vec<f64> = numbers.map(|byte| f64::from(byte) / 256.0).collect();
            json!({"object": "embedding", "index": at, "embedding": numbers})
        })
        .collect();
    let counted = tokens(body["input"].to_string().len());
    json!({
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": counted, "total_tokens": counted},
    })
}

/// An object of a collection, or the collection; it reports the received request.
fn object(incoming: &Incoming, kind: &str, id: Option<&str>) -> Value {
    if incoming.method == Method::GET && id.is_none() {
        return json!({"object": "list", "data": [], "has_more": false});
    }
    let content_type = incoming.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map(HeaderValue::to_str).and_then(Result::ok);
    let made = format!("{kind}-{}", &digest(&[&incoming.body])[..24]);
    json!({
        "id": id.map_or(made, str::to_owned),
        "object": kind,
        "created_at": CREATED,
        "bytes": incoming.body.len(),
        "content_type": content_type,
        "deleted": incoming.method == Method::DELETE,
    })
}
