//! The port's address, its URL on this machine, and the port settings that need a restart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::settings::Settings;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    bound: SocketAddr,
    /// Address in the settings at the start.
    address: IpAddr,
    /// None: the command line chose the port.
    port: Option<u16>,
}

impl Listening {
    pub(crate) fn new(bound: SocketAddr, settings: &Settings, from_command: Option<u16>) -> Self {
        Self {
            bound,
            address: settings.address,
            port: from_command.is_none().then_some(settings.port),
        }
    }

    /// URL for clients on this machine: an address that listens on all interfaces is not a valid target.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", reachable(self.bound))
    }

    /// "http://127.0.0.1:4747", "every network address of this machine, port 4747"
    pub(crate) fn reported(&self) -> String {
        match self.bound.ip().is_unspecified() {
            true => format!(
                "every network address of this machine, port {}; from this machine, {}",
                self.bound.port(),
                self.url()
            ),
            false => self.url(),
        }
    }

    /// Changes in these settings that take effect only after a restart.
    pub(crate) fn after_a_restart(&self, settings: &Settings) -> Option<SocketAddr> {
        let port = match self.port {
            Some(_) => settings.port,
            None => self.bound.port(),
        };
        let differs = settings.address != self.address || self.port.is_some_and(|old| old != port);
        differs.then(|| SocketAddr::new(settings.address, port))
    }

    /// The same as a sentence with the required action.
    pub(crate) fn pending(&self, settings: &Settings) -> Option<(String, String)> {
        let wanted = self.after_a_restart(settings)?;
        let what = match settings.address == self.address {
            true => "port",
            false => "address",
        };
        Some((
            format!(
                "The settings name {wanted}, and the engine still listens on {}.",
                self.bound
            ),
            format!(
                "Restart to use the new {what}: `understudyd stop`, then start the engine again."
            ),
        ))
    }
}

fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, bound.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(address: &str, port: u16) -> Settings {
        Settings {
            address: address.parse().unwrap(),
            port,
            ..Settings::default()
        }
    }

    #[test]
    fn this_machine_uses_loopback_if_the_engine_listens_on_all_interfaces() {
        for (bound, url) in [
            ("0.0.0.0:4747", "http://127.0.0.1:4747"),
            ("[::]:4747", "http://[::1]:4747"),
            ("127.0.0.1:4747", "http://127.0.0.1:4747"),
            ("192.168.0.7:80", "http://192.168.0.7:80"),
        ] {
            let bound = bound.parse().unwrap();
            let listening = Listening::new(bound, &Settings::default(), None);
            assert_eq!(listening.url(), url);
        }
    }

    #[test]
    fn a_changed_address_or_port_needs_a_restart() {
        let bound = "127.0.0.1:4747".parse().unwrap();
        let before = settings("127.0.0.1", 4747);
        let by_settings = Listening::new(bound, &before, None);
        let by_command = Listening::new(bound, &before, Some(4747));
        for (wanted, settings_text, command_text) in [
            (settings("127.0.0.1", 4747), None, None),
            (settings("127.0.0.1", 5000), Some("127.0.0.1:5000"), None),
            (
                settings("0.0.0.0", 4747),
                Some("0.0.0.0:4747"),
                Some("0.0.0.0:4747"),
            ),
        ] {
            let reported = |listening: &Listening| {
                let wanted = listening.after_a_restart(&wanted);
                wanted.map(|address| address.to_string())
            };
            assert_eq!(reported(&by_settings).as_deref(), settings_text);
            assert_eq!(reported(&by_command).as_deref(), command_text);
        }
    }
}
