//! The engine's log on standard error: the application writes it to a file, a service to the journal.

mod escaped;

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use tracing_subscriber::EnvFilter;

use escaped::Escaped;

/// Log filter: `warn`, or `info,gateway=debug`.
const LEVELS: &str = "UNDERSTUDY_LOG";
/// `text` or `json`.
const FORMAT: &str = "UNDERSTUDY_LOG_FORMAT";

/// Format of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `chosen`: from the command line; it overrides the environment.
pub(crate) fn begin(chosen: Option<LogFormat>) {
    let from_environment = env::var(FORMAT).unwrap_or_default();
    let known = match from_environment.as_str() {
        "json" => Some(LogFormat::Json),
        "" | "text" => Some(LogFormat::Text),
        _ => None,
    };
    let format = chosen.or(known).unwrap_or_default();
    let escape: fn(&str) -> Cow<'_, str> = match format {
        LogFormat::Text => words::escape,
        LogFormat::Json => words::escape_json,
    };
    let levels = EnvFilter::try_from_env(LEVELS).unwrap_or_else(|_| "info".into());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(levels)
        .with_writer(move || Escaped::new(io::stderr(), escape))
        .with_ansi(false);
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
    };
    if known.is_none() && chosen.is_none() {
        tracing::warn!(
            "{FORMAT} is neither `text` nor `json`: the log is written as text. Set it to one of them"
        );
    }
}

/// Location of the log, as text for the user. `folder`: the application's log folder.
pub(crate) fn place(folder: &Path) -> String {
    if io::stderr().is_terminal() {
        return "The log is on the terminal that the engine was started from.".to_owned();
    }
    match target() {
        Some(Target::File(file)) => format!("The log is in {file}."),
        Some(Target::Journal) => {
            "The log is in the journal: journalctl --user -u understudy -e".to_owned()
        }
        None => format!(
            "The log is the engine's standard error. The Understudy application writes it to {}.",
            folder.join("understudyd.out").display()
        ),
    }
}

/// The location while no engine is running.
pub(crate) fn place_of_a_stopped(folder: &Path) -> String {
    let service = match crate::login::is_on() {
        Some(true) => " A service's is in the journal: journalctl --user -u understudy -e",
        Some(false) | None => "",
    };
    format!(
        "The log goes to the engine's standard error. The Understudy application writes it to {}.{service}",
        folder.join("understudyd.out").display()
    )
}

enum Target {
    File(String),
    Journal,
}

#[cfg(target_os = "linux")]
fn target() -> Option<Target> {
    use std::os::unix::fs::MetadataExt;
    const STDERR: &str = "/proc/self/fd/2";
    let stderr = std::fs::metadata(STDERR).ok()?;
    // systemd identifies the journal's socket by device and inode. Child processes of a service inherit the variable.
    let socket = format!("{}:{}", stderr.dev(), stderr.ino());
    if env::var("JOURNAL_STREAM").is_ok_and(|journal| journal == socket) {
        return Some(Target::Journal);
    }
    let file = std::fs::read_link(STDERR).ok()?;
    let regular = stderr.is_file();
    regular.then(|| Target::File(file.display().to_string()))
}

#[cfg(not(target_os = "linux"))]
fn target() -> Option<Target> {
    None
}
