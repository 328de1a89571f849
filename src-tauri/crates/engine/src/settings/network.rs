//! `[[listen.also]]`: addresses of networks, besides the one of this computer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use toml::Spanned;

use super::file;
use super::reading::Reading;
use super::values::{NetworkAddress, TlsFiles};

impl Reading<'_> {
    /// The address on this computer, and the others. An `address` that is not of this computer is one of the others: earlier
    /// versions had only this setting.
    pub(super) fn addresses(
        &mut self,
        written: &file::Listen,
        port: u16,
    ) -> (IpAddr, Vec<NetworkAddress>) {
        let mut also: Vec<NetworkAddress> = Vec::new();
        let mut own = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if let Some(text) = &written.address {
            let address = self.parsed(text, "an IP address such as \"127.0.0.1\"");
            if address.is_loopback() {
                own = address;
            } else {
                also.push(NetworkAddress {
                    address: SocketAddr::new(address, port),
                    plain_http: false,
                    tls: None,
                });
                if written.allowed_hosts.is_empty() {
                    self.err(text, "an address that other machines can reach needs allowed_hosts: the host names that they may use".into());
                }
            }
        }
        for one in &written.also {
            let wanted = "an IP address of this computer in a network, such as \"172.17.0.1\"";
            let address = self.parsed(&one.address, wanted);
            also.push(NetworkAddress {
                address: SocketAddr::new(address, one.port.unwrap_or(port)),
                plain_http: one.plain_http,
                tls: self.tls(one),
            });
        }
        (own, also)
    }

    fn tls(&mut self, written: &file::Also) -> Option<TlsFiles> {
        match (&written.certificate, &written.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: self.complete_path(certificate),
                key: self.complete_path(key),
            }),
            (Some(one), None) | (None, Some(one)) => {
                let what = "TLS needs two PEM files: certificate and key";
                self.err(one, what.into());
                None
            }
        }
    }

    fn complete_path(&mut self, written: &Spanned<PathBuf>) -> PathBuf {
        if !written.get_ref().is_absolute() {
            let what = "a complete path, such as \"/etc/understudy/cert.pem\"";
            self.err(written, what.into());
        }
        written.get_ref().clone()
    }
}
