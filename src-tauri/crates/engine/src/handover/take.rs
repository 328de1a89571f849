//! The newer engine's side: requests the end of the older one, and waits for its port and its lock.

use std::net::SocketAddr;
use std::time::Duration;

use api::{CONTROL_HEADER, Command, RuntimeFile};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::places::Places;
use crate::runtime::{Lock, NotAlone};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Beyond its drain, an engine needs this time to close its connections and its ledger.
const CLOSES_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why the older engine keeps running, or does not end.
#[derive(Debug, thiserror::Error)]
#[error(
    "an older engine ({}, process {}) is running, and this one could not take over from it: {why}. Stop it with `understudyd stop`, then start this one.",
    .running.version, .running.pid
)]
pub(crate) struct NotTaken {
    pub(crate) running: RuntimeFile,
    why: String,
}

pub(crate) struct TakenOver {
    pub(crate) lock: Lock,
    /// None: the older engine listened on another address, or cannot pass its socket on.
    pub(crate) listener: Option<TcpListener>,
}

/// `wanted`: the address of this start; port 0 stands for any. `drain`: how long the older engine lets open requests end.
pub(crate) async fn take_over(
    places: &Places,
    running: RuntimeFile,
    wanted: SocketAddr,
    drain: Duration,
) -> Result<TakenOver, NotTaken> {
    tracing::info!(
        version = running.version,
        pid = running.pid,
        "an older engine runs: it ends its open responses, then this one has its port"
    );
    let older = Older { running, drain };
    older
        .take_over(places, wanted)
        .await
        .map_err(|why| NotTaken {
            running: older.running,
            why,
        })
}

struct Older {
    running: RuntimeFile,
    drain: Duration,
}

impl Older {
    async fn take_over(&self, places: &Places, wanted: SocketAddr) -> Result<TakenOver, String> {
        let mut outcome = Handover::Nothing;
        if self.listens_at(wanted) {
            outcome = self.request_the_socket(places).await?;
        }
        if matches!(outcome, Handover::Nothing) {
            self.post("/do", &Command::StopEngine).await?;
        }
        let lock = free(places, Instant::now() + self.drain + CLOSES_WITHIN).await?;
        let listener = match outcome {
            Handover::Passed(listener) => Some(listener),
            Handover::Stops | Handover::Nothing => None,
        };
        let listener = listener.filter(|passed| {
            let passed = passed.local_addr();
            passed.is_ok_and(|passed| passed.ip() == wanted.ip())
        });
        Ok(TakenOver { lock, listener })
    }

    /// An engine that listens on every address reports its loopback address.
    fn listens_at(&self, wanted: SocketAddr) -> bool {
        let address = self.running.address.trim_start_matches("http://");
        address.parse().is_ok_and(|older: SocketAddr| {
            (wanted.port() == 0 || wanted.port() == older.port())
                && (wanted.ip() == older.ip() || wanted.ip().is_unspecified())
        })
    }

    /// None: it no longer has a port.
    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Option<StatusCode>, String> {
        // An error means that a provider is already installed; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(ANSWER_WITHIN)
            .build()
            .map_err(|error| error.to_string())?;
        let response = client
            .post(format!("{}/control{path}", self.running.address))
            .header(CONTROL_HEADER, &self.running.control_token)
            .json(body)
            .send()
            .await;
        match response.map(|response| response.status()) {
            Ok(StatusCode::FORBIDDEN) => Err("it refuses the token of its runtime file".into()),
            Ok(status) => Ok(Some(status)),
            // It has the lock and no port: it is ending.
            Err(error) if error.is_connect() => Ok(None),
            Err(error) => Err(format!("it does not respond ({error})")),
        }
    }

    #[cfg(unix)]
    async fn request_the_socket(&self, places: &Places) -> Result<Handover, String> {
        let folder = places.runtime.parent().unwrap_or(&places.runtime);
        let waiting = match super::waiting::Waiting::in_folder(folder) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "the older engine cannot pass its port on");
                return Ok(Handover::Nothing);
            }
        };
        let to = serde_json::json!({ "to": waiting.path() });
        let Some(status) = self.post("/hand-over", &to).await? else {
            return Ok(Handover::Stops);
        };
        if !status.is_success() {
            tracing::info!(%status, "the older engine cannot pass its port on");
            return Ok(Handover::Nothing);
        }
        Ok(waiting.received().await.map_or_else(
            |error| {
                tracing::warn!(%error, "the older engine did not pass its port on");
                Handover::Stops
            },
            Handover::Passed,
        ))
    }

    #[cfg(not(unix))]
    async fn request_the_socket(&self, _: &Places) -> Result<Handover, String> {
        Ok(Handover::Nothing)
    }
}

/// State of the older engine after the request for its socket.
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "a socket is passed only on Unix")
)]
enum Handover {
    Passed(TcpListener),
    /// It stops, and the port is free then.
    Stops,
    /// It has another address, an earlier version does not know the request, or this system passes no sockets.
    Nothing,
}

/// The lock of this user, once the older engine has released it.
async fn free(places: &Places, deadline: Instant) -> Result<Lock, String> {
    loop {
        match Lock::take(places).await {
            Ok(lock) => return Ok(lock),
            Err(NotAlone::Running(_)) if Instant::now() < deadline => sleep(LOOK_EVERY).await,
            Err(NotAlone::Running(_)) => return Err("it does not end".into()),
            Err(error @ NotAlone::Io { .. }) => return Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_socket_of_the_wanted_address_is_taken() {
        let older = |address: &str| Older {
            running: RuntimeFile {
                address: address.into(),
                control_token: "t".into(),
                pid: 1,
                version: "0.1.0".into(),
            },
            drain: Duration::ZERO,
        };
        for (running, wanted, takes) in [
            ("http://127.0.0.1:4747", "127.0.0.1:4747", true),
            ("http://127.0.0.1:4747", "127.0.0.1:0", true),
            ("http://127.0.0.1:4747", "127.0.0.1:4748", false),
            ("http://127.0.0.1:4747", "192.168.0.7:4747", false),
            ("not an address", "127.0.0.1:4747", false),
        ] {
            let wanted = wanted.parse().unwrap();
            assert_eq!(
                older(running).listens_at(wanted),
                takes,
                "{running} {wanted}"
            );
        }
    }
}
