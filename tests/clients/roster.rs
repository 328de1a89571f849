//! The clients and how to run them.

use std::collections::HashMap;
use std::fmt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::Dialect;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use super::judge::Ended;
use super::play::{Call, Turn, append};
use super::recipe::{Part, Recipe, Trap, Visit};
use super::sdk::{Language, Players};
use super::shown;

/// A client in one of its modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    ClaudeCode,
    /// With a model of the newest generation, for which it sends additional fields.
    ClaudeCodeNewest,
    Codex,
    /// With a model whose tools are declared in the conversation and called from programs.
    CodexWithPrograms,
    Sdk {
        language: Language,
        /// The name in the SDK scripts: "anthropic raw".
        mode: &'static str,
    },
    /// Any other client, by its recipe.
    Other(Part),
}

/// A group of clients in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    ClaudeCode,
    Codex,
    Anthropic,
    OpenaiChat,
    OpenaiResponses,
}

/// Everything that is needed to run the clients.
pub(crate) struct Troupe {
    clients: PathBuf,
    python: Players,
    node: Players,
    /// Homes that are copied for every run, by the recipe's name.
    homes: Mutex<HashMap<String, Arc<tokio::sync::OnceCell<TempDir>>>>,
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
            Family::ClaudeCode => return vec![Client::ClaudeCode, Client::ClaudeCodeNewest],
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

    /// True if its dialect has thinking.
    pub(crate) fn thinks(self) -> bool {
        !matches!(self, Family::OpenaiChat)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Client::ClaudeCode => f.write_str("Claude Code"),
            Client::ClaudeCodeNewest => f.write_str("Claude Code for opus-5-5"),
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
            Client::Other(Part { recipe, mode }) => write!(f, "{}, {}", recipe.title, mode.name),
        }
    }
}

impl Client {
    /// Every client in each of its modes.
    pub(crate) fn all() -> Vec<Client> {
        let known = Family::ALL.into_iter().flat_map(Family::clients);
        let mut all: Vec<Client> = known.collect();
        let parts = Recipe::all().iter().flat_map(Recipe::parts);
        let others = parts.filter(|part| all.iter().all(|client| client.part() != Some(*part)));
        let others: Vec<Client> = others.map(Client::Other).collect();
        all.extend(others);
        all
    }

    /// Its recipe; an SDK has a separate script.
    pub(crate) fn part(self) -> Option<Part> {
        match self {
            Client::ClaudeCode => Some(Part::find("claude-code", "anthropic")),
            Client::ClaudeCodeNewest => Some(Part::find("claude-code", "anthropic, opus-5-5")),
            Client::Codex => Some(Part::find("codex", "openai-responses")),
            Client::CodexWithPrograms => Some(Part::find("codex", "openai-responses, gpt-6-sol")),
            Client::Sdk { .. } => None,
            Client::Other(part) => Some(part),
        }
    }

    /// Its folder in `target/clients`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Client::ClaudeCode | Client::ClaudeCodeNewest => "claude-code",
            Client::Codex | Client::CodexWithPrograms => "codex",
            Client::Sdk {
                language: Language::Python,
                ..
            } => "sdk-python",
            Client::Sdk {
                language: Language::Node,
                ..
            } => "sdk-node",
            Client::Other(part) => &part.recipe.name,
        }
    }

    /// It needs a processor for a second or more to start.
    pub(crate) fn is_agent(self) -> bool {
        match self {
            Client::ClaudeCode
            | Client::ClaudeCodeNewest
            | Client::Codex
            | Client::CodexWithPrograms
            | Client::Other(_) => true,
            Client::Sdk { .. } => false,
        }
    }

    /// Its user receives a text while it is streamed.
    pub(crate) fn streams(self) -> bool {
        match self {
            Client::Sdk { mode, .. } => !mode.ends_with("create"),
            Client::ClaudeCode
            | Client::ClaudeCodeNewest
            | Client::Codex
            | Client::CodexWithPrograms
            | Client::Other(_) => self.part().is_none_or(|part| !part.is_complete()),
        }
    }

    /// Its dialect.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Client::Sdk { mode, .. } if mode.starts_with("anthropic") => Dialect::Anthropic,
            Client::Sdk { mode, .. } if mode.starts_with("openai chat") => Dialect::OpenaiChat,
            Client::Sdk { .. } => Dialect::OpenaiResponses,
            Client::ClaudeCode | Client::ClaudeCodeNewest => Dialect::Anthropic,
            Client::Codex | Client::CodexWithPrograms => Dialect::OpenaiResponses,
            Client::Other(part) => part.mode.dialect,
        }
    }

    /// The model's call that appends a line to `file`; `None`: no such tool.
    pub(crate) fn call(self, file: &Path) -> Option<Call> {
        self.append("once", file)
    }

    pub(crate) fn append(self, line: &str, file: &Path) -> Option<Call> {
        match self.part() {
            None => Some(append(line)),
            Some(part) => part.tool(line, file).map(|tool| Call {
                name: tool.name,
                input: tool.input,
            }),
        }
    }

    /// The model answers by calling a tool with this name.
    pub(crate) fn answers_in(self) -> Option<&'static str> {
        self.part().and_then(Part::answers_in)
    }
}

