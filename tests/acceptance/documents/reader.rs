//! A reader's computer: an engine, providers that answer, a coding agent that has sent a request.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::addresses::{answers, here};
use super::expected::{Expected, expected, is_a_name};
use super::home;
use super::shell::commands;
use crate::desk::{Desk, Upstream, text};

const AGENT: &str = "claude-cli/2.1.332 (external, cli)";
const LOGIN: &str = "Bearer sk-ant-oat01-reader";

pub(super) struct Reader {
    desk: Desk,
    providers: Vec<Upstream>,
    parked: usize,
    is_second: bool,
}

impl Reader {
    pub(super) async fn new() -> Reader {
        let mut providers = Vec::new();
        let mut settings =
            "[[pipeline]]\nname = \"Qualify leads\"\n[[pipeline]]\nname = \"Leads\"\n".to_owned();
        for id in ["anthropic", "openai", "openrouter"] {
            let upstream = Upstream::start().await;
            settings += &format!(
                "[[endpoint]]\nid = \"{id}\"\nbase = \"{}\"\n",
                upstream.address
            );
            providers.push(upstream);
        }
        let mut desk = Desk::new();
        let home = desk.home.path().to_owned();
        for folder in ["bin", "target/debug"] {
            std::fs::create_dir_all(home.join(folder)).unwrap();
            let link = home.join(folder).join("understudyd");
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_understudyd"), link).unwrap();
        }
        desk.env("PATH", &format!("{}/bin:/usr/bin:/bin", home.display()));
        desk.env("ANTHROPIC_API_KEY", "sk-ant-reader");
        desk.env("OPENAI_API_KEY", "sk-openai");
        home::fill(&desk);
        desk.settings(&settings);
        desk.start();
        Reader {
            desk,
            providers,
            parked: 0,
            is_second: false,
        }
    }

    /// A command in a sentence.
    pub(super) async fn command(&mut self, words: &[String]) -> Result<(), String> {
        let [_, arguments @ ..] = words else {
            return Ok(());
        };
        let mut arguments = arguments.to_vec();
        if is_a_name(&arguments) {
            arguments.push("--help".to_owned());
        }
        self.prepare(&mut arguments).await;
        let line = std::iter::once("understudyd".to_owned())
            .chain(arguments.iter().map(|word| quoted(word)));
        let line = line.collect::<Vec<_>>().join(" ");
        self.run(&line, &arguments).await
    }

    /// A line of a block.
    pub(super) async fn shell(&mut self, line: &str) -> Result<(), String> {
        let mut words = commands(line).pop().unwrap_or_default();
        if !words.is_empty() {
            words.remove(0);
        }
        if line.starts_with("grep") {
            home::connected(&self.desk);
        }
        self.prepare(&mut words).await;
        let line = here(&self.desk, line);
        self.run(&line, &words).await
    }

    async fn run(&mut self, line: &str, arguments: &[String]) -> Result<(), String> {
        if arguments.first().is_some_and(|word| word == "serve") {
            self.desk.printed(&["stop"]);
            self.desk.ended();
            self.desk.start();
            return Ok(());
        }
        let expected = expected(arguments);
        let (code, printed) = self.ran(line, expected);
        if arguments.first().is_some_and(|word| word == "stop") {
            self.desk.ended();
            self.desk.start();
        }
        if !code.is_some_and(|code| expected.codes.contains(&code)) {
            return Err(format!("{line}: exit code {code:?}: {printed}"));
        }
        match expected.shows.iter().find(|part| !printed.contains(**part)) {
            Some(part) => Err(format!("{line}: it does not show {part:?}: {printed}")),
            None => Ok(()),
        }
    }

    /// A shell runs the line in the reader's home; on a terminal, if the reader types.
    fn ran(&self, line: &str, expected: &Expected) -> (Option<i32>, String) {
        let mut command = if expected.typed.is_empty() {
            let mut command = Command::new("sh");
            command.args(["-c", line]);
            command
        } else {
            let mut command = Command::new("script");
            command.args(["-qec", line, "/dev/null"]);
            command
        };
        command.env_clear().current_dir(self.desk.home.path());
        for (name, value) in self.desk.command(&[]).get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.env("SHELL", "/bin/sh");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        let mut stdin = running.stdin.take().unwrap();
        // A command that reads nothing may have ended.
        let _ = stdin.write_all(expected.typed.as_bytes());
        drop(stdin);
        let output = running.wait_with_output().unwrap();
        (
            output.status.code(),
            text(&output.stdout) + &text(&output.stderr),
        )
    }

