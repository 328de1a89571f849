//! `GET /v1/models`: what can be asked for here, in a shape that both vendors' clients read.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;

use crate::Config;

pub(crate) fn list(config: &Config) -> Bytes {
    let usable = config
        .endpoints
        .values()
        .filter(|e| e.rehearsal || e.key.is_some() || e.endpoint.key_env.is_none());
    let mut models = BTreeMap::new();
    for endpoint in usable {
        for model in &endpoint.models {
            models
                .entry(&model.id)
                .or_insert(&endpoint.endpoint.provider);
        }
    }
    let data: Vec<_> = models
        .iter()
        .map(|(id, owner)| {
            json!({
                "id": id,
                "object": "model",
                "type": "model",
                "display_name": id,
                "created": 0,
                "created_at": "1970-01-01T00:00:00Z",
                "owned_by": owner,
            })
        })
        .collect();
    let list = json!({
        "object": "list",
        "first_id": models.keys().next(),
        "last_id": models.keys().next_back(),
        "has_more": false,
        "data": data,
    });
    Bytes::from(list.to_string())
}
