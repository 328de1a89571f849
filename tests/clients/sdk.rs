//! Processes that play the SDKs, each a job at a time: starting one for every job would take longer than the job.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::judge::Ended;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

/// Idle processes of one language.
pub(crate) struct Players {
    clients: PathBuf,
    language: Language,
    idle: Mutex<Vec<Player>>,
}

struct Player {
    /// Ends with this.
    _child: Child,
    jobs: ChildStdin,
    outcomes: Lines<BufReader<ChildStdout>>,
}

#[derive(Deserialize)]
struct Outcome {
    text: String,
    stop: Option<String>,
    error: Option<String>,
}

impl Players {
    pub(crate) fn new(clients: PathBuf, language: Language) -> Players {
        Players {
            clients,
            language,
            idle: Mutex::default(),
        }
    }

    /// None: its time was up, and the process was ended.
    pub(crate) async fn play(&self, job: &Value, patience: Duration) -> Option<Ended> {
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
        Some(Ended {
            text: outcome.text,
            stop: outcome.stop,
            error: outcome.error,
        })
    }

    async fn start(&self) -> Player {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/clients");
        let mut command = match self.language {
            Language::Python => {
                let mut command = Command::new(self.clients.join("venv/bin/python"));
                command.arg(format!("{here}/sdk.py"));
                command
            }
            Language::Node => {
                let mut command = Command::new("node");
                command.arg(format!("{here}/sdk.mjs")).arg(&self.clients);
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
        // Loading an SDK takes long on a busy machine, and none of a job's time.
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
    async fn play(&mut self, job: &Value) -> Outcome {
        self.jobs
            .write_all(format!("{job}\n").as_bytes())
            .await
            .unwrap();
        let line = self.outcomes.next_line().await.unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }
}