impl Troupe {
    pub(crate) fn new(clients: PathBuf) -> Troupe {
        Troupe {
            python: Players::new(clients.clone(), Language::Python, "sdk"),
            node: Players::new(clients.clone(), Language::Node, "sdk"),
            clients,
            homes: Mutex::default(),
        }
    }

    pub(crate) fn has(&self, client: Client) -> bool {
        self.clients.join(client.folder()).exists()
    }

    /// Runs the client once at `base`; `None`: it still ran after `patience`, and was stopped.
    pub(crate) async fn ask(
        &self,
        client: Client,
        base: &str,
        home: &Path,
        turn: Turn,
        patience: Duration,
    ) -> Option<Ended> {
        let file = (turn == Turn::Tool).then(|| home.join("ran.txt"));
        let visit = Visit {
            clients: &self.clients,
            home,
            base,
            prompt: "Append a line to the file, then tell how the evening goes.",
            file: file.as_deref(),
            again: false,
            trap: None,
        };
        match client {
            Client::Sdk { language, mode } => {
                let job = json!({ "mode": mode, "base": base, "model": "model-x", "prompt": visit.prompt, "file": file });
                let players = match language {
                    Language::Python => &self.python,
                    Language::Node => &self.node,
                };
                players.play(&job, patience).await
            }
            Client::ClaudeCode
            | Client::ClaudeCodeNewest
            | Client::Codex
            | Client::CodexWithPrograms
            | Client::Other(_) => self.visit(client.part()?, visit, patience).await,
        }
    }

    /// Sends a second question in an agent's last session; an SDK has none.
    pub(crate) async fn continue_session(
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
            file: None,
            again: true,
            trap: None,
        };
        self.visit(client.part()?, visit, patience).await
    }

    /// Runs it with a wrong connection that its recipe describes, and returns its complete output.
    pub(crate) async fn fall_into(
        &self,
        part: Part,
        trap: &'static Trap,
        base: &str,
        home: &Path,
        patience: Duration,
    ) -> Option<(Ended, String)> {
        let visit = Visit {
            clients: &self.clients,
            home,
            base,
            prompt: "How does the evening go?",
            file: None,
            again: false,
            trap: Some(trap),
        };
        let output = self.output(part, visit, patience).await?;
        let printed = [&output.stdout[..], &output.stderr[..]].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        Some((shown::ended(part.recipe, &output), printed))
    }

    pub(crate) async fn visit(
        &self,
        part: Part,
        visit: Visit<'_>,
        patience: Duration,
    ) -> Option<Ended> {
        let output = self.output(part, visit, patience).await?;
        Some(shown::ended(part.recipe, &output))
    }

    pub(crate) async fn output(
        &self,
        part: Part,
        visit: Visit<'_>,
        patience: Duration,
    ) -> Option<Output> {
        if !visit.again {
            self.furnish(part, visit).await;
        }
        run(visit.command(part).unwrap(), patience).await
    }

    /// Runs a slow set-up only once.
    async fn furnish(&self, part: Part, visit: Visit<'_>) {
        if part.recipe.once.is_empty() {
            return;
        }
        let home = {
            let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(homes.entry(part.recipe.name.clone()).or_default())
        };
        let home = home
            .get_or_init(|| async {
                let home = TempDir::new().unwrap();
                for words in &part.recipe.once {
                    let visit = Visit {
                        home: home.path(),
                        ..visit
                    };
                    let done = run(visit.prepared(part, words), SET_UP).await;
                    let ok = done.as_ref().is_some_and(|output| output.status.success());
                    assert!(ok, "{words:?}: {done:?}");
                }
                home
            })
            .await;
        let mut copy = std::process::Command::new("cp");
        copy.arg("-a")
            .arg(format!("{}/.", home.path().display()))
            .arg(visit.home);
        assert!(copy.status().unwrap().success(), "{copy:?}");
    }
}

/// Time for a database with all its migrations on a busy machine.
const SET_UP: Duration = Duration::from_secs(180);

/// Runs it to its end; after the timeout, kills it with all its child processes.
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
                // It may have ended at this moment.
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            None
        }
    }
}
