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

    /// What happened, as a clause.
    pub fn what(self) -> &'static str {
        match self {
            LocalCause::Offline => "this machine is offline",
            LocalCause::Untrusted => "this machine does not trust the certificate of the server",
            LocalCause::Clock => {
                "by this machine's clock, the certificate of the server is not valid"
            }
            LocalCause::Resources => "this machine has no resources left for another connection",
            LocalCause::DeadConnection => "the connection of this machine is dead",
        }
    }

    /// What the user does about it, as a clause in the imperative.
    pub fn fix(self) -> &'static str {
        match self {
            LocalCause::Offline => "check the network",
            LocalCause::Untrusted => {
                "sign in to this network if it has a portal; if a proxy or a security product opens TLS, add its certificate to the \
                 system's trusted roots"
            }
            LocalCause::Clock => "check the date and time of this machine",
            LocalCause::Resources => {
                "send fewer requests at once, or raise the limit of open files (`ulimit -n`, LimitNOFILE)"
            }
            LocalCause::DeadConnection => "check the network, a VPN or a proxy if this is repeated",
        }
    }

    /// The complete sentence for the client. `why`: the system's error text.
    pub(crate) fn sentence(self, product: &str, why: &str) -> String {
        format!(
            "Understudy: {}, so there is no response of {product} ({why}). {product} is not the cause: {}, then send the request again",
            self.what(),
            self.fix()
        )
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