    /// The variables of a line lead a client to the engine.
    pub(super) async fn exported(&mut self, line: &str) -> Result<(), String> {
        let line = here(&self.desk, line);
        let (code, printed) = self.ran(&format!("{line}\nenv"), expected(&[]));
        if code != Some(0) {
            return Err(printed);
        }
        let mut names = line
            .split_whitespace()
            .filter_map(|word| Some(word.split_once('=')?.0));
        names.try_for_each(|name| {
            let is_set = printed
                .lines()
                .any(|line| line.starts_with(&format!("{name}=")));
            is_set
                .then_some(())
                .ok_or_else(|| format!("{name} is not set: {printed}"))
        })?;
        for value in printed
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.1))
        {
            if value.starts_with(&self.desk.address()) {
                answers(&self.desk, value).await?;
            }
        }
        Ok(())
    }

    /// What the reader has done before this command, and the values of its placeholders.
    async fn prepare(&mut self, arguments: &mut [String]) {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let value = match words.as_slice() {
            ["review", ..] if words.contains(&"ID") => Some(self.parked().await),
            ["traffic", "--find", _] => Some(self.sent_request().await),
            ["import", ..] => {
                self.second_computer().await;
                None
            }
            ["allow", ..] => {
                self.with_an_open_question().await;
                None
            }
            ["connect", .., "--undo" | "--undo-all"] => {
                self.desk.printed(&["connect", "claude-code", "--yes"]);
                None
            }
            ["connect", _] => {
                home::fill(&self.desk);
                None
            }
            ["use", ..] => Some(self.sent_request().await),
            _ => None,
        };
        for word in arguments {
            let replaced = match (&**word, &value) {
                ("ID" | "v5x7q02", Some(id)) => id.clone(),
                ("MODEL", _) => "claude-opus-5-5".to_owned(),
                ("CLIENT" | "X", _) => "claude-code".to_owned(),
                ("NAME", _) => "openrouter".to_owned(),
                ("FILE", _) => self.request_file(),
                _ => continue,
            };
            *word = replaced;
        }
    }

    /// From here on, with the file of the first computer.
    async fn second_computer(&mut self) {
        const FILE: &str = "my-settings.jsonl";
        if !self.is_second {
            let second = Reader::new().await;
            std::fs::copy(self.desk.file(FILE), second.desk.file(FILE)).unwrap();
            *self = Reader {
                is_second: true,
                ..second
            };
        }
    }

    /// On a new computer: the primary of the agent is down, and a key may answer.
    async fn with_an_open_question(&mut self) {
        *self = Reader::new().await;
        self.providers[0].stage.outage(Some("529".parse().unwrap()));
        self.sent_request().await;
        self.desk
            .until("a question", |s| !s.questions.is_empty())
            .await;
        self.providers[0].stage.outage(None);
    }

    fn request_file(&self) -> String {
        let body = json!({ "model": "claude-opus-5-5", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        let file = self.desk.file("request.json");
        std::fs::write(&file, body.to_string()).unwrap();
        file.display().to_string()
    }

    /// A request of the agent; returns its id.
    async fn sent_request(&self) -> String {
        let body = json!({ "model": "claude-opus-5-5", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        let url = format!("{}/v1/messages", self.desk.base());
        let request = self
            .desk
            .http
            .post(url)
            .header("user-agent", AGENT)
            .header("authorization", LOGIN);
        let response = request.json(&body).send().await.unwrap();
        let id = response.headers()["x-understudy-exchange"]
            .to_str()
            .unwrap()
            .to_owned();
        response.bytes().await.unwrap();
        self.desk
            .exchanges_until(|rows| {
                rows.iter()
                    .any(|row| row["request_id"] == Value::String(id.clone()))
            })
            .await;
        id
    }

    /// A request of a pipeline that no provider could answer; returns its id in the review queue.
    async fn parked(&mut self) -> String {
        for provider in &self.providers {
            provider.stage.outage(Some("529".parse().unwrap()));
        }
        self.parked += 1;
        let body = json!({ "model": "claude-opus-5-5", "max_tokens": 9, "messages": [{ "role": "user", "content": format!("item {}", self.parked) }] });
        let url = format!("{}/v1/messages", self.desk.base());
        let request = self
            .desk
            .http
            .post(url)
            .header("x-understudy-pipeline", "Qualify leads")
            .header("x-api-key", "sk-ant-reader");
        let response = request.json(&body).send().await.unwrap();
        let id = response.headers()["x-understudy-review-id"]
            .to_str()
            .unwrap()
            .to_owned();
        for provider in &self.providers {
            provider.stage.outage(None);
        }
        id
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
