//! The coding agents as they run without a terminal, and how they say what came of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::judge::Ended;

/// A client's folder of its own: it starts with nothing but a dummy key, and the base address as its only way out.
pub(crate) struct Visit<'a> {
    /// Where the clients are installed.
    pub(crate) clients: &'a Path,
    /// Its home and its working folder.
    pub(crate) home: &'a Path,
    /// Without `/v1`.
    pub(crate) base: &'a str,
    pub(crate) prompt: &'a str,
}

impl Visit<'_> {
    /// `claude -p`, with two retries instead of ten.
    pub(crate) fn claude(&self, more: &[&str]) -> Command {
        let mut command = self.command("claude");
        command
            .args(["-p", self.prompt, "--model", "claude-sonnet-4-5"])
            .args(["--allowedTools", "Bash"])
            .args(["--output-format", "stream-json", "--verbose"])
            .args(more)
            .env("ANTHROPIC_BASE_URL", self.base)
            .env("ANTHROPIC_API_KEY", "sk-ant-dummy-000")
            .env("DISABLE_TELEMETRY", "1")
            .env("DISABLE_ERROR_REPORTING", "1")
            .env("DISABLE_AUTOUPDATER", "1")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("CLAUDE_CODE_MAX_RETRIES", "2");
        command
    }

    /// `codex exec`; a request is tried once, and a broken stream six times, as is usual.
    ///
    /// # Errors
    /// Its configuration could not be written.
    pub(crate) fn codex(&self, model: &str, more: &[&str]) -> std::io::Result<Command> {
        let config = format!(
            "model = \"{model}\"\nmodel_provider = \"stage\"\ncheck_for_update_on_startup = false\n\
             [model_providers.stage]\nname = \"stage\"\nbase_url = \"{}/v1\"\nenv_key = \"DUMMY_KEY\"\n\
             wire_api = \"responses\"\nrequest_max_retries = 0\n\
             [analytics]\nenabled = false\n",
            self.base
        );
        let folder = self.home.join(".codex");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("config.toml"), config)?;
        let mut command = self.command("codex");
        command
            .args(["exec", "--json", "--skip-git-repo-check"])
            .arg("--dangerously-bypass-approvals-and-sandbox")
            .args(more)
            .arg(self.prompt)
            .env("DUMMY_KEY", "sk-dummy-000");
        Ok(command)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(self.clients, name));
        command
            .current_dir(self.home)
            .env_clear()
            .env("HOME", self.home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }
}

fn program(clients: &Path, name: impl AsRef<OsStr>) -> PathBuf {
    clients
        .join("node_modules/.bin")
        .join(Path::new(name.as_ref()))
}

/// What Claude Code's last event says; its user gets `result`.
pub(crate) fn claude_ended(output: &Output) -> Ended {
    let result = events(output)
        .filter(|event| event["type"] == "result")
        .last()
        .unwrap_or_default();
    let text = result["result"].as_str().unwrap_or_default().to_owned();
    let failed = result["is_error"] != false || !output.status.success();
    Ended {
        stop: result["stop_reason"].as_str().map(str::to_owned),
        error: failed.then(|| words(&text, output)),
        text,
    }
}

/// The whole of what Codex says; it fails with its exit status.
pub(crate) fn codex_ended(output: &Output) -> Ended {
    let (mut text, mut error) = (String::new(), String::new());
    for event in events(output) {
        let item = &event["item"];
        match (event["type"].as_str(), item["type"].as_str()) {
            (Some("item.completed"), Some("agent_message")) => {
                text += item["text"].as_str().unwrap_or_default();
            }
            (Some("error"), _) => {
                error = event["message"].as_str().unwrap_or_default().to_owned();
            }
            _ => {}
        }
    }
    Ended {
        stop: None,
        error: (!output.status.success()).then(|| words(&error, output)),
        text,
    }
}

fn events(output: &Output) -> impl Iterator<Item = Value> {
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

/// Its own words, or the last of what it printed.
fn words(own: &str, output: &Output) -> String {
    if own.is_empty() {
        let printed = String::from_utf8_lossy(&output.stderr);
        let last = printed.trim_end().lines().last();
        format!("{}: {}", output.status, last.unwrap_or_default())
    } else {
        own.to_owned()
    }
}
