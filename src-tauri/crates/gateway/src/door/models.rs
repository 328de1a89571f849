//! `GET /v1/models`: the models that this client can use, in a form that both vendors' clients read. The owner's servers and
//! the vendor of the client's login get a request for their lists; if they do not respond, the catalogue's models are listed.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::request::Parts;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::admit;
use super::place::Target;
use super::vendor::Named;
use crate::attempt::content::Content;
use crate::attempt::headers;
use crate::attempt::upstream::Line;
use crate::plan::login;
use crate::services::Services;
use crate::{BoxError, Config, Credential, EndpointConfig};

/// Timeout for a list.
const WAIT: Duration = Duration::from_secs(2);
/// Maximum size of a list in bytes: OpenRouter's has about 0.5 MiB.
const MOST: usize = 4 << 20;

type Entry = Map<String, Value>;

pub(super) async fn list(services: &Services, config: &Config, head: &Parts) -> Bytes {
    let lists = usable(config, head).into_iter();
    let lists = lists.map(|(found, credential)| entries(services, config, head, found, credential));
    let mut models: BTreeMap<String, Entry> = BTreeMap::new();
    for (id, entry) in join_all(lists).await.into_iter().flatten() {
        models.entry(id).or_insert(entry);
    }
    let list = json!({
        "object": "list",
        "first_id": models.keys().next(),
        "last_id": models.keys().next_back(),
        "has_more": false,
        "data": models.into_values().collect::<Vec<_>>(),
    });
    Bytes::from(list.to_string())
}

/// The endpoints whose models this client can request, with the credential: its own vendor first.
fn usable<'a>(config: &'a Config, head: &Parts) -> Vec<(&'a EndpointConfig, Credential)> {
    let mut usable = Vec::new();
    if headers::has_login(&head.headers, &config.token) {
        let spoken = admit::spoken(&Target::Models, &head.headers);
        let speaking = |found: &&EndpointConfig| {
            found.endpoint.accepts_client_login && found.endpoint.speaks(spoken)
        };
        let vendor = match Named::by(head, config) {
            Named::One(vendor) => Some(vendor),
            Named::NoVendor => config.endpoints.values().find(speaking),
            Named::Several(_) => None,
        };
        usable.extend(vendor.map(|vendor| (vendor, Credential::ClientLogin)));
    }
    for found in config.endpoints.values() {
        if found.key.is_some() {
            usable.push((found, Credential::OurKey));
        } else if found.rehearsal || found.endpoint.key_env.is_none() {
            usable.push((found, Credential::None));
        }
    }
    usable
}

/// The models by id. The models for a stored key are in the catalogue, so its vendor gets no request.
async fn entries(
    services: &Services,
    config: &Config,
    head: &Parts,
    found: &EndpointConfig,
    credential: Credential,
) -> Vec<(String, Entry)> {
    let known = found.models.iter().map(|model| model.id.to_string());
    let is_listed = credential != Credential::ClientLogin && !found.models.is_empty();
    if !is_listed && !found.rehearsal {
        match ask(services, config, head, found, credential).await {
            Ok(ListResult::Models(models)) => {
                let models = models.into_iter().filter_map(|entry| {
                    let id = entry.get("id")?.as_str()?.to_owned();
                    Some((id.clone(), complete(id, entry, found)))
                });
                return models.collect();
            }
            Ok(ListResult::Refused(status)) => {
                tracing::debug!(endpoint = %found.endpoint.id, %status, "no list of models");
                return Vec::new();
            }
            Err(error) => {
                tracing::debug!(endpoint = %found.endpoint.id, error, "no list of models");
            }
        }
    }
    let entries = known.map(|id| (id.clone(), complete(id, Map::new(), found)));
    entries.collect()
}

enum ListResult {
    Models(Vec<Entry>),
    /// The login or the key is invalid.
    Refused(StatusCode),
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Entry>,
}

async fn ask(
    services: &Services,
    config: &Config,
    head: &Parts,
    found: &EndpointConfig,
    credential: Credential,
) -> Result<ListResult, BoxError> {
    let endpoint = &found.endpoint;
    let url = match credential {
        Credential::ClientLogin => login::url(&head.headers, endpoint, "/v1/models"),
        Credential::OurKey | Credential::None => format!("{}/v1/models", endpoint.base),
    };
    let mut request = Request::get(format!("{url}?limit=1000")).body(Full::new(Bytes::new()))?;
    *request.headers_mut() = headers::of_list(
        &head.headers,
        credential,
        (endpoint.auth, found.key.as_ref()),
        &config.token,
    );
    services
        .hops()
        .mark(&head.headers, endpoint, request.headers_mut());
    timeout(WAIT, async {
        let response = services.upstream().send(request, &Line::default()).await?;
        let (mut head, body) = response.into_parts();
        match head.status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Ok(ListResult::Refused(head.status));
            }
            status => return Err(format!("status {status}").into()),
        }
        let body = Content::of(&mut head.headers, body)?;
        let bytes = Limited::new(body, MOST).collect().await?.to_bytes();
        let listed: Listed = serde_json::from_slice(&bytes)?;
        Ok(ListResult::Models(listed.data))
    })
    .await?
}

/// The vendor's entry, with the fields that the other vendor's clients need.
fn complete(id: String, mut entry: Entry, found: &EndpointConfig) -> Entry {
    for (name, value) in [
        ("object", json!("model")),
        ("type", json!("model")),
        ("display_name", json!(id)),
        ("created", json!(0)),
        ("created_at", json!("1970-01-01T00:00:00Z")),
        ("owned_by", json!(found.endpoint.provider)),
        ("id", json!(id)),
    ] {
        entry.entry(name).or_insert(value);
    }
    entry
}
