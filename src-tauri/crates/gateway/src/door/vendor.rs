//! Selects the vendor for a path of another endpoint. Pure.

use catalog::{Dialect, Passage};
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::admit::quoted;
use crate::attempt::headers::{self, without_scheme};
use crate::plan::login;
use crate::{Config, Credential, EndpointConfig, TurnedAway};

/// The vendor, and the credential for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vendor<'a> {
    pub(super) found: &'a EndpointConfig,
    /// Without ids: `/v1/files/*`.
    pub(super) pattern: &'a str,
    pub(super) credential: Credential,
}

/// The vendor of the client's login; without one, the endpoint whose stored key may be used for such a path.
///
/// # Errors
/// No vendor has this path, the login does not identify its vendor, or there is none.
pub(super) fn vendor<'a>(
    head: &Parts,
    path: &str,
    config: &'a Config,
) -> Result<Vendor<'a>, TurnedAway> {
    let unknown = || TurnedAway::Path(quoted(path));
    if headers::has_login(&head.headers, &config.token) {
        let known: Vec<_> = vendors(config)
            .filter_map(|found| Some((found, pattern(passages(found, head), head, path)?)))
            .collect();
        let own_address =
            vendors(config).find_map(|found| login::address(&head.headers, &found.endpoint));
        if let Some(address) = own_address
            && pattern(&address.passes, head, path).is_none()
        {
            return Err(TurnedAway::Login(address.only.clone()));
        }
        let (found, pattern) = match (Named::by(head, config), known.as_slice()) {
            (_, []) => return Err(unknown()),
            (Named::One(vendor), known) => {
                let mut own = known.iter();
                let own = own.find(|(found, _)| found.endpoint.id == vendor.endpoint.id);
                *own.ok_or_else(unknown)?
            }
            (Named::Several(those), _) => {
                return Err(TurnedAway::AmbiguousVendor(names(those)));
            }
            (Named::NoVendor, [only]) => *only,
            (Named::NoVendor, several) => {
                let several = several.iter().map(|(found, _)| *found);
                return Err(TurnedAway::AmbiguousVendor(names(several)));
            }
        };
        return Ok(Vendor {
            found,
            pattern,
            credential: Credential::ClientLogin,
        });
    }
    let known: Vec<_> = config
        .endpoints
        .values()
        .filter(|found| found.key.is_some())
        .filter_map(|found| {
            Some((
                found,
                pattern(&found.endpoint.passages.with_key, head, path)?,
            ))
        })
        .collect();
    match (known.as_slice(), config.spending.used_up) {
        ([(found, pattern)], None) => Ok(Vendor {
            found,
            pattern,
            credential: Credential::OurKey,
        }),
        ([_], Some(used_up)) => Err(TurnedAway::CapReached(used_up)),
        ([], _) => Err(needs_login(head, path, config)),
        (several, _) => {
            let several = several.iter().map(|(found, _)| *found);
            Err(TurnedAway::AmbiguousVendor(names(several)))
        }
    }
}

/// The vendor of the login has a list of models in a form of its own, which no other client reads.
pub(super) fn has_own_list(head: &Parts, path: &str, config: &Config) -> bool {
    let is_own = |found: &EndpointConfig| {
        let address = login::address(&head.headers, &found.endpoint);
        address.is_some_and(|address| pattern(&address.passes, head, path).is_some())
    };
    headers::has_login(&head.headers, &config.token) && vendors(config).any(is_own)
}

/// What this vendor gets with the client's login.
fn passages<'a>(found: &'a EndpointConfig, head: &Parts) -> &'a [Passage] {
    match login::address(&head.headers, &found.endpoint) {
        Some(address) => &address.passes,
        None => &found.endpoint.passages.with_login,
    }
}

/// The first pattern that matches the request.
fn pattern<'a>(passages: &'a [Passage], head: &Parts, path: &str) -> Option<&'a str> {
    let mut all = passages.iter();
    let found = all.find(|passage| passage.matches(head.method.as_str(), path))?;
    Some(found.path())
}

/// The vendor of a client's request: by the prefix of its logins, and by the header that only one vendor's clients send.
pub(super) enum Named<'a> {
    NoVendor,
    One(&'a EndpointConfig),
    /// The login and the header contradict each other.
    Several([&'a EndpointConfig; 2]),
}

impl<'a> Named<'a> {
    pub(super) fn by(head: &Parts, config: &'a Config) -> Named<'a> {
        let by_header = head.headers.contains_key("anthropic-version");
        // An endpoint of the user may accept logins too; it has none of these paths.
        let has_paths = |vendor: &&EndpointConfig| !vendor.endpoint.passages.with_login.is_empty();
        let by_header = vendors(config)
            .filter(has_paths)
            .find(|vendor| by_header && vendor.endpoint.speaks(Dialect::Anthropic));
        match (of_login(head, config), by_header) {
            (None, None) => Named::NoVendor,
            (Some(one), None) | (None, Some(one)) => Named::One(one),
            (Some(login), Some(header)) if login.endpoint.id == header.endpoint.id => {
                Named::One(login)
            }
            (Some(login), Some(header)) => Named::Several([login, header]),
        }
    }
}

/// The vendor with the longest matching prefix of a login.
fn of_login<'a>(head: &Parts, config: &'a Config) -> Option<&'a EndpointConfig> {
    let text = |name: &str| head.headers.get(name)?.to_str().ok();
    let bearer = text(AUTHORIZATION.as_str()).map(without_scheme);
    let logins = [bearer, text("x-api-key"), text("api-key")];
    let own = logins
        .into_iter()
        .flatten()
        .filter(|login| !config.token.is(login));
    let mut best: Option<(usize, &EndpointConfig)> = None;
    for login in own {
        for vendor in vendors(config) {
            let begins = vendor.endpoint.logins.begins.iter();
            let length = begins
                .filter(|start| login.starts_with(start.as_str()))
                .map(String::len)
                .max()
                .unwrap_or(0);
            if length > best.map_or(0, |(length, _)| length) {
                best = Some((length, vendor));
            }
        }
    }
    best.map(|(_, vendor)| vendor)
}

/// The vendors that accept a client's own login.
fn vendors(config: &Config) -> impl Iterator<Item = &EndpointConfig> {
    let all = config.endpoints.values();
    all.filter(|found| found.endpoint.accepts_client_login)
}

fn needs_login(head: &Parts, path: &str, config: &Config) -> TurnedAway {
    let known = vendors(config)
        .filter(|found| pattern(&found.endpoint.passages.with_login, head, path).is_some());
    let vendors = names(known);
    let path = quoted(path);
    if vendors.is_empty() {
        TurnedAway::Path(path)
    } else {
        TurnedAway::NeedsLogin { path, vendors }
    }
}

fn names<'a>(found: impl IntoIterator<Item = &'a EndpointConfig>) -> String {
    let names: Vec<&str> = found.into_iter().map(|found| found.name.as_str()).collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests;
