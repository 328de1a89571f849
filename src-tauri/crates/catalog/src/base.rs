//! The base address of an endpoint: which text is one, and why another is none.

use std::net::{IpAddr, Ipv6Addr};

use crate::mask;

/// Why a text is no base address. It never repeats the text, which may have a key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBase {
    #[error(
        "a base is a web address such as \"http://127.0.0.1:11434\", with http:// or https:// before its host"
    )]
    NotWeb,
    #[error(
        "a base has no user name and no password before its host (`…@`): remove them; a key belongs into the variable that `key_env` names, or into `understudyd key add`"
    )]
    Login,
    #[error(
        "a base has no query (`?…`): remove it; a key belongs into the variable that `key_env` names, or into `understudyd key add`"
    )]
    Query,
    #[error("a base has no fragment (`#…`): remove it")]
    Fragment,
    #[error(
        "a base has no spaces and none of the characters that an address writes with `%` signs"
    )]
    Characters,
    #[error(
        "a base has a host name or an IP address behind its scheme, and its port, where it has one, is a number from 1 to 65535"
    )]
    Host,
    #[error(
        "a base has the name of a server where this has what looks like a key: write the server's address, and give the key with `key_env` or `understudyd key add`"
    )]
    Key,
}

/// A web address, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address<'t> {
    pub(crate) secure: bool,
    /// Without its port, and an IPv6 address without its brackets.
    pub(crate) host: &'t str,
    port: Option<u16>,
    /// The host as it is written, with its port.
    pub(crate) authority: &'t str,
}

impl<'t> Address<'t> {
    pub(crate) fn of(base: &'t str) -> Result<Address<'t>, BadBase> {
        let (secure, rest) = match (without(base, "https://"), without(base, "http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BadBase::NotWeb),
        };
        for (sign, bad) in [
            ('@', BadBase::Login),
            ('?', BadBase::Query),
            ('#', BadBase::Fragment),
        ] {
            if rest.contains(sign) {
                return Err(bad);
            }
        }
        if !rest.bytes().all(may_stand_in_a_path) {
            return Err(BadBase::Characters);
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = split(authority).ok_or(BadBase::Host)?;
        if mask::is_key(host) {
            return Err(BadBase::Key);
        }
        Ok(Address {
            secure,
            host,
            port,
            authority,
        })
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// The same scheme, host and port: what is sent to one is sent to the other.
    pub(crate) fn is_same_server(&self, other: &Address<'_>) -> bool {
        let port = |address: &Address<'_>| address.port.unwrap_or(usual_port(address.secure));
        self.secure == other.secure
            && self.host.eq_ignore_ascii_case(other.host)
            && port(self) == port(other)
    }

    /// Scheme and host, for a text.
    pub(crate) fn shown(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let host = mask::host(self.authority);
        format!("{scheme}://{host}")
    }
}

fn usual_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

fn without<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| &text[scheme.len()..])
}

/// What RFC 3986 allows in a path, and the brackets of an IPv6 address.
fn may_stand_in_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%/[]".contains(&byte)
}

/// `host:port` → the host and its port.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some(port)))
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, Some("")),
            };
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            if host.is_empty() || !host.bytes().all(plain) {
                return None;
            }
            (host, port)
        }
    };
    let _ = (host, port);
    None
}
