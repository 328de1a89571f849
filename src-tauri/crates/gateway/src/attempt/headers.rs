//! Which headers travel on. Everything does, save what belongs to one connection, to us, or to another vendor.

use std::time::Duration;

use catalog::{Auth, Dialect, Secret};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH,
    CONTENT_TYPE, COOKIE, DATE, EXPECT, HOST, HeaderName, RETRY_AFTER, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue};

use crate::Credential;

/// Carries our token where the path cannot.
pub(crate) const TOKEN_HEADER: &str = "x-understudy-token";
/// Ours: never sent upstream.
const OWN_PREFIX: &str = "x-understudy-";

const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
];

/// Any of these logs a client in.
const LOGINS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// These name an account: with [`LOGINS`], they go to the client's own vendor only.
const ACCOUNTS: [HeaderName; 4] = [
    COOKIE,
    HeaderName::from_static("openai-organization"),
    HeaderName::from_static("openai-project"),
    HeaderName::from_static("chatgpt-account-id"),
];

/// Query parameters that some vendors take a key from.
const KEY_PARAMETERS: [&str; 4] = ["key", "api_key", "api-key", "access_token"];

/// In whole or broken seconds; the Anthropic and OpenAI SDKs and Claude Code send one of them, or `NOT_GIVEN`.
const WAITS: [HeaderName; 2] = [
    HeaderName::from_static("x-stainless-timeout"),
    HeaderName::from_static("x-stainless-read-timeout"),
];

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// These tie a request to its sender's own records, whoever answers it.
const TRACES: [HeaderName; 3] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("user-agent"),
];

/// How long the client waits for an answer, where it says so.
pub(crate) fn client_waits(headers: &HeaderMap) -> Option<Duration> {
    WAITS.iter().find_map(|name| {
        let seconds: f64 = headers.get(name)?.to_str().ok()?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    })
}

/// Does the client bring a login of its own? (Our token in such a header is none.)
pub(crate) fn has_login(headers: &HeaderMap, token: &Secret) -> bool {
    LOGINS.iter().any(|name| {
        headers
            .get_all(name)
            .iter()
            .any(|value| !value.is_empty() && !is_token(value, token))
    })
}

/// A login or our token, right or wrong.
pub(crate) fn shows_any_credential(headers: &HeaderMap) -> bool {
    let shown = |name: &HeaderName| headers.contains_key(name);
    LOGINS.iter().any(shown) || headers.contains_key(TOKEN_HEADER)
}

/// Whatever names the client to its vendor. (Our token in such a header does not.)
pub(crate) fn credentials<'a>(
    headers: &'a HeaderMap,
    token: &'a Secret,
) -> impl Iterator<Item = (HeaderName, &'a HeaderValue)> {
    LOGINS.into_iter().chain(ACCOUNTS).flat_map(move |name| {
        let values = headers.get_all(&name).iter();
        let own = values.filter(|value| !is_token(value, token));
        own.map(|value| (name.clone(), value)).collect::<Vec<_>>()
    })
}

/// The headers of an attempt.
pub(crate) fn outgoing(
    client: &HeaderMap,
    credential: Credential,
    auth: Auth,
    key: Option<&Secret>,
    token: &Secret,
) -> HeaderMap {
    let mut headers = client.clone();
    strip_hop_by_hop(&mut headers);
    for name in [HOST, CONTENT_LENGTH, EXPECT] {
        headers.remove(name);
    }
    let own: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with(OWN_PREFIX))
        .cloned()
        .collect();
    for name in own {
        headers.remove(name);
    }
    // What arrives is judged, and compressed bytes cannot be.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    match credential {
        Credential::ClientLogin => {
            for name in LOGINS {
                if headers
                    .get(&name)
                    .is_some_and(|value| is_token(value, token))
                {
                    headers.remove(name);
                }
            }
        }
        Credential::OurKey | Credential::None => {
            for name in LOGINS.into_iter().chain(ACCOUNTS) {
                headers.remove(name);
            }
        }
    }
    if credential == Credential::OurKey {
        show_key(&mut headers, auth, key);
    }
    headers
}

/// The query of an attempt: a key in it goes to the client's own vendor only.
pub(crate) fn query(query: Option<&str>, credential: Credential) -> Option<String> {
    let query = query.filter(|query| !query.is_empty())?;
    if credential == Credential::ClientLogin {
        return Some(query.to_owned());
    }
    let is_key = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        KEY_PARAMETERS
            .iter()
            .any(|key| key.eq_ignore_ascii_case(name))
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_key(pair)).collect();
    Some(kept.join("&")).filter(|kept| !kept.is_empty())
}

/// The headers of an answer as they go back to the client. Its length is set anew by the server.
pub(crate) fn returned(mut headers: HeaderMap) -> HeaderMap {
    strip_hop_by_hop(&mut headers);
    headers.remove(CONTENT_LENGTH);
    headers
}

/// The headers of an attempt at a candidate of another dialect: the client's are words to another vendor.
pub(crate) fn of_translation(
    client: &HeaderMap,
    spoken: Dialect,
    streamed: bool,
    auth: Auth,
    key: Option<&Secret>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = if streamed { EVENTS } else { JSON };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if spoken == Dialect::Anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    for name in TRACES {
        if let Some(value) = client.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    show_key(&mut headers, auth, key);
    headers
}

/// The headers of a question for a list of models: the client's login where its own vendor is asked, and nothing else of
/// the client's.
pub(crate) fn of_list(
    client: &HeaderMap,
    credential: Credential,
    (auth, key): (Auth, Option<&Secret>),
    token: &Secret,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(JSON));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    match credential {
        Credential::ClientLogin => {
            headers.extend(credentials(client, token).map(|(name, value)| (name, value.clone())));
            for name in ["anthropic-version", "anthropic-beta"] {
                if let Some(value) = client.get(name) {
                    headers.insert(name, value.clone());
                }
            }
        }
        Credential::OurKey => show_key(&mut headers, auth, key),
        Credential::None => {}
    }
    if auth == Auth::XApiKey {
        let version = HeaderValue::from_static("2023-06-01");
        headers.entry("anthropic-version").or_insert(version);
    }
    headers
}

/// The headers of a translated answer: what is not about this connection is about another dialect.
pub(crate) fn of_translated(provider: &HeaderMap, streamed: bool) -> HeaderMap {
    let kind = if streamed { EVENTS } else { JSON };
    let mut headers = kept(provider, &[REQUEST_ID, DATE]);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if streamed {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers
}

/// The headers of a translated error: when to try again is the same in every dialect.
pub(crate) fn of_error(provider: &HeaderMap) -> HeaderMap {
    let mut headers = kept(provider, &[REQUEST_ID, DATE, RETRY_AFTER, RETRY_AFTER_MS]);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers
}

fn kept(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let of = |name: &HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    names.iter().filter_map(of).collect()
}

fn show_key(headers: &mut HeaderMap, auth: Auth, key: Option<&Secret>) {
    let Some(key) = key else { return };
    let (name, text) = match auth {
        Auth::XApiKey => (LOGINS[1].clone(), key.reveal().to_owned()),
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {}", key.reveal())),
        Auth::None => return,
    };
    // A key with a line break in it is no key; without the header the vendor says so in its own words.
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// `Bearer abc` → `abc`.
pub(crate) fn without_scheme(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => value,
    }
}

fn is_token(value: &HeaderValue, token: &Secret) -> bool {
    value
        .to_str()
        .is_ok_and(|value| token.is(value) || token.is(without_scheme(value)))
}

#[cfg(test)]
mod tests;
