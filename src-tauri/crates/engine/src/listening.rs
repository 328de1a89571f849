//! The port's address, its URL on this machine, and the port settings that need a restart.

use std::net::{IpAddr, SocketAddr};

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

    /// URL for clients on this machine.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.bound)
    }

    pub(crate) fn bound(&self) -> SocketAddr {
        self.bound
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
    fn a_changed_address_or_port_needs_a_restart() {
        let bound = "127.0.0.1:4747".parse().unwrap();
        let before = settings("127.0.0.1", 4747);
        let by_settings = Listening::new(bound, &before, None);
        let by_command = Listening::new(bound, &before, Some(4747));
        for (wanted, settings_text, command_text) in [
            (settings("127.0.0.1", 4747), None, None),
            (settings("127.0.0.1", 5000), Some("127.0.0.1:5000"), None),
            (
                settings("127.0.0.2", 4747),
                Some("127.0.0.2:4747"),
                Some("127.0.0.2:4747"),
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
