//! An error in the settings file, with its line.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingsError {
    /// Line number, from 1; 0: it concerns the complete file.
    pub line: usize,
    pub what: String,
}

impl SettingsError {
    pub(crate) fn of_file(what: impl Into<String>) -> SettingsError {
        let what = what.into();
        SettingsError { line: 0, what }
    }

    /// The file of a running engine is missing.
    pub(crate) fn missing() -> SettingsError {
        SettingsError::of_file(
            "the file is missing. Restore it, or save the settings in the window; the next start without it uses the defaults",
        )
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
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
