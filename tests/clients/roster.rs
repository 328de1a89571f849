//! The clients, and how each is asked.

use std::fmt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use catalog::Dialect;
use serde_json::json;
use tokio::time::timeout;

use super::agent::{Visit, claude_ended, codex_ended};
use super::judge::Ended;
use super::play::{Call, Turn, append, bash, exec_command, program};
use super::sdk::{Language, Players};

/// One way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    ClaudeCode,
    Codex,
    /// With a model that is given its tools in the conversation, and calls them from programs that it writes.
    CodexWithPrograms,
    Sdk {
        language: Language,
        /// As the players know it: "anthropic raw".
        mode: &'static str,
    },
}

/// What the clients of a table's part have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    ClaudeCode,
    Codex,
    Anthropic,
    OpenaiChat,
    OpenaiResponses,
}

/// Everything that is needed to run them.
pub(crate) struct Troupe {
    clients: PathBuf,
    python: Players,
    node: Players,
}

impl Family {
    pub(crate) const ALL: [Family; 5] = [
        Family::ClaudeCode,
        Family::Codex,
        Family::Anthropic,
        Family::OpenaiChat,
        Family::OpenaiResponses,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Family::ClaudeCode => "Claude Code",
            Family::Codex => "Codex",
            Family::Anthropic => "Anthropic SDKs",
            Family::OpenaiChat => "OpenAI SDKs, Chat Completions",
            Family::OpenaiResponses => "OpenAI SDKs, Responses",
        }
    }

    pub(crate) fn clients(self) -> Vec<Client> {
        let modes = match self {
            Family::ClaudeCode => return vec![Client::ClaudeCode],
            Family::Codex => return vec![Client::Codex, Client::CodexWithPrograms],
            Family::Anthropic => ["anthropic helper", "anthropic raw", "anthropic create"],
            Family::OpenaiChat => [
                "openai chat helper",
                "openai chat raw",
                "openai chat create",
            ],
            Family::OpenaiResponses => [
                "openai responses helper",
                "openai responses raw",
                "openai responses create",
            ],
        };
        [Language::Python, Language::Node]
            .into_iter()
            .flat_map(|language| modes.map(|mode| Client::Sdk { language, mode }))
            .collect()
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Family::ClaudeCode | Family::Anthropic => Dialect::Anthropic,
            Family::OpenaiChat => Dialect::OpenaiChat,
            Family::Codex | Family::OpenaiResponses => Dialect::OpenaiResponses,
        }
    }

    /// Does its dialect show that a model thinks?
    pub(crate) fn thinks(self) -> bool {
        !matches!(self, Family::OpenaiChat)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Client::ClaudeCode => f.write_str("Claude Code"),
            Client::Codex => f.write_str("Codex"),
            Client::CodexWithPrograms => f.write_str("Codex for gpt-6-sol"),
            Client::Sdk {
                language: Language::Python,
                mode,
            } => write!(f, "Python {mode}"),
            Client::Sdk {
                language: Language::Node,
                mode,
            } => write!(f, "Node {mode}"),
        }
    }
}

impl Client {
    /// It takes a processor for a second or more to start.
    pub(crate) fn is_agent(self) -> bool {
        match self {
            Client::ClaudeCode | Client::Codex | Client::CodexWithPrograms => true,
            Client::Sdk { .. } => false,
        }
    }

    /// What it speaks.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Client::ClaudeCode => Dialect::Anthropic,
            Client::Codex | Client::CodexWithPrograms => Dialect::OpenaiResponses,
            Client::Sdk { mode, .. } if mode.starts_with("anthropic") => Dialect::Anthropic,
            Client::Sdk { mode, .. } if mode.starts_with("openai chat") => Dialect::OpenaiChat,
            Client::Sdk { .. } => Dialect::OpenaiResponses,
        }
    }

    fn codex_model(self) -> &'static str {
        match self {
            Client::CodexWithPrograms => "gpt-6-sol",
            Client::ClaudeCode | Client::Codex | Client::Sdk { .. } => "gpt-5",
        }
    }

    /// What its model calls to append a line to `file`.
    pub(crate) fn call(self, file: &Path) -> Call {
        self.append("once", file)
    }

    pub(crate) fn append(self, line: &str, file: &Path) -> Call {
        let file = file.display().to_string();
        match self {
            Client::ClaudeCode => bash(line, &file),
            Client::Codex => exec_command(line, &file),
            Client::CodexWithPrograms => program(line, &file),
            Client::Sdk { .. } => append(line),
        }
    }
}

impl Troupe {
    pub(crate) fn new(clients: PathBuf) -> Troupe {
        Troupe {
            python: Players::new(clients.clone(), Language::Python, "sdk"),
            node: Players::new(clients.clone(), Language::Node, "sdk"),
            clients,
        }
    }

    /// Asks `base` once; None: it was still at it after `patience`, and was ended.
    pub(crate) async fn ask(
        &self,
        client: Client,
        base: &str,
        home: &Path,
        turn: Turn,
        patience: Duration,
    ) -> Option<Ended> {
        let visit = Visit {
            clients: &self.clients,
            home,
            base,
            prompt: "Append a line to the file, then tell how the evening goes.",
        };
        match client {
            Client::ClaudeCode => run(visit.claude(&[]), patience)
                .await
                .map(|output| claude_ended(&output)),
            Client::Codex | Client::CodexWithPrograms => {
                let codex = visit.codex(client.codex_model(), &[]);
                let output = run(codex.unwrap(), patience).await;
                output.map(|output| codex_ended(&output))
            }
            Client::Sdk { language, mode } => {
                let file = (turn == Turn::Tool).then(|| home.join("ran.txt"));
                let job = json!({ "mode": mode, "base": base, "model": "model-x", "prompt": visit.prompt, "file": file });
                let players = match language {
                    Language::Python => &self.python,
                    Language::Node => &self.node,
                };
                players.play(&job, patience).await
            }
        }
    }

    /// Asks an agent another question in the session that it had last; an SDK has none.
    pub(crate) async fn go_on(
        &self,
        client: Client,
        base: &str,
        home: &Path,
        patience: Duration,
    ) -> Option<Ended> {
        let visit = Visit {
            clients: &self.clients,
            home,
            base,
            prompt: "And how did it go?",
        };
        match client {
            Client::ClaudeCode => run(visit.claude(&["--continue"]), patience)
                .await
                .map(|output| claude_ended(&output)),
            Client::Codex | Client::CodexWithPrograms => {
                let codex = visit.codex(client.codex_model(), &["resume", "--last"]);
                let output = run(codex.unwrap(), patience).await;
                output.map(|output| codex_ended(&output))
            }
            Client::Sdk { .. } => None,
        }
    }
}

/// To its end, or to its end with all that it started.
pub(crate) async fn run(mut command: std::process::Command, patience: Duration) -> Option<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let child = tokio::process::Command::from(command).spawn().unwrap();
    let group = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    match timeout(patience, child.wait_with_output()).await {
        Ok(output) => Some(output.unwrap()),
        Err(_) => {
            if let Some(group) = group {
                // It may have ended by itself in this moment.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            None
        }
    }
}
