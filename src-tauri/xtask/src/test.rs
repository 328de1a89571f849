//! `cargo xtask test`: all tests, the same locally and in CI.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::checks::{self, cargo};
use crate::run::{Profile, build_binaries};
use crate::step::{Done, Failed, Outcome, step};
use crate::system::{self, Purpose};
use crate::{bundle, clients, litellm, ui};

pub(crate) fn test() -> Outcome {
    system::install(Purpose::Tests)?;
    ui::build()?;
    checks::check()?;
    ui::test()?;
    // The desktop tests start the engine's binary, which cargo does not build for them.
    build_binaries(Profile::Debug, true)?;
    let clients = clients::install()?;
    let litellm = litellm::install()?;
    let packages = bundle::for_tests()?;

    let mut tally = Tally::default();
    let outcome = step("tests", || {
        let mut command = cargo();
        command
            .args(["test", "--workspace", "--locked", "--no-fail-fast"])
            .env("UNDERSTUDY_LITELLM", &litellm)
            .env("UNDERSTUDY_PACKAGES", &packages);
        match &clients {
            Some(folder) => command.env("UNDERSTUDY_CLIENTS", folder),
            None => command.env_remove("UNDERSTUDY_CLIENTS"),
        };
        let mut running = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(output) = running.stdout.take() {
            let mut terminal = std::io::stdout().lock();
            for line in BufReader::new(output).split(b'\n') {
                let line = line?;
                terminal.write_all(&line)?;
                terminal.write_all(b"\n")?;
                tally.read(&String::from_utf8_lossy(&line));
            }
        }
        let status = running.wait()?;
        if status.success() {
            Ok(Done::Did("all pass".into()))
        } else {
            Err(Failed::new(format!("cargo test ended with {status}")))
        }
    });
    // The closing line, after all other output.
    println!("{} passed, {} failed", tally.passed, tally.failed);
    outcome
}

/// The sum of the test runners' closing lines.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    /// Adds a line such as "test result: ok. 5 passed; 0 failed; 0 ignored; …"; other lines are ignored.
    fn read(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let count = |word: &str| -> u32 {
            result
                .split([';', '.'])
                .filter_map(|part| part.trim().strip_suffix(word))
                .filter_map(|number| number.trim().parse::<u32>().ok())
                .sum()
        };
        self.passed += count("passed");
        self.failed += count("failed");
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_are_summed() {
        let mut tally = Tally::default();
        tally.read("running 3 tests");
        tally.read("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.read("test result: FAILED. 11 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.2s");
        assert_eq!((tally.passed, tally.failed), (16, 2));
    }
}
