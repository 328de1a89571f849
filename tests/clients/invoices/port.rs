//! Ports for programs that listen.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Another one at each call, below the ports that the system gives to outgoing connections.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
