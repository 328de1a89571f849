//! A line for each address of a network.

use api::Check;

use super::line::{bad, good, note};
use crate::network;
use crate::state::State;
use crate::view::problem;

pub(super) fn checks(state: &State) -> Vec<Check> {
    let own = state.listening.bound();
    let ports = network::ports(&state.settings, own, !state.tokens.is_empty());
    let check = |(address, port)| {
        let name = format!("address {address}");
        match problem::closed_address(state, address, &port) {
            Some((why, fix)) if port.is_err() => note(name, format!("closed: {why}."), &fix),
            Some((why, fix)) => bad(name, format!("not open: {why}."), &fix),
            None if !state.network.contains_key(&address) => {
                note(name, "is being opened.".into(), "look again in a second")
            }
            None => {
                let tls = port.is_ok_and(|port| port.tls.is_some());
                let how = if tls { "with TLS" } else { "with plain HTTP" };
                let hosts = state.settings.allowed_hosts.join(", ");
                good(name, format!("open {how} for named tokens, as {hosts}."))
            }
        }
    };
    ports.into_iter().map(check).collect()
}
