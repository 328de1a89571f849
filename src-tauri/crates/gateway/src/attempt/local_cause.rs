//! A failure whose cause is this machine or its network. It is not a failure of the provider.

use std::io;

/// The cause on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalCause {
    /// This machine has no connection.
    Offline,
    /// This machine does not trust the certificate for the provider's name: something on the network intercepts TLS.
    Untrusted,
    /// By this machine's clock, the certificate is not valid yet, or no longer.
    Clock,
    /// This process is out of file descriptors, local ports, buffers or memory.
    Resources,
    /// The connection answers no ping, or its packets are not acknowledged; a new connection may work.
    DeadConnection,
}

/// The error of a [`Connect`](crate::Connect) if the server's certificate is not accepted.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct UntrustedCertificate {
    /// The reason, with the certificate's issuer if it is known.
    pub why: String,
    /// Only the dates are wrong, by this machine's clock.
    pub by_clock: bool,
}

impl LocalCause {
    pub const ALL: [LocalCause; 5] = [
        LocalCause::Offline,
        LocalCause::Untrusted,
        LocalCause::Clock,
        LocalCause::Resources,
        LocalCause::DeadConnection,
    ];

    /// The cause of an error of the system while a connection was opened. `None`: it is no evidence about this machine.
    pub(crate) fn of_system(error: &io::Error) -> Option<LocalCause> {
        let offline = [
            io::ErrorKind::NetworkUnreachable,
            io::ErrorKind::NetworkDown,
        ];
        let exhausted = [io::ErrorKind::AddrNotAvailable, io::ErrorKind::OutOfMemory];
        if offline.contains(&error.kind()) {
            Some(LocalCause::Offline)
        } else if exhausted.contains(&error.kind()) || is_exhausted(error) {
            Some(LocalCause::Resources)
        } else {
            None
        }
    }

    /// The request was never sent. After a dead connection, the provider may have received it.
    pub fn is_unsent(self) -> bool {
        match self {
            LocalCause::Offline
            | LocalCause::Untrusted
            | LocalCause::Clock
            | LocalCause::Resources => true,
            LocalCause::DeadConnection => false,
        }
    }

    /// The complete sentence for the client. `why`: the system's error text.
    pub(crate) fn sentence(self, product: &str, why: &str) -> String {
        match self {
            LocalCause::Offline => format!(
                "Understudy: this machine is offline, so {product} could not be reached ({why}). It is not {product}"
            ),
            LocalCause::Untrusted => format!(
                "Understudy: the certificate that answers for {product} is not trusted ({why}). Something on this network intercepts TLS, \
                 a proxy or a security product: add its certificate to the system's trusted roots, or exempt {product} from it"
            ),
            LocalCause::Clock => format!(
                "Understudy: by this machine's clock, the certificate that answers for {product} is not valid ({why}). Check the date and \
                 time of this machine, then send the request again"
            ),
            LocalCause::Resources => format!(
                "Understudy: this machine has no resources left for another connection to {product} ({why}). It is not {product}: send fewer \
                 requests at once, or raise the limit of open files for Understudy (`ulimit -n`, LimitNOFILE)"
            ),
            LocalCause::DeadConnection => format!(
                "Understudy: the connection from this machine to {product} is dead ({why}). The next request gets a new connection; if \
                 this is repeated, check this machine's network, VPN or proxy"
            ),
        }
    }
}

/// Out of file descriptors (of the process or the system) or of socket buffers.
#[cfg(unix)]
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| {
        [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM].contains(&errno)
    })
}

#[cfg(not(unix))]
fn is_exhausted(error: &io::Error) -> bool {
    // WSAEMFILE and WSAENOBUFS.
    error
        .raw_os_error()
        .is_some_and(|code| [10024, 10055].contains(&code))
}

#[cfg(test)]
mod tests;
