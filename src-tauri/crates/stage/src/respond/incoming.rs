use bytes::Bytes;
use http::{HeaderMap, Method};

/// All that is needed to answer, apart from the stage.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The connection is to be dropped without a byte.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;
