//! `cargo xtask`: the project's commands, each including its set-up.
//!
//! Only the standard library, so that the first command on a new machine compiles in seconds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks on its terminal"
)]

mod bundle;
mod checks;
mod clients;
mod command;
#[cfg(test)]
mod documents;
mod fuzz;
mod kills;
mod litellm;
mod matrix;
mod pins;
mod python;
mod run;
mod scenarios;
mod step;
mod system;
mod test;
mod tree;
mod ui;

use std::process::ExitCode;

use command::Command;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Command::parse(&arguments).and_then(Command::perform) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("xtask: {failed}");
            ExitCode::FAILURE
        }
    }
}
