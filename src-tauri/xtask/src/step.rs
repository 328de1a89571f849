//! One step of a command: runs, prints one line with its time, and returns an error that names the cause.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why a command ended early, as a text for the terminal.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl Failed {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Failed>;

/// Result of a step that succeeded.
pub(crate) enum Done {
    Did(String),
    /// There was nothing to do.
    Already(String),
}

/// Runs `work` and prints one line with its time.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Outcome<Done>) -> Outcome {
    let started = now();
    let outcome = work();
    let took = seconds(started.elapsed());
    match outcome {
        Ok(Done::Did(what)) => println!("xtask: {name}: {what} ({took})"),
        Ok(Done::Already(what)) => println!("xtask: {name}: {what}, nothing to do ({took})"),
        Err(Failed(why)) => return Err(Failed(format!("{name} failed after {took}: {why}"))),
    }
    // With a pipe, the line would stay in the buffer and appear after the next child's output.
    std::io::stdout().flush()?;
    Ok(())
}

/// Runs a program with this terminal's output; an error contains the complete command.
pub(crate) fn call(command: &mut Command) -> Outcome {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failed(format!(
            "`{}` ended with {status}",
            spelled(command)
        )))
    }
}

/// Pauses between the attempts of [`fetch`].
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];

/// Runs a program that downloads from a registry, up to three times: a registry that fails for a moment must not fail
/// the run. The program must be safe to repeat.
pub(crate) fn fetch(command: &mut Command) -> Outcome {
    tried(&PAUSES, || call(command))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a registry reports no event when it answers again"
)]
fn tried(pauses: &[Duration], mut work: impl FnMut() -> Outcome) -> Outcome {
    for pause in pauses {
        let Err(Failed(why)) = work() else {
            return Ok(());
        };
        println!("xtask: {why}; next try in {}", seconds(*pause));
        std::thread::sleep(*pause);
    }
    work()
}

/// Runs a program and returns its output; an error contains what it wrote.
pub(crate) fn ask(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| cannot_start(command, &error))?;
    let rebuilt = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(rebuilt);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Failed(format!(
        "`{}` ended with {}\n{rebuilt}{complaint}",
        spelled(command),
        output.status
    )))
}

/// The command as it is typed in a shell.
pub(crate) fn spelled(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failed {
    Failed(format!("cannot start `{}`: {error}", spelled(command)))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a step's own duration, shown to a person and used for nothing else"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_tried_three_times() {
        for (fails, attempts, ends_well) in
            [(0, 1, true), (1, 2, true), (2, 3, true), (3, 3, false)]
        {
            let mut tried_so_far = 0;
            let outcome = tried(&[Duration::ZERO; 2], || {
                tried_so_far += 1;
                if tried_so_far > fails {
                    Ok(())
                } else {
                    Err(Failed::new(format!("try {tried_so_far} failed")))
                }
            });
            assert_eq!(tried_so_far, attempts, "{fails} failures");
            assert_eq!(outcome.is_ok(), ends_well, "{fails} failures");
        }
    }
}
