//! The shell's log: a file a day, kept for a week, and the terminal if there is one.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The guard flushes the log when it is dropped. If the folder cannot be written, only the terminal is used.
pub(crate) fn open(folder: &Path) -> Option<WorkerGuard> {
    let level = EnvFilter::try_from_env("UNDERSTUDY_LOG")
        .unwrap_or_else(|_| EnvFilter::new("understudy=info,warn"));
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    // The appender creates the folder too, but prints an error about its absence first. It reports other problems
    // itself.
    let _ = std::fs::create_dir_all(folder);
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("understudy")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder);
    match file {
        Ok(file) => {
            let (writer, guard) = tracing_appender::non_blocking(file);
            let file = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(writer);
            tracing_subscriber::registry()
                .with(level)
                .with(terminal)
                .with(file)
                .init();
            Some(guard)
        }
        Err(error) => {
            tracing_subscriber::registry()
                .with(level)
                .with(terminal)
                .init();
            tracing::warn!("no log is written to {}: {error}", folder.display());
            None
        }
    }
}
