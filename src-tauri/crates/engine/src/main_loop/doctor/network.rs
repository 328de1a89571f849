//! The line about this machine's network: the failed check, and its method.

use api::Check;
use watch::online::{Attempt, Connectivity};

use super::line::{bad, good, note};

const NAME: &str = "network";

pub(super) fn check(offline: bool, last: Option<&Connectivity>) -> Check {
    let failed = last
        .filter(|connectivity| !connectivity.is_up())
        .map(|connectivity| attempts(&connectivity.attempts));
    match (offline, failed) {
        (true, Some(failed)) => bad(
            NAME,
            format!("This machine is offline: {failed}."),
            "check the network and the proxy settings; until then no failure counts against a provider",
        ),
        (true, None) => bad(
            NAME,
            "This machine is offline.".into(),
            "check the network; until then no failure counts against a provider",
        ),
        (false, Some(failed)) => note(
            NAME,
            format!("up: providers answer. The connectivity check fails and is ignored: {failed}."),
            "allow one of these hosts in the firewall, or set others with online_hosts under [watch]",
        ),
        (false, None) => good(NAME, "up: no local fault was found.".into()),
    }
}

/// "HEAD https://dns.google/ through the proxy proxy.example:3128: timed out"
fn attempts(attempts: &[Attempt]) -> String {
    let attempts = attempts.iter().map(|attempt| {
        let way = match &attempt.proxy {
            Some(proxy) => format!("through the proxy {proxy}"),
            None => "without a proxy".to_owned(),
        };
        let error = attempt.error.as_deref().unwrap_or("answered");
        format!("HEAD {} {way}: {error}", attempt.url)
    });
    attempts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
