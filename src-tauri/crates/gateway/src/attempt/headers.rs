//! Decides which headers are forwarded. The client's own vendor gets all of them except those of one connection and
//! Understudy's; any other endpoint gets only content negotiation and what its file allows.

use std::time::Duration;

use catalog::{Allow, Auth, Dialect, Secret};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALT_SVC, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING,
    CONTENT_LENGTH, CONTENT_TYPE, COOKIE, DATE, EXPECT, HOST, HeaderName, RETRY_AFTER, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue};
use translate::{LeftOut, Why};

use crate::{Credential, Tokens};

/// Carries Understudy's token if the path cannot.
pub(crate) const TOKEN_HEADER: &str = "x-understudy-token";
/// Understudy's headers: never sent to a provider, and never taken from one.
const OWN_PREFIX: &str = "x-understudy-";
/// On a response that was replayed under an idempotency key: only Understudy replays.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// `proxy-status` and `alt-svc` are statements about the connection to the provider; for the client's they would be wrong.
const HOP_BY_HOP: [HeaderName; 11] = [
    CONNECTION,
    ALT_SVC,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-status"),
];

/// Headers that contain a login.
const LOGINS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Headers that identify an account: like [`LOGINS`], they are sent only to the client's own vendor.
const ACCOUNTS: [HeaderName; 4] = [
    COOKIE,
    HeaderName::from_static("openai-organization"),
    HeaderName::from_static("openai-project"),
    HeaderName::from_static("chatgpt-account-id"),
];

/// Query parameters in which some vendors accept a key.
const KEY_PARAMETERS: [&str; 4] = ["key", "api_key", "api-key", "access_token"];

/// In seconds, with or without a fraction; the Anthropic and OpenAI SDKs and Claude Code send one of them, or `NOT_GIVEN`.
const WAITS: [HeaderName; 2] = [
    HeaderName::from_static("x-stainless-timeout"),
    HeaderName::from_static("x-stainless-read-timeout"),
];

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

const BETAS: HeaderName = HeaderName::from_static("anthropic-beta");
const OURSELVES: &str = concat!("Understudy/", env!("CARGO_PKG_VERSION"));

/// The client's timeout, if it sends one.
pub(crate) fn client_waits(headers: &HeaderMap) -> Option<Duration> {
    WAITS.iter().find_map(|name| {
        let seconds: f64 = headers.get(name)?.to_str().ok()?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    })
}

/// True if the client sends its own login. Understudy's token in such a header does not count.
pub(crate) fn has_login(headers: &HeaderMap, token: &Tokens) -> bool {
    LOGINS.iter().any(|name| {
        headers
            .get_all(name)
            .iter()
            .any(|value| !value.is_empty() && !is_token(value, token))
    })
}

/// All headers that identify the client to its vendor. Understudy's token in such a header is excluded.
pub(crate) fn credentials<'a>(
    headers: &'a HeaderMap,
    token: &'a Tokens,
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
    token: &Tokens,
) -> HeaderMap {
    let mut headers = client.clone();
    strip_hop_by_hop(&mut headers);
    for name in [HOST, CONTENT_LENGTH, EXPECT] {
        headers.remove(name);
    }
    strip_own(&mut headers);
    // Responses are checked, which needs uncompressed bytes.
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

/// The query of an attempt: a key in it is sent only to the client's own vendor.
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

/// The headers of a response for the client. The server sets the length again.
pub(crate) fn returned(mut headers: HeaderMap) -> HeaderMap {
    strip_hop_by_hop(&mut headers);
    headers.remove(CONTENT_LENGTH);
    // From an upstream that is Understudy too, its ids belong to its ledger; from any other they are a lie.
    strip_own(&mut headers);
    headers.remove(REPLAYED);
    headers
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with(JSON))
}

