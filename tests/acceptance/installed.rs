//! Real software that `cargo xtask test` installs.

use std::io::Write;
use std::path::PathBuf;

/// The path in this environment variable. `None`: it is not set, as in a manual run, and the test is skipped with a warning.
pub(crate) fn installed(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        // Written directly, because the test runner captures the output of a passing test.
        let received = format!(
            "\nWARNING: {variable} is not set: A TEST WITH REAL SOFTWARE IS SKIPPED. `cargo xtask test` installs it and runs the test.\n"
        );
        std::io::stderr().write_all(received.as_bytes()).unwrap();
    }
    found
}
