//! An error in the settings file, with its line.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingsError {
    /// Line number, from 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Number of the line with this byte, from 1.
pub(super) fn line_number(text: &str, byte: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(byte)
        .filter(|b| **b == b'\n')
        .count()
        + 1
}
