//! The host names under which this port answers: a web page may point any other name at this machine (DNS rebinding).

use std::net::IpAddr;

const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// `host`: as in the `host` header, with or without a port. `allowed`: further names, from the settings.
pub fn is_own_host(host: &str, allowed: &[String]) -> bool {
    is_one_of(
        host,
        LOOPBACK
            .into_iter()
            .chain(allowed.iter().map(String::as_str)),
    )
}

/// The same without the names of loopback.
pub(crate) fn is_allowed_host(host: &str, allowed: &[String]) -> bool {
    is_one_of(host, allowed.iter().map(String::as_str))
}

/// True for a name or an address of this computer, without a port.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn is_one_of<'a>(host: &str, mut names: impl Iterator<Item = &'a str>) -> bool {
    let is_port = |rest: &str| {
        let digits = rest.strip_prefix(':');
        rest.is_empty() || digits.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let end = match host.rfind(']') {
        Some(end) => end + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, rest) = host.split_at(end);
    is_port(rest) && names.any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_compared_without_case_and_port() {
        let allowed = ["Desk.Local".to_owned()];
        for host in [
            "127.0.0.1",
            "127.0.0.1:4747",
            "LOCALHOST",
            "LocalHost:4747",
            "[::1]",
            "[::1]:4747",
            "desk.local:1",
        ] {
            assert!(is_own_host(host, &allowed), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "localhost:evil.example",
            "localhost:80@evil.example",
            "[::1]evil",
            "::1",
            "127.0.0.1:4747:1",
        ] {
            assert!(!is_own_host(host, &allowed), "{host}");
        }
    }
}
