//! The kind of a client's login, from its format in the catalogue. Pure.

use catalog::Dialect;
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

/// Why this login cannot be forwarded; `None`: it can, or there is none.
pub(crate) fn refused(headers: &HeaderMap, config: &Config, dialect: Dialect) -> Option<String> {
    vendors(config, dialect).find_map(|vendor| refused_at(headers, vendor))
}

/// The same at one vendor.
pub(crate) fn refused_at(headers: &HeaderMap, vendor: &EndpointConfig) -> Option<String> {
    let mut refused = vendor.endpoint.logins.refused.iter();
    let found = refused.find(|login| headers.contains_key(&login.header));
    found.map(|login| login.why.clone())
}

fn vendors(config: &Config, dialect: Dialect) -> impl Iterator<Item = &EndpointConfig> {
    config
        .endpoints
        .values()
        .filter(move |found| found.endpoint.accepts_client_login && found.endpoint.speaks(dialect))
}

#[cfg(test)]
mod tests;
