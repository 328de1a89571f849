//! The kind of a client's login, from its format in the catalogue. Pure.

use catalog::{Dialect, Endpoint, LoginAddress};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::attempt::headers::{has_login, without_scheme};
use crate::{Config, EndpointConfig};

/// True for a login that is not billed per token. An API key never is one; an unknown login counts as one, since a paid
/// fallback then needs consent first.
pub(crate) fn is_subscription(headers: &HeaderMap, config: &Config, dialect: Dialect) -> bool {
    if !has_login(headers, &config.token) {
        return false;
    }
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    // Only API keys are sent in other headers.
    let Some(login) = bearer.map(without_scheme) else {
        return false;
    };
    if config.token.is(login) {
        return false;
    }
    !vendors(config, dialect)
        .flat_map(|vendor| &vendor.endpoint.logins.metered)
        .any(|start| login.starts_with(start.as_str()))
}

/// The URL of a path at this vendor, for the client's own login.
pub(crate) fn url(headers: &HeaderMap, endpoint: &Endpoint, path: &str) -> String {
    match address(headers, endpoint) {
        Some(address) => address.url(path),
        None => format!("{}{path}", endpoint.base),
    }
}

/// The address of a login that is valid only there.
pub(crate) fn address<'a>(headers: &HeaderMap, endpoint: &'a Endpoint) -> Option<&'a LoginAddress> {
    endpoint.logins.address(|name| headers.contains_key(name))
}

fn vendors(config: &Config, dialect: Dialect) -> impl Iterator<Item = &EndpointConfig> {
    config
        .endpoints
        .values()
        .filter(move |found| found.endpoint.accepts_client_login && found.endpoint.speaks(dialect))
}

#[cfg(test)]
mod tests;
