use std::fmt;

use subtle::ConstantTimeEq;

/// A credential. It cannot be printed or serialised; only [`Secret::reveal`] returns it, for the code that sends it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Use only for the header that carries the credential.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares for equality, in constant time for equal lengths.
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
