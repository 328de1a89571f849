//! Opens and closes the addresses of networks while the engine runs: an interface may come later, and tokens and settings change.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{From, Front};
use crate::event::LoopEvent;
use crate::network::NetworkPort;
use crate::settings::TlsFiles;

/// Interval of the attempts for an address that could not be opened, and of the checks for a renewed certificate.
const EVERY: Duration = Duration::from_secs(5);

/// An open address. Dropping it closes the address; requests that have begun end.
struct Open {
    tls: watch::Sender<Option<Arc<ServerConfig>>>,
    /// When the files of its TLS were modified.
    modified: Option<[SystemTime; 2]>,
    closes: CancellationToken,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.closes.cancel();
    }
}

impl Front {
    /// Never ends. Reports the state of the addresses when it changes.
    pub(crate) async fn network(
        self,
        mut wanted: watch::Receiver<Arc<[NetworkPort]>>,
        events: mpsc::Sender<LoopEvent>,
    ) {
        let mut open = BTreeMap::new();
        let mut reported = BTreeMap::new();
        loop {
            let ports = wanted.borrow_and_update().clone();
            open.retain(|address, _| ports.iter().any(|port| port.address == *address));
            let mut now = BTreeMap::new();
            for port in &*ports {
                let failed = self.keep(port, &mut open).await.err();
                now.insert(port.address, failed);
            }
            if now != reported {
                log(&now);
                let _ = events.send(LoopEvent::Network(now.clone())).await;
                reported = now;
            }
            let idle = ports.is_empty();
            let changed = wanted.changed();
            let gone = match idle {
                true => changed.await.is_err(),
                false => matches!(timeout(EVERY, changed).await, Ok(Err(_))),
            };
            if gone {
                // The loop has ended, and the engine stops.
                return std::future::pending().await;
            }
        }
    }

    /// Opens an address, or renews its TLS.
    ///
    /// # Errors The reason why it is closed, or why its certificate is the old one.
    async fn keep(
        &self,
        port: &NetworkPort,
        open: &mut BTreeMap<SocketAddr, Open>,
    ) -> Result<(), String> {
        let modified = port.tls.as_ref().and_then(modified);
        if let Some(known) = open.get_mut(&port.address) {
            let same_kind = known.tls.borrow().is_some() == port.tls.is_some();
            if same_kind && known.modified == modified {
                return Ok(());
            }
            if same_kind {
                known.tls.send_replace(server(port.tls.as_ref())?);
                known.modified = modified;
                return Ok(());
            }
            open.remove(&port.address);
        }
        let tls = server(port.tls.as_ref())?;
        let listener = TcpListener::bind(port.address)
            .await
            .map_err(|error| why(&error))?;
        let (tls, receiver) = watch::channel(tls);
        let closes = self.stopping.child_token();
        let (front, stopping) = (self.clone(), closes.clone());
        self.open.spawn(async move {
            let from = From::Network(receiver);
            front.accept(&listener, &from, &stopping, &stopping).await;
        });
        let opened = Open {
            tls,
            modified,
            closes,
        };
        open.insert(port.address, opened);
        Ok(())
    }
}

fn why(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrNotAvailable {
        "no interface of this computer has the address now".into()
    } else if error.kind() == io::ErrorKind::AddrInUse {
        "another program uses it".into()
    } else {
        error.to_string()
    }
}

fn log(ports: &BTreeMap<SocketAddr, Option<String>>) {
    for (address, failed) in ports {
        match failed {
            None => tracing::info!(%address, "the engine also listens on a network's address"),
            Some(why) => tracing::warn!(%address, why, "a network's address is not open"),
        }
    }
}

fn modified(files: &TlsFiles) -> Option<[SystemTime; 2]> {
    let of = |file| {
        std::fs::metadata(file)
            .and_then(|found| found.modified())
            .ok()
    };
    Some([of(&files.certificate)?, of(&files.key)?])
}

fn server(files: Option<&TlsFiles>) -> Result<Option<Arc<ServerConfig>>, String> {
    let Some(TlsFiles { certificate, key }) = files else {
        return Ok(None);
    };
    let unusable = |file: &std::path::Path, error: &dyn std::fmt::Display| {
        format!("{} cannot be used: {error}", file.display())
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(certificate, &error))?;
    if chain.is_empty() {
        return Err(unusable(certificate, &"it contains no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| unusable(certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}
