//! Server addresses in catalogue files and settings.

use std::net::{IpAddr, Ipv6Addr};

/// Why a text is not a server address. No message repeats the text, which may contain a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error(
        "a base is a web address such as \"http://127.0.0.1:11434\": it begins with http:// or https://"
    )]
    NotWeb,
    #[error(
        "an address has no user name and no password (`…@`): remove them, and give a key by `key_env` or `understudyd key add`"
    )]
    Login,
    #[error(
        "an address has no query (`?…`): remove it, and give a key by `key_env` or `understudyd key add`"
    )]
    Query,
    #[error("an address has no fragment (`#…`): remove it")]
    Fragment,
    #[error("an address has no spaces and no characters that are written with `%`")]
    Characters,
    #[error(
        "an address has a host name or an IP address after its scheme; a port is a number from 1 to 65535"
    )]
    Host,
}

/// An http or https address with scheme, host, port and path only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'t> {
    pub secure: bool,
    /// Without the port; for an IPv6 address without its brackets.
    host: &'t str,
    port: u16,
}

impl<'t> Address<'t> {
    /// # Errors The text is not such an address, or has a part that is not allowed.
    pub fn of(text: &'t str) -> Result<Address<'t>, BadAddress> {
        let (secure, rest) = match (after(text, "https://"), after(text, "http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BadAddress::NotWeb),
        };
        for (sign, bad) in [
            ('@', BadAddress::Login),
            ('?', BadAddress::Query),
            ('#', BadAddress::Fragment),
        ] {
            if rest.contains(sign) {
                return Err(bad);
            }
        }
        if !rest.bytes().all(belongs_in_a_path) {
            return Err(BadAddress::Characters);
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = split(authority).ok_or(BadAddress::Host)?;
        let usual = if secure { 443 } else { 80 };
        let port = port.unwrap_or(usual);
        Ok(Address { secure, host, port })
    }

    /// True if the address is on this machine.
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// True unless the server is on this machine or in its network, where it is reachable without an internet connection.
    fn is_beyond_this_network(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
            Ok(IpAddr::V6(ip)) => {
                !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local())
            }
            Err(_) => self.host.contains('.') && !self.host.ends_with(".local"),
        }
    }

    /// True if both addresses lead to the same server.
    pub fn is_same_server(&self, other: &Address<'_>) -> bool {
        self.secure == other.secure
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
    }

    /// True if a key or a login would be sent unencrypted.
    pub fn is_in_the_clear(&self) -> bool {
        !self.secure && !self.is_loopback()
    }
}

/// True if the address is outside this machine's network.
pub fn is_beyond_this_network(base: &str) -> bool {
    Address::of(base).is_ok_and(|address| address.is_beyond_this_network())
}

/// True if the server is on this machine.
pub(crate) fn is_local(base: &str) -> bool {
    Address::of(base).is_ok_and(|address| !address.secure && address.is_loopback())
}

/// A host name or IP address with an optional port, and nothing else.
pub(crate) fn is_host(text: &str) -> bool {
    !text.contains('/') && text.bytes().all(belongs_in_a_path) && split(text).is_some()
}

fn after<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| &text[scheme.len()..])
}

/// True for characters of a path (RFC 3986) and the brackets of an IPv6 address.
fn belongs_in_a_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%/[]".contains(&byte)
}

/// `host:port` → the host and the port, if there is one.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (
                host,
                port.strip_prefix(':').or(port.is_empty().then_some("")),
            )
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            let named = !host.is_empty() && host.bytes().all(plain);
            (host, named.then_some(port))
        }
    };
    match port? {
        "" => Some((host, None)),
        port => {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
            Some((host, Some(port)))
        }
    }
}

/// A name for an error text. If it is an address, it is not repeated, because it may contain a key.
pub fn shown_name(name: &str) -> &str {
    let plain = !name.contains("://") && !name.contains('@');
    if plain { name } else { "…" }
}

/// An error of the TOML reader, without a value that may be an address with a key in it.
pub fn without_addresses(message: &str) -> String {
    if shown_name(message) == message {
        return message.to_owned();
    }
    // serde's form: invalid type: string "…", expected a sequence
    let start = message.find(['"', '`']);
    let end = ["\", expected", "`, expected"]
        .iter()
        .filter_map(|quote| message.rfind(quote))
        .max();
    match (start, end) {
        (Some(start), Some(end)) if start < end => {
            format!("{}…{}", &message[..=start], &message[end..])
        }
        _ => "this value or key is not valid here".to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
