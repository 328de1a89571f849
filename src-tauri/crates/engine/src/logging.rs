//! The engine's log on standard error, which a service writes to the journal, or in a file of bounded size.

mod escaped;
mod output;
mod rotating;
#[cfg(unix)]
mod unblocked;

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use escaped::Escaped;
pub(crate) use output::LogLoss;
use output::Output;
use rotating::Rotating;

/// Log filter: `warn`, or `info,gateway=debug`.
const LEVELS: &str = "UNDERSTUDY_LOG";
/// `text` or `json`.
const FORMAT: &str = "UNDERSTUDY_LOG_FORMAT";
/// Path of the log file; not set: standard error.
const FILE: &str = "UNDERSTUDY_LOG_FILE";

/// Format of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The log of this process.
#[derive(Clone)]
pub(crate) struct Log {
    output: Output,
    /// `None`: standard error.
    file: Option<PathBuf>,
}

/// `format` and `file`: from the command line; they override the environment.
pub(crate) fn begin(format: Option<LogFormat>, file: Option<PathBuf>) -> Log {
    let from_environment = env::var(FORMAT).unwrap_or_default();
    let known = match from_environment.as_str() {
        "json" => Some(LogFormat::Json),
        "" | "text" => Some(LogFormat::Text),
        _ => None,
    };
    let unknown = known.is_none() && format.is_none();
    let format = format.or(known).unwrap_or_default();
    let escape: fn(&str) -> Cow<'_, str> = match format {
        LogFormat::Text => words::escape,
        LogFormat::Json => words::escape_json,
    };
    let levels = EnvFilter::try_from_env(LEVELS).unwrap_or_else(|_| "info".into());
    let file = file.or_else(|| env::var_os(FILE).map(PathBuf::from));
    let file = file.filter(|file| !file.as_os_str().is_empty());
    let (log, unusable) = open(file);
    let output = log.output.clone();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(levels)
        .with_writer(move || Escaped::new(output.clone(), escape))
        // They would be written to standard error, with a panic if that is not possible.
        .log_internal_errors(false)
        .with_ansi(false);
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
    };
    log_panics();
    if unknown {
        tracing::warn!(
            "{FORMAT} is neither `text` nor `json`: the log is written as text. Set it to one of them"
        );
    }
    if let Some((file, error)) = unusable {
        tracing::error!(%error, file = %file.display(), "the log file cannot be used; the log is on standard error");
    }
    log
}

/// The default hook writes to standard error alone, which is not always the log. It adds a backtrace.
fn log_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        tracing::error!(thread = name, "{panic}");
        if env::var_os("RUST_BACKTRACE").is_some() {
            default(panic);
        }
    }));
}

fn open(file: Option<PathBuf>) -> (Log, Option<(PathBuf, io::Error)>) {
    let on_stderr = || Log {
        output: Output::new(stderr()),
        file: None,
    };
    let Some(path) = file else {
        return (on_stderr(), None);
    };
    match Rotating::open(&path, rotating::LIMIT) {
        Ok(file) => {
            let output = Output::new(file);
            let file = Some(path);
            (Log { output, file }, None)
        }
        Err(error) => (on_stderr(), Some((path, error))),
    }
}

#[cfg(unix)]
fn stderr() -> impl io::Write + Send {
    unblocked::Unblocked::new(io::stderr())
}

#[cfg(not(unix))]
fn stderr() -> impl io::Write + Send {
    io::stderr()
}

impl Log {
    /// Lines that could not be written; `None`: the last one was written.
    pub(crate) fn loss(&self) -> Option<LogLoss> {
        self.output.loss()
    }

    /// Writes what is missing, once the log can be written again.
    pub(crate) fn report_missing(&self) {
        if let Some(lines) = self.output.take_missing() {
            tracing::error!(lines, "{MISSING}");
        }
    }

    /// An attempt to write, since no other line may follow for hours.
    pub(crate) fn try_again(&self) {
        self.output
            .attempt(|lines| tracing::error!(lines, "{MISSING}"));
    }

    /// Location of the log, as text for the user. `folder`: the application's log folder.
    pub(crate) fn place(&self, folder: &Path) -> String {
        match &self.file {
            Some(file) => format!("The log is in {}.", file.display()),
            None => place(folder),
        }
    }
}

const MISSING: &str = "lines of this log are missing here: they could not be written";

fn place(folder: &Path) -> String {
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
            folder.join("understudyd.log").display()
        ),
    }
}

/// The location while no engine is running.
pub(crate) fn place_of_a_stopped(folder: &Path) -> String {
    let service = match crate::login::is_a_service() {
        true => " A service's is in the journal: journalctl --user -u understudy -e",
        false => "",
    };
    format!(
        "The log goes to the engine's standard error. The Understudy application writes it to {}.{service}",
        folder.join("understudyd.log").display()
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
