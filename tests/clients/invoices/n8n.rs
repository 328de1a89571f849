//! A running n8n with the published workflows of the documentation.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::kind::Kind;
use super::port::free_port;
use crate::recipe::{Part, Visit};
use crate::roster::run;

/// Time for a database with all its migrations on a busy machine.
const SET_UP: Duration = Duration::from_secs(300);
/// Between two readings at what happens in another program.
pub(super) const LOOK: Duration = Duration::from_millis(200);

pub(super) struct N8n {
    clients: PathBuf,
    home: TempDir,
    port: u16,
    broker: u16,
    http: reqwest::Client,
    running: Option<Child>,
}

/// A run of a workflow: number and status.
pub(super) type Execution = (i64, String);

impl N8n {
    /// Imports the credentials and workflows for the engine at this address, and publishes them.
    pub(super) async fn new(clients: &Path, base: &str) -> N8n {
        let n8n = N8n {
            clients: clients.to_path_buf(),
            home: TempDir::new().unwrap(),
            port: free_port(),
            broker: free_port(),
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(SET_UP)
                .build()
                .unwrap(),
            running: None,
        };
        let write = |name: &str, document: &Value| {
            let file = n8n.home.path().join(name);
            std::fs::write(&file, document.to_string()).unwrap();
            format!("--input={}", file.display())
        };
        let workflows = Kind::ALL.map(|kind| workflow(kind, base));
        let credentials = write("credentials.json", &credentials(base));
        let workflows = write("workflows.json", &json!(workflows));
        n8n.command_line(&["import:credentials", &credentials])
            .await;
        n8n.command_line(&["import:workflow", &workflows]).await;
        for kind in Kind::ALL {
            let id = format!("--id={}", kind.id);
            n8n.command_line(&["publish:workflow", &id]).await;
        }
        n8n
    }

    /// It accepts orders once it has registered its webhooks: see [`N8n::accepts`].
    pub(super) fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.path().join("n8n.log"))
            .unwrap();
        let mut command = self.command(&["start"]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        self.running = Some(command.spawn().unwrap());
    }

    /// `kill -9`, also of its child processes.
    pub(super) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            let group = Pid::from_raw(running.id().cast_signed()).unwrap();
            // It may have ended at this moment.
            let _ = kill_process_group(group, Signal::KILL);
            running.wait().unwrap();
        }
    }

    /// A shop sends an order. While n8n starts, its webhooks answer 404, or 200 without starting a workflow.
    pub(super) async fn accepts(&self, kind: &Kind, id: &str) -> bool {
        let url = format!("http://127.0.0.1:{}/webhook/{}", self.port, kind.path);
        let order = json!({ "id": id, "amount": 400 });
        let Ok(response) = self.http.post(&url).json(&order).send().await else {
            return false;
        };
        let is_success = response.status().is_success();
        let body = response.json().await.unwrap_or(Value::Null);
        is_success && body["message"] == "Workflow was started"
    }

    /// Its port is open. It may still be starting.
    pub(super) async fn listens(&self) -> bool {
        let health = format!("http://127.0.0.1:{}/healthz", self.port);
        let sent = self.http.get(health).send().await;
        sent.is_ok_and(|response| response.status().is_success())
    }

    /// How it ended, if it does not run any more.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.running.as_mut()?.try_wait().unwrap()?;
        Some(format!("n8n ended: {status}"))
    }

    /// The runs of this workflow after that number.
    pub(super) fn executions(&self, kind: &Kind, after: i64) -> Vec<Execution> {
        let file = self.home.path().join(".n8n/database.sqlite");
        let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        database.busy_timeout(SET_UP).unwrap();
        let mut query = database
            .prepare("SELECT id, status FROM execution_entity WHERE workflowId = ?1 AND id > ?2 ORDER BY id")
            .unwrap();
        let rows = query.query_map((kind.id, after), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("n8n.log")).unwrap_or_default()
    }

    async fn command_line(&self, words: &[&str]) {
        let done = run(self.command(words), SET_UP).await;
        let ok = done.as_ref().is_some_and(|output| output.status.success());
        assert!(ok, "{words:?}: {done:?}");
    }

    fn command(&self, words: &[&str]) -> Command {
        let part = Part::find("n8n", "AI Agent, OpenAI Responses");
        let visit = Visit {
            clients: &self.clients,
            home: self.home.path(),
            base: "",
            prompt: "",
            file: None,
            again: false,
            trap: None,
        };
        let program = "{client}/node_modules/.bin/n8n".to_owned();
        let words = words.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = std::iter::once(program).chain(words).collect();
        let mut command = visit.prepared(part, &words);
        command
            .env("N8N_PORT", self.port.to_string())
            .env("N8N_RUNNERS_BROKER_PORT", self.broker.to_string())
            .env("WEBHOOK_URL", format!("http://127.0.0.1:{}/", self.port));
        command
    }
}

impl Drop for N8n {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A workflow of the documentation, with this engine's address.
fn workflow(kind: &Kind, base: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/n8n");
    let text = std::fs::read_to_string(folder.join(kind.file)).unwrap();
    assert!(text.contains(PLACEHOLDER), "{}", kind.file);
    let mut workflow: Value = serde_json::from_str(&text.replace(PLACEHOLDER, base)).unwrap();
    workflow["id"] = kind.id.into();
    workflow
}

const PLACEHOLDER: &str = "http://127.0.0.1:4747/t/TOKEN";

/// As the documentation describes them.
fn credentials(base: &str) -> Value {
    let credential = |id: &str, type_: &str, url: String| {
        json!({
            "id": id, "name": "Understudy, waits", "type": type_,
            "data": {
                "apiKey": "sk-dummy-000", "url": url, "header": true,
                "headerName": "x-understudy-resume", "headerValue": "={{ $('Settings').first().json.resume }}",
            },
        })
    };
    json!([
        credential(
            "understudyOpenAi",
            "openAiApi",
            format!("{base}/p/Invoices%20with%20OpenAI/v1")
        ),
        credential(
            "understudyClaude",
            "anthropicApi",
            format!("{base}/p/Invoices%20with%20Anthropic")
        ),
    ])
}
