//! The real coding agents against the stage, through Understudy. `cargo xtask test` installs them and says where in
//! `UNDERSTUDY_CLIENTS`; where npm could not, it says so, and fails in CI. By hand, without them, this file has nothing to run.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::json;
use stage::{Cue, Fault, Line};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn client(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("UNDERSTUDY_CLIENTS") else {
        // Written past the runner, which keeps to itself what a test that passes prints.
        let told = format!(
            "\nWARNING: UNDERSTUDY_CLIENTS is not set: THE TEST WITH THE REAL `{name}` IS LEFT OUT. `cargo xtask test` installs it and runs it.\n"
        );
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return None;
    };
    Some(PathBuf::from(folder).join("node_modules/.bin").join(name))
}

struct Rig {
    desk: Desk,
    lead: Upstream,
    second: Upstream,
}

impl Rig {
    async fn new() -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        desk.settings(&two_endpoints(&lead.address, &second.address));
        desk.start();
        Rig { desk, lead, second }
    }

    /// A client with a home of its own, nothing but a dummy key, and the engine as its only way out.
    fn run(&self, program: &PathBuf, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let home = self.desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        let node = std::env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&home)
            .stdin(Stdio::null());
        command
            .env_clear()
            .env("HOME", &home)
            .env("PATH", node)
            .envs(environment.iter().copied());
        command.output().unwrap()
    }

    fn claude(&self, program: &PathBuf, prompt: &str) -> String {
        let base = self.desk.base();
        let environment = [
            ("ANTHROPIC_BASE_URL", base.as_str()),
            ("ANTHROPIC_API_KEY", "sk-ant-dummy-000"),
            ("DISABLE_TELEMETRY", "1"),
            ("DISABLE_ERROR_REPORTING", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("CLAUDE_CODE_MAX_RETRIES", "2"),
        ];
        let arguments = [
            "-p",
            prompt,
            "--model",
            "claude-sonnet-4-5",
            "--allowedTools",
            "Bash",
            "--output-format",
            "stream-json",
            "--verbose",
        ];
        let output = self.run(program, &arguments, &environment);
        assert!(
            output.status.success(),
            "{}\n{}\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.desk.log()
        );
        text(&output.stdout)
    }

    fn codex(&self, program: &PathBuf, prompt: &str) -> String {
        let config = format!(
            "model = \"gpt-5\"\nmodel_provider = \"understudy\"\ncheck_for_update_on_startup = false\n[model_providers.understudy]\nname = \"understudy\"\nbase_url = \"{}/v1\"\nenv_key = \"DUMMY_KEY\"\nwire_api = \"responses\"\nrequest_max_retries = 0\nstream_max_retries = 1\n[analytics]\nenabled = false\n",
            self.desk.base()
        );
        let folder = self.desk.file("client/.codex");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), config).unwrap();
        let arguments = [
            "exec",
            "--json",
            "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            prompt,
        ];
        let output = self.run(program, &arguments, &[("DUMMY_KEY", "sk-dummy-000")]);
        assert!(
            output.status.success(),
            "{}\n{}\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.desk.log()
        );
        text(&output.stdout)
    }

    fn appended(&self) -> String {
        std::fs::read_to_string(self.desk.file("client/ran.txt")).unwrap_or_default()
    }

    /// Some exchange went from the lead to the second, both attempts in the log.
    async fn assert_carried(&self) {
        let rows = self.desk.exchanges(1).await;
        let carried = rows.iter().any(|row| {
            let attempts = row["attempts"].as_array().unwrap();
            row["end"] == "complete"
                && attempts.first().is_some_and(|a| a["endpoint"] == "lead")
                && attempts.last().is_some_and(|a| a["endpoint"] == "second")
        });
        assert!(carried, "{}", serde_json::to_string_pretty(&rows).unwrap());
        assert!(self.second.posts() > 0, "the upstream's own count");
    }
}

fn tool_turn(name: &str, input: serde_json::Value) -> Cue {
    Cue {
        answer: Some(vec![
            Line::Text("I will run it now.".into()),
            Line::Tool {
                name: name.into(),
                input,
            },
        ]),
        then: Some(vec![Line::Text("It ran: the file has its line.".into())]),
        ..Cue::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_completes_a_tool_turn_and_survives_a_cut() {
    let Some(claude) = client("claude") else {
        return;
    };
    let rig = Rig::new().await;
    rig.lead.stage.cue(tool_turn(
        "Bash",
        json!({ "command": "echo once >> ran.txt", "description": "append a line" }),
    ));
    let said = tokio::task::block_in_place(|| rig.claude(&claude, "append a line to ran.txt"));
    assert!(said.contains("It ran: the file has its line."), "{said}");
    assert_eq!(rig.appended(), "once\n", "the tool ran once");

    rig.lead.stage.outage(Some(Fault::CutAfterOpening));
    let said = tokio::task::block_in_place(|| rig.claude(&claude, "say hi"));
    assert!(said.contains("rehearsal answer"), "{said}");
    rig.assert_carried().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_completes_a_tool_turn_and_survives_a_cut() {
    let Some(codex) = client("codex") else { return };
    let rig = Rig::new().await;
    let home = rig.desk.file("client");
    rig.lead.stage.cue(tool_turn(
        "exec_command",
        json!({ "cmd": format!("echo once >> {}", home.join("ran.txt").display()) }),
    ));
    let said = tokio::task::block_in_place(|| rig.codex(&codex, "append a line to ran.txt"));
    assert!(
        said.contains("It ran: the file has its line."),
        "{said}\n{:?}",
        rig.lead.stage.received()
    );
    assert_eq!(rig.appended(), "once\n", "the tool ran once");

    rig.lead.stage.outage(Some(Fault::CutAfterOpening));
    let said = tokio::task::block_in_place(|| rig.codex(&codex, "say hi"));
    assert!(said.contains("rehearsal answer"), "{said}");
    rig.assert_carried().await;
}
