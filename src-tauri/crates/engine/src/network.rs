//! Which addresses of networks open: the rule for each, from the settings. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::settings::{NetworkAddress, Settings, TlsFiles};

/// The addresses that should be open; the reason if one is not.
pub(crate) type Addresses = BTreeMap<SocketAddr, Option<String>>;

/// An address that may open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkPort {
    pub address: SocketAddr,
    /// None: plain HTTP.
    pub tls: Option<TlsFiles>,
}

/// Why an address of a network stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    NoHosts,
    /// Other computers could read requests, with their token and their content.
    NeedsTls,
    /// The network is private, and the owner has not allowed plain HTTP.
    NeedsConsent,
    NoToken,
    /// It contains the address of this computer, whose port is taken.
    PortTaken(u16),
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Closed::NoHosts => "the settings name no host under which clients may address it",
            Closed::NeedsTls => {
                "it is not an address of a private network, and without TLS others could read the requests and their token"
            }
            Closed::NeedsConsent => "plain HTTP in this network is not allowed in the settings",
            Closed::NoToken => "there is no named token, and this computer's own token is not valid there",
            Closed::PortTaken(_) => "it contains 127.0.0.1, where the engine uses the same port",
        })
    }
}

impl Closed {
    pub(crate) fn fix(self) -> String {
        match self {
            Closed::NoHosts => {
                "Write the names into [listen] allowed_hosts: those of the clients' URLs.".into()
            }
            Closed::NeedsTls => {
                "Write certificate and key (PEM files) into its [[listen.also]], use an address of a private network, or reach 127.0.0.1 through a tunnel (`ssh -L`).".into()
            }
            Closed::NeedsConsent => {
                "Write plain_http = true into its [[listen.also]] if you trust every computer and container of this network, or certificate and key for TLS.".into()
            }
            Closed::NoToken => {
                "Create one for each person and device: `understudyd token add NAME`. The address then opens.".into()
            }
            Closed::PortTaken(port) => {
                format!("Give it another port: `port = {}` in its [[listen.also]].", port.saturating_add(1))
            }
        }
    }
}

/// Each address of the settings, with the rule's result. `own`: the address of this computer.
pub(crate) fn ports(
    settings: &Settings,
    own: SocketAddr,
    has_tokens: bool,
) -> Vec<(SocketAddr, Result<NetworkPort, Closed>)> {
    let decided = |also: &NetworkAddress| {
        let decided = decide(also, &settings.allowed_hosts, own, has_tokens);
        (also.address, decided)
    };
    settings.also.iter().map(decided).collect()
}

fn decide(
    also: &NetworkAddress,
    allowed_hosts: &[String],
    own: SocketAddr,
    has_tokens: bool,
) -> Result<NetworkPort, Closed> {
    let NetworkAddress {
        address,
        plain_http,
        ref tls,
    } = *also;
    if allowed_hosts.is_empty() {
        return Err(Closed::NoHosts);
    }
    if tls.is_none() && !is_private(address.ip()) {
        return Err(Closed::NeedsTls);
    }
    if tls.is_none() && !plain_http {
        return Err(Closed::NeedsConsent);
    }
    if address.ip().is_unspecified() && address.port() == own.port() {
        return Err(Closed::PortTaken(own.port()));
    }
    if !has_tokens {
        return Err(Closed::NoToken);
    }
    Ok(NetworkPort {
        address,
        tls: tls.clone(),
    })
}

/// RFC 1918 and RFC 4193, and this computer. Shared carrier addresses (RFC 6598) and link-local ones are not.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback(),
    }
}

