//! A test turn: the client's own program sends one request to the rehearsal model. It counts only if the gateway got it.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;
use std::{env, fs};

use api::{ConnectTest, Exchange};
use catalog::REHEARSAL_PREFIX;
use chrono::{DateTime, Utc};
use connect::{Client, Refusal, RefusalKind, Surroundings, TestSettings};
use tempfile::TempDir;
use tokio::process::Command;

use super::page::is_seen_as;

/// A coding agent on a busy machine starts within it.
const WITHIN: Duration = Duration::from_secs(90);
/// Number of checks for the request after the program's end, since it is recorded a moment later.
const CHECKS: u32 = 30;
const CHECK_EVERY: Duration = Duration::from_millis(100);
/// Characters of the program's output in a message.
const QUOTED: usize = 160;

/// A program that can be run.
pub(crate) struct TestTurn {
    client: Client,
    program: PathBuf,
    path: OsString,
    settings: Vec<TestSettings>,
    started: DateTime<Utc>,
}

/// # Errors The client has no program for a test, or it was not found.
pub(crate) fn begin_test(
    client: Client,
    surroundings: &Surroundings,
    now: DateTime<Utc>,
) -> Result<TestTurn, Refusal> {
    let refused = |what: String, fix: &str| Refusal {
        kind: RefusalKind::Nothing,
        what,
        fix: Some(fix.to_owned()),
    };
    let name = client.name();
    if client.connection.test.is_empty() {
        return Err(refused(
            format!("{name} has no command for a test"),
            "send a request with it; `understudyd connect` shows when it arrived",
        ));
    }
    let Some(program) = surroundings.program(&client.connection.programs) else {
        return Err(refused(
            format!("the program of {name} was not found"),
            "install it, or add its folder to PATH",
        ));
    };
    let settings = connect::test_settings(client, surroundings)?;
    let path = env::join_paths(&surroundings.programs).unwrap_or_default();
    Ok(TestTurn {
        client,
        program,
        path,
        settings,
        started: now,
    })
}

impl TestTurn {
    pub(crate) fn started(&self) -> DateTime<Utc> {
        self.started
    }

    /// Runs the program and looks for its request. `seen`: the exchanges since the start.
    pub(crate) async fn run<F: Future<Output = Vec<Exchange>>>(
        self,
        mut seen: impl FnMut() -> F,
    ) -> ConnectTest {
        let name = self.client.name();
        let output = match self.output().await {
            Ok(output) => output,
            Err(why) => return self.result(false, why, Some(self.by_hand())),
        };
        let mut found = None;
        for _ in 0..CHECKS {
            found = seen().await.into_iter().find(|it| self.is_own(it));
            if found.is_some() {
                break;
            }
            tokio::time::sleep(CHECK_EVERY).await;
        }
        let ended_well = output.status.success();
        match (found, ended_well) {
            (Some(exchange), true) => {
                let message = format!(
                    "{name} got its response through Understudy {}.",
                    duration(exchange.total_ms)
                );
                self.result(exchange.status == Some(200), message, None)
            }
            (Some(_), false) => {
                let message = format!(
                    "The request of {name} arrived here, but the program ended with an error: {}",
                    quoted(&output)
                );
                self.result(false, message, Some(self.by_hand()))
            }
            (None, true) => {
                let message = format!(
                    "{name} got a response, but its request did not pass Understudy: another setting decides its address."
                );
                self.result(
                    false,
                    message,
                    Some("understudyd connect, and the warnings there"),
                )
            }
            (None, false) => {
                let message = format!(
                    "No request of {name} arrived here. Its program ended with: {}",
                    quoted(&output)
                );
                self.result(
                    false,
                    message,
                    Some("log in to the client first, if it says so, and test again; or start it yourself"),
                )
            }
        }
    }

    fn result(&self, passed: bool, message: String, fix: Option<&str>) -> ConnectTest {
        ConnectTest {
            passed,
            message,
            fix: fix.map(str::to_owned),
            command: self.command().join(" "),
        }
    }

