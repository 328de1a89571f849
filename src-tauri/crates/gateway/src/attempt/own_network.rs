//! A request that never left this machine's network. It is not a failure of the provider.

/// Why it did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnNetwork {
    /// This machine has no connection.
    Offline,
    /// This machine does not trust the certificate for the provider's name: something on the network intercepts TLS.
    Untrusted,
}

/// The error of a [`Connect`](crate::Connect) if the server's certificate is not trusted. Contains the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UntrustedCertificate(pub String);

impl OwnNetwork {
    /// The complete sentence for the client. `why`: the system's error text.
    pub(crate) fn sentence(self, product: &str, why: &str) -> String {
        match self {
            OwnNetwork::Offline => format!(
                "Understudy: this machine is offline, so {product} could not be reached ({why}). It is not {product}"
            ),
            OwnNetwork::Untrusted => format!(
                "Understudy: the certificate that answers for {product} is not trusted ({why}). Something on this network intercepts TLS, \
                 a proxy or a security product: add its certificate to the system's trusted roots, or exempt {product} from it"
            ),
        }
    }
}
