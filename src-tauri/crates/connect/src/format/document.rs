//! What the formats have in common.

use serde::{Deserialize, Serialize};

use crate::path::KeyPath;

/// A document that cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub(crate) struct Broken {
    pub line: Option<usize>,
    pub what: String,
}

impl Broken {
    pub(crate) fn new(what: impl Into<String>) -> Broken {
        Broken {
            line: None,
            what: what.into(),
        }
    }

    /// `at`: byte in the text.
    pub(crate) fn at(text: &str, at: usize, what: impl Into<String>) -> Broken {
        let before = text.get(..at).unwrap_or(text);
        Broken {
            line: Some(before.matches('\n').count() + 1),
            what: what.into(),
        }
    }
}

/// A value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Without quotes and escapes; for other types than text, as written.
    pub text: String,
    /// As written in the document.
    pub raw: String,
}

/// A container that got its first entry from us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub path: KeyPath,
    /// Its former content: white space and comments. `None`: it did not exist.
    pub inner: Option<String>,
}

pub(crate) struct Edited {
    pub text: String,
    pub containers: Vec<Container>,
}

/// The line end of this document; of the system for an empty one.
pub(super) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}