    /// As its user can run it.
    fn command(&self) -> &[String] {
        let test = &self.client.connection.test;
        match self.settings.is_empty() {
            true => test,
            // Its further arguments name files that are there only during the turn.
            false => &test[..1],
        }
    }

    fn by_hand(&self) -> &'static str {
        match self.settings.is_empty() {
            true => "run the command yourself",
            false => "start it yourself and send a request",
        }
    }

    fn is_own(&self, exchange: &Exchange) -> bool {
        let further = &self.client.connection.test_as;
        exchange.started >= self.started
            && exchange.model.starts_with(REHEARSAL_PREFIX)
            && (is_seen_as(self.client, &exchange.client) || further.contains(&exchange.client))
    }

    /// The folder of the turn with its files, and the empty one in which it runs.
    fn folders(&self) -> io::Result<(TempDir, PathBuf)> {
        let folder = tempfile::tempdir()?;
        for settings in &self.settings {
            let path = folder.path().join(settings.name);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, &settings.text)?;
        }
        let empty = folder.path().join("work");
        fs::create_dir(&empty)?;
        Ok((folder, empty))
    }

    /// In an empty folder, without input. A program that does not end is stopped with its children.
    async fn output(&self) -> Result<Output, String> {
        let folders = self.folders();
        let (folder, empty) = folders.map_err(|error| format!("No empty folder: {error}."))?;
        let own = folder.path().display().to_string();
        let arguments = self.client.connection.test.iter().skip(1);
        let mut command = Command::new(&self.program);
        command
            .args(arguments.map(|argument| argument.replace("{folder}", &own)))
            .current_dir(empty)
            .env("PATH", &self.path)
            .envs(&self.client.connection.test_env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}.", self.program.display()))?;
        let group = child.id();
        match tokio::time::timeout(WITHIN, child.wait_with_output()).await {
            Ok(output) => {
                output.map_err(|error| format!("The program's output was lost: {error}."))
            }
            Err(_) => {
                stop(group);
                Err(format!(
                    "{} did not end within {} s.",
                    self.client.name(),
                    WITHIN.as_secs()
                ))
            }
        }
    }
}

#[cfg(unix)]
fn stop(group: Option<u32>) {
    let group = group.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    if let Some(group) = group {
        // It may have ended at this moment.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn stop(_: Option<u32>) {}

/// The last line of the standard output, or else of the errors: it names the cause in most programs.
fn quoted(output: &Output) -> String {
    let last = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
        lines.next_back().map(str::to_owned)
    };
    let Some(line) = last(&output.stdout).or_else(|| last(&output.stderr)) else {
        return "no output.".to_owned();
    };
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// "in 1.2 s"
fn duration(ms: u64) -> String {
    match ms {
        0..100 => "in under 0.1 s".to_owned(),
        longer => format!("in {:.1} s", longer as f64 / 1000.0),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};

    use super::{duration, quoted};

    #[test]
    fn the_line_that_names_the_cause_is_quoted() {
        let output = |stdout: &str, stderr: &str| Output {
            status: ExitStatus::from_raw(0),
            stdout: stdout.into(),
            stderr: stderr.into(),
        };
        let model = "Claude Code doesn't recognize the model";
        let login = "Not logged in · Please run /login";
        assert_eq!(quoted(&output(&format!("{login}\n\n"), model)), login);
        assert_eq!(
            quoted(&output(" \n", "a\nERROR: no key\n")),
            "ERROR: no key"
        );
        assert_eq!(quoted(&output("", "")), "no output.");
        assert_eq!(quoted(&output(&"é".repeat(400), "")).chars().count(), 161);
    }

    #[test]
    fn a_fast_response_has_no_zero_seconds() {
        assert_eq!(duration(40), "in under 0.1 s");
        assert_eq!(duration(1_240), "in 1.2 s");
    }
}
