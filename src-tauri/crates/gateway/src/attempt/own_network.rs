//! A request that never left our own network. It is no failure of the provider.

/// Why it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnNetwork {
    /// This machine has no connection.
    Offline,
    /// The certificate is not one that this machine trusts for the provider's name: something between opens TLS.
    Untrusted,
}

/// What a [`Connect`](crate::Connect) returns where the server's certificate is not trusted. Holds the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UntrustedCertificate(pub String);

impl OwnNetwork {
    /// The complete sentence for the client. `why`: the error as the system reports it.
    pub(crate) fn sentence(self, product: &str, why: &str) -> String {
        match self {
            OwnNetwork::Offline => format!(
                "Understudy: this machine is offline, so {product} could not be reached ({why}). It is not {product}"
            ),
            OwnNetwork::Untrusted => format!(
                "Understudy: the certificate that answers for {product} is not trusted ({why}). Something on this network opens TLS, \
                 a proxy or a security product: add its certificate to the system's trusted roots, or exempt {product} from it"
            ),
        }
    }
}
