//! The name of this computer, for a tray application on another one.

/// Empty: unknown.
#[cfg(unix)]
pub(crate) fn name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
pub(crate) fn name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}
