//! Where the newer engine waits for the older one's listening socket.

use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use super::passing;
use crate::apart::apart;
use crate::private_file;

/// A Unix socket in a folder of this user. Dropping it removes it.
pub(super) struct Waiting {
    socket: UnixListener,
    path: PathBuf,
}

impl Waiting {
    pub(super) fn in_folder(folder: &Path) -> io::Result<Waiting> {
        private_file::create_dir(folder)?;
        let path = folder.join(format!("handover-{}.sock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixListener::bind(&path)?;
        Ok(Waiting { socket, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the older engine, which has connected, passes its socket on or ends.
    pub(super) async fn received(self) -> io::Result<TcpListener> {
        let socket = self.socket.try_clone()?;
        let receiving = apart(move || {
            let (older, _) = socket.accept()?;
            let listener = passing::receive(&older)?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let received = receiving.await.map_err(io::Error::other)?;
        received.and_then(TcpListener::from_std)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
