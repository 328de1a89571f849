//! A question on the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::print_line::print_line;

/// The owner's consent. No input counts as a no.
pub(super) fn confirmed(question: &str) -> bool {
    let mut out = io::stdout().lock();
    let question = format!("\n{question} [y/N] ");
    if write!(out, "{}", ::words::escape_lines(&question))
        .and_then(|()| out.flush())
        .is_err()
    {
        return false;
    }
    drop(out);
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if !io::stdin().is_terminal() {
        print_line!("");
    }
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
