//! A command's output. The program that reads it may close the pipe early (`understudyd doctor | head`). Text of clients and
//! providers is escaped, since a terminal executes control characters.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use ::words::{escape, escape_json, escape_lines};

/// Exit code that shells report for a program that SIGPIPE ended.
const READER_GONE: i32 = 128 + 13;

/// Like `println!`, but a closed output pipe causes no panic, and the text stays in one line.
macro_rules! print_line {
    ($($what:tt)*) => { $crate::cli::print_line::line(format_args!($($what)*)) };
}
pub(super) use print_line;

pub(super) fn line(what: Arguments<'_>) {
    write(&escape(&what.to_string()));
}

/// A request or a response, which may have several lines.
pub(super) fn print_document(text: &str) {
    write(&escape_lines(text));
}

/// JSON, which stays equal.
pub(super) fn print_json_text(json: &str) {
    write(&escape_json(json));
}

fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let message = writeln!(out, "{text}").and_then(|()| out.flush());
    if message.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(READER_GONE);
    }
}

/// Prints an error of the command and returns its exit code, also if nothing can be printed.
pub(super) fn failed(what: &str, code: u8) -> std::process::ExitCode {
    let _ = writeln!(std::io::stderr(), "understudyd: {}", escape_lines(what));
    std::process::ExitCode::from(code)
}
