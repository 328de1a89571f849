use std::fmt;

use subtle::ConstantTimeEq;

/// A credential. It cannot be printed or serialised; only [`Secret::reveal`] gives it away, at the place that sends it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the header that carries it, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Equal? In constant time for equal lengths.
    pub fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Secret {}
