//! Real software that `cargo xtask test` installs.

use std::io::Write;
use std::path::PathBuf;

/// What this environment variable names; None: it is not set, as by hand, and the test is left out with loud words.
pub(crate) fn installed(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        // Written past the runner, which keeps to itself what a test that passes prints.
        let told = format!(
            "\nWARNING: {variable} is not set: A TEST WITH REAL SOFTWARE IS LEFT OUT. `cargo xtask test` installs it and runs the test.\n"
        );
        std::io::stderr().write_all(told.as_bytes()).unwrap();
    }
    found
}
