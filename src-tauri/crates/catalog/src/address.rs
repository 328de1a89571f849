//! Addresses, as far as files and settings need to know them.

use std::net::IpAddr;

/// Does this address lead to a server on this machine?
pub(crate) fn is_local(base: &str) -> bool {
    host(base, "http://").is_some_and(is_loopback)
}

/// The host, port included, of an address with this scheme.
pub(crate) fn host<'t>(url: &'t str, scheme: &str) -> Option<&'t str> {
    let rest = url.strip_prefix(scheme)?;
    let host = rest.split('/').next()?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '?' | '#');
    (!host.is_empty() && !url.contains(odd)).then_some(host)
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
