//! Processes that run the SDKs, one job at a time: starting one per job would take longer than the job.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

/// Idle processes of one script in one language.
pub(crate) struct Players {
    clients: PathBuf,
    language: Language,
    script: &'static str,
    idle: Mutex<Vec<Player>>,
}

struct Player {
    /// Killed when this is dropped.
    _child: Child,
    jobs: ChildStdin,
    outcomes: Lines<BufReader<ChildStdout>>,
}

impl Players {
    /// `script`: its name in this folder, without the extension.
    pub(crate) fn new(clients: PathBuf, language: Language, script: &'static str) -> Players {
        Players {
            clients,
            language,
            script,
            idle: Mutex::default(),
        }
    }

    /// `None`: the timeout expired, and the process was killed.
    pub(crate) async fn play<T: DeserializeOwned>(
        &self,
        job: &Value,
        patience: Duration,
    ) -> Option<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut player = match idle {
            Some(player) => player,
            None => self.start().await,
        };
        let outcome = timeout(patience, player.play(job)).await.ok()?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(player);
        Some(outcome)
    }

    async fn start(&self) -> Player {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/clients");
        let mut command = match self.language {
            Language::Python => {
                let mut command = Command::new(self.clients.join("sdk-python/bin/python"));
                command
                    .args(["-W", "error"])
                    .arg(format!("{here}/{}.py", self.script));
                command
            }
            Language::Node => {
                let mut command = Command::new(super::recipe::node(&self.clients));
                command
                    .arg(format!("{here}/{}.mjs", self.script))
                    .arg(self.clients.join("sdk-node"));
                command
            }
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut outcomes = BufReader::new(child.stdout.take().unwrap()).lines();
        // Loading an SDK is slow on a busy machine and does not count as time of a job.
        assert_eq!(
            outcomes.next_line().await.unwrap().as_deref(),
            Some("ready")
        );
        Player {
            jobs: child.stdin.take().unwrap(),
            outcomes,
            _child: child,
        }
    }
}

impl Player {
    async fn play<T: DeserializeOwned>(&mut self, job: &Value) -> T {
        self.jobs
            .write_all(format!("{job}\n").as_bytes())
            .await
            .unwrap();
        let line = self.outcomes.next_line().await.unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }
}