/// The base URLs for this token at these addresses. A host that is an address belongs to that address alone.
pub(crate) fn urls(ports: &[&NetworkPort], allowed_hosts: &[String], token: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for port in ports {
        for host in allowed_hosts {
            let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
            let ip = port.address.ip();
            if literal.is_some_and(|literal| literal != ip && !ip.is_unspecified()) {
                continue;
            }
            let scheme = if port.tls.is_some() { "https" } else { "http" };
            let port = port.address.port();
            urls.push(format!("{scheme}://{host}:{port}/t/{token}"));
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "127.0.0.1:4747";

    fn decided(
        address: &str,
        plain_http: bool,
        tls: bool,
        hosts: &[&str],
        has_tokens: bool,
    ) -> Result<bool, Closed> {
        let also = NetworkAddress {
            address: address.parse().unwrap(),
            plain_http,
            tls: tls.then(|| TlsFiles {
                certificate: "/c.pem".into(),
                key: "/k.pem".into(),
            }),
        };
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let port = decide(&also, &hosts, OWN.parse().unwrap(), has_tokens);
        port.map(|port| port.tls.is_some())
    }

    #[test]
    fn an_address_opens_by_the_rule_for_its_network() {
        const BRIDGE: &str = "172.17.0.1:4747";
        let host = &["desk.lan"][..];
        for (address, plain, tls, hosts, tokens, expected) in [
            // A private network.
            (BRIDGE, true, false, host, true, Ok(false)),
            (BRIDGE, false, true, host, true, Ok(true)),
            (BRIDGE, false, false, host, true, Err(Closed::NeedsConsent)),
            (BRIDGE, true, false, &[], true, Err(Closed::NoHosts)),
            (BRIDGE, true, false, host, false, Err(Closed::NoToken)),
            (BRIDGE, true, true, host, true, Ok(true)),
            ("10.1.2.3:80", true, false, host, true, Ok(false)),
            ("192.168.1.9:4747", true, false, host, true, Ok(false)),
            ("[fd00::7]:4747", true, false, host, true, Ok(false)),
            ("[::ffff:10.0.0.1]:1", true, false, host, true, Ok(false)),
            // Everything else needs TLS, whatever the owner allows.
            (
                "203.0.113.7:4747",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            ("203.0.113.7:4747", false, true, host, true, Ok(true)),
            (
                "100.64.0.1:4747",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            (
                "169.254.1.1:4747",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            (
                "172.32.0.1:4747",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            (
                "[2001:db8::1]:1",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            (
                "[fe80::1]:1",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            (
                "0.0.0.0:4748",
                true,
                false,
                host,
                true,
                Err(Closed::NeedsTls),
            ),
            ("[::]:4748", true, false, host, true, Err(Closed::NeedsTls)),
            ("0.0.0.0:4748", false, true, host, true, Ok(true)),
            (
                "0.0.0.0:4748",
                false,
                true,
                host,
                false,
                Err(Closed::NoToken),
            ),
            (
                "0.0.0.0:4747",
                false,
                true,
                host,
                true,
                Err(Closed::PortTaken(4747)),
            ),
        ] {
            let found = decided(address, plain, tls, hosts, tokens);
            assert_eq!(
                found, expected,
                "{address} {plain} {tls} {hosts:?} {tokens}"
            );
        }
    }

    #[test]
    fn every_closed_address_has_a_remedy() {
        for why in [
            Closed::NoHosts,
            Closed::NeedsTls,
            Closed::NeedsConsent,
            Closed::NoToken,
            Closed::PortTaken(4747),
        ] {
            assert!(!why.to_string().is_empty() && why.fix().ends_with('.'));
        }
    }

    #[test]
    fn a_token_has_a_url_for_each_host_of_an_address() {
        let port = |address: &str, tls| NetworkPort {
            address: address.parse().unwrap(),
            tls,
        };
        let files = TlsFiles {
            certificate: "/c".into(),
            key: "/k".into(),
        };
        let bridge = port("172.17.0.1:4747", None);
        let all = port("0.0.0.0:4748", Some(files));
        let hosts = ["host.docker.internal".to_owned(), "192.168.1.9".to_owned()];
        assert_eq!(
            urls(&[&bridge, &all], &hosts, "T"),
            [
                "http://host.docker.internal:4747/t/T",
                "https://host.docker.internal:4748/t/T",
                "https://192.168.1.9:4748/t/T",
            ]
        );
    }
}
