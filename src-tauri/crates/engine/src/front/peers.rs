//! Whether the program at the other end of a local connection still has its socket. A client that stopped sending and one that
//! left are the same for TCP until something is sent; only the system's table of sockets distinguishes them, and only for
//! clients of this machine. Elsewhere a client that closed its sending side counts as one that left.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// From the socket's own end to the other.
type Ends = (SocketAddr, SocketAddr);

/// The sockets of this machine that a program holds, read when needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Peers(Arc<Mutex<Option<Table>>>);

#[derive(Debug)]
struct Table {
    read: Instant,
    held: HashSet<Ends>,
}

impl Peers {
    /// True if a program holds this socket, by a table that was read after `since`.
    pub(super) async fn is_open(&self, ends: Ends, since: Instant) -> bool {
        let mut last = self.0.lock().await;
        if last.as_ref().is_none_or(|table| table.read <= since) {
            let read = Instant::now();
            let held = tokio::task::spawn_blocking(held).await.unwrap_or_default();
            *last = Some(Table { read, held });
        }
        let ends = (canonical(ends.0), canonical(ends.1));
        last.as_ref()
            .is_some_and(|table| table.held.contains(&ends))
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn held() -> HashSet<Ends> {
    let tables = match cfg!(target_os = "linux") {
        true => &["/proc/self/net/tcp", "/proc/self/net/tcp6"][..],
        false => &[],
    };
    let texts = tables
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok());
    let mut all = HashSet::new();
    for text in texts {
        all.extend(text.lines().filter_map(held_socket));
    }
    all
}

/// A line of proc_pid_net(5): number, own address, other address, state, queues, timer, retransmits, user, timeout, inode. Inode
/// 0: no program holds the socket.
fn held_socket(line: &str) -> Option<Ends> {
    let mut fields = line.split_ascii_whitespace();
    let (own, other) = (fields.nth(1)?, fields.next()?);
    let inode = fields.nth(6)?;
    (inode != "0").then_some((address(own)?, address(other)?))
}

/// `0100007F:1F90`: words in the machine's order of bytes, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match *bytes.as_slice() {
        [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(canonical(SocketAddr::new(ip, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn a_line_names_the_ends_of_a_socket_that_a_program_holds() {
        let line = |inode: &str| {
            format!(
                "   1: 0100007F:D2F0 0100007F:128B 05 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0000000000000000 20 4 30 10 -1"
            )
        };
        let ends = (
            "127.0.0.1:54000".parse().unwrap(),
            "127.0.0.1:4747".parse().unwrap(),
        );
        assert_eq!(held_socket(&line("123456")), Some(ends));
        assert_eq!(held_socket(&line("0")), None, "closed");
        let mapped = "2: 0000000000000000FFFF00000100007F:D2F0 0000000000000000FFFF00000100007F:128B 01 0:0 00:0 0 0 0 7 1";
        assert_eq!(held_socket(mapped), Some(ends));
        assert_eq!(
            held_socket("  sl  local_address rem_address   st tx_queue"),
            None
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_socket_is_open_until_its_program_closes_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(server).unwrap();
        let ends = (client.local_addr().unwrap(), server);
        let (_accepted, _) = listener.accept().await.unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let peers = Peers::default();
        assert!(peers.is_open(ends, Instant::now()).await);
        drop(client);
        assert!(!peers.is_open(ends, Instant::now()).await);
    }
}
