//! Is our own network up? Asked of machines that are no AI provider, before anybody is blamed.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use health::Controls;
use tokio::net::TcpStream;

/// Names, so that a dead resolver shows too.
pub const DEFAULT_CONTROLS: [&str; 2] = ["one.one.one.one:443", "dns.google:443"];

const PATIENCE: Duration = Duration::from_secs(4);

/// Up as soon as one of `hosts` (`name:port`) accepts a TCP connection, which is closed at once; down when none does.
/// With no hosts there is nobody to ask, and the network is taken to be up.
pub async fn ask(hosts: &[String]) -> Controls {
    let mut tries: FuturesUnordered<_> = hosts.iter().map(TcpStream::connect).collect();
    let any = async {
        while let Some(result) = tries.next().await {
            if result.is_ok() {
                return true;
            }
        }
        hosts.is_empty()
    };
    match tokio::time::timeout(PATIENCE, any).await {
        Ok(true) => Controls::Up,
        Ok(false) | Err(_) => Controls::Down,
    }
}

#[cfg(test)]
mod tests;