/// The provider sent a document, and the client receives events.
pub(crate) fn set_event_stream(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// The headers of an attempt at an endpoint that is neither the client's own vendor nor the configured primary: content
/// negotiation, and what the endpoint's file allows. They contain no other value of the client.
pub(crate) fn of_other(
    client: &HeaderMap,
    spoken: Dialect,
    streamed: bool,
    allow: &Allow,
    (auth, key): (Auth, Option<&Secret>),
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in client {
        if allow.allows_header(name.as_str()) && !is_withheld(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    let accept = if streamed { EVENTS } else { JSON };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(OURSELVES));
    if spoken == Dialect::Anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    show_key(&mut headers, auth, key);
    headers
}

/// No file can allow these: logins, accounts, Understudy's headers, and headers of one connection. Betas are allowed one by
/// one.
fn is_withheld(name: &HeaderName) -> bool {
    LOGINS.contains(name)
        || ACCOUNTS.contains(name)
        || HOP_BY_HOP.contains(name)
        || [HOST, CONTENT_LENGTH, EXPECT, CONTENT_ENCODING].contains(name)
        || name.as_str().starts_with(OWN_PREFIX)
        || *name == BETAS
}

/// The client's betas that the endpoint's file allows; the others are listed as dropped.
pub(crate) fn put_betas(
    headers: &mut HeaderMap,
    client: &HeaderMap,
    allow: &Allow,
    dropped: &mut Vec<LeftOut>,
) {
    let values = client.get_all(BETAS).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let betas = values.flat_map(|value| value.split(',')).map(str::trim);
    let (allowed, others): (Vec<&str>, Vec<&str>) = betas
        .filter(|beta| !beta.is_empty())
        .partition(|beta| allow.allows_beta(beta));
    if let Ok(value) = HeaderValue::try_from(allowed.join(","))
        && !allowed.is_empty()
    {
        headers.insert(BETAS, value);
    }
    if !others.is_empty() {
        dropped.push(LeftOut {
            what: BETAS.as_str().to_owned(),
            why: Why::Handling,
        });
    }
}

/// The names of the dropped fields, and of the references that were sent in full.
pub(crate) fn listed(fields: &[LeftOut]) -> HeaderMap {
    let (expanded, dropped): (Vec<&LeftOut>, Vec<&LeftOut>) =
        fields.iter().partition(|field| field.why == Why::Expanded);
    let names = [
        ("x-understudy-dropped", dropped),
        ("x-understudy-expanded", expanded),
    ];
    let names = names
        .into_iter()
        .filter_map(|(name, fields)| Some((HeaderName::from_static(name), names_of(&fields)?)));
    names.collect()
}

/// For a header: ASCII, with limited length.
fn names_of(fields: &[&LeftOut]) -> Option<HeaderValue> {
    const LONGEST: usize = 512;
    let mut text = String::new();
    for (at, LeftOut { what, .. }) in fields.iter().enumerate() {
        let plain = |sign: char| match sign {
            '!'..='~' if sign != ',' => sign,
            _ => '-',
        };
        let name: String = what
            .replace(": ", "=")
            .chars()
            .map(plain)
            .take(80)
            .collect();
        if text.len() + name.len() > LONGEST {
            text += &format!(", and {} more", fields.len() - at);
            break;
        }
        if at > 0 {
            text += ", ";
        }
        text += &name;
    }
    HeaderValue::try_from(text)
        .ok()
        .filter(|text| !text.is_empty())
}

/// The headers of a request for a list of models: the client's login for its own vendor, and no other header of the client.
pub(crate) fn of_list(
    client: &HeaderMap,
    credential: Credential,
    (auth, key): (Auth, Option<&Secret>),
    token: &Tokens,
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

/// The headers of a translated response: headers that do not belong to this connection belong to another dialect.
pub(crate) fn of_translated(provider: &HeaderMap, streamed: bool) -> HeaderMap {
    let kind = if streamed { EVENTS } else { JSON };
    let mut headers = kept(provider, &[REQUEST_ID, DATE]);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if streamed {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    headers
}

/// The headers of a translated error: the time of a retry is the same in every dialect.
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
    // A key with a line break is invalid; without the header the vendor returns its own error.
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

fn strip_own(headers: &mut HeaderMap) {
    let own = headers.keys();
    let own = own.filter(|name| name.as_str().starts_with(OWN_PREFIX));
    for name in own.cloned().collect::<Vec<_>>() {
        headers.remove(name);
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

fn is_token(value: &HeaderValue, token: &Tokens) -> bool {
    value
        .to_str()
        .is_ok_and(|value| token.is(value) || token.is(without_scheme(value)))
}

#[cfg(test)]
mod tests;
