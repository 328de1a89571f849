//! File descriptors: the limit is raised at the start, and divided between clients and providers.

/// Descriptors of the ledger, the log, the port, status pages and probes.
const OURS: u64 = 64;
/// No more are requested from the system.
const ENOUGH: u64 = 65_536;

/// How many connections fit below the limit of open files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    /// Connections of clients.
    pub clients: usize,
    /// Exchanges in flight; each may have its own connection to a provider.
    pub exchanges: usize,
}

impl Descriptors {
    /// The rest, an eighth, is for idle connections to providers.
    fn below(limit: u64) -> Descriptors {
        let free = limit - OURS.min(limit / 2);
        let part = |eighths: u64| {
            usize::try_from(free / 8 * eighths)
                .unwrap_or(usize::MAX)
                .max(1)
        };
        Descriptors {
            clients: part(4),
            exchanges: part(3),
        }
    }

    /// Raises the limit as far as the system allows.
    #[cfg(unix)]
    pub(crate) fn raise() -> Descriptors {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Nofile);
        let most = before.maximum.unwrap_or(ENOUGH).min(ENOUGH);
        let current = before.current.unwrap_or(u64::MAX);
        if current < most {
            let raised = Rlimit {
                current: Some(most),
                ..before
            };
            if let Err(error) = setrlimit(Resource::Nofile, raised) {
                tracing::warn!(%error, limit = current, "the limit of open files cannot be raised");
            }
        }
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(ENOUGH);
        Descriptors::below(limit.min(ENOUGH))
    }

    /// This system has no limit per process that a program can change.
    #[cfg(not(unix))]
    pub(crate) fn raise() -> Descriptors {
        Descriptors::below(ENOUGH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_connections_fit_below_the_limit_with_room_for_the_engine() {
        for limit in [16, 64, 128, 256, 1024, 4096, 65_536] {
            let Descriptors { clients, exchanges } = Descriptors::below(limit);
            let connections = (clients + exchanges) as u64;
            assert!(clients >= exchanges && exchanges > 0, "{limit}");
            assert!(connections + OURS.min(limit / 2) <= limit, "{limit}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        use rustix::process::{Resource, getrlimit};
        Descriptors::raise();
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
        assert!(limit.current.is_none_or(|current| current >= most));
    }
}
