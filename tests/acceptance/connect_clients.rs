//! Real clients are connected, send a request through Understudy, and go to their former address after the undo.

mod codex_account;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use api::{ConnectState, ConnectTest};
use reqwest::{Method, StatusCode};
use serde_json::json;
use stage::ScriptStep;
use tokio::task::block_in_place;

use crate::connect::{SETTINGS, program, ran, read, state, with_client};
use crate::desk::{Desk, Upstream, binary, text, two_endpoints};
use crate::installed::installed;

/// A client, its file, and the text that points it to this address.
struct Real {
    id: &'static str,
    bin: &'static str,
    file: &'static str,
    settings: fn(&str) -> String,
    environment: &'static [(&'static str, &'static str)],
    /// A turn with a model that both providers have.
    turn: &'static [&'static str],
    /// `connect --test` runs it.
    testable: bool,
    /// Ends what a turn leaves running.
    ending: &'static [&'static str],
}

const CLAUDE: Real = Real {
    id: "claude-code",
    bin: "claude-code/node_modules/.bin",
    file: SETTINGS,
    settings: |address| format!("{{\n  \"env\": {{ \"ANTHROPIC_BASE_URL\": \"{address}\" }}\n}}\n"),
    environment: &[
        ("ANTHROPIC_API_KEY", "sk-ant-dummy-000"),
        ("DISABLE_TELEMETRY", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "1"),
    ],
    turn: &["claude", "--model", "claude-sonnet-4-5", "-p", "hello"],
    testable: true,
    ending: &[],
};

const CODEX: Real = Real {
    id: "codex",
    bin: "codex/node_modules/.bin",
    file: ".codex/config.toml",
    settings: |address| {
        format!(
            "openai_base_url = '{address}/v1' # theirs\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n"
        )
    },
    environment: &[
        ("CODEX_API_KEY", "sk-dummy-000"),
        ("OPENAI_API_KEY", "sk-dummy-000"),
    ],
    turn: &[
        "codex",
        "exec",
        "--skip-git-repo-check",
        "-m",
        "gpt-5",
        "hello",
    ],
    testable: true,
    ending: &[],
};

const OPENCODE: Real = Real {
    id: "opencode",
    bin: "opencode/node_modules/.bin",
    file: ".config/opencode/opencode.json",
    settings: |address| {
        format!(
            "{{\n  // theirs\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"autoupdate\": false, \"share\": \"disabled\",\n  \"provider\": {{ \"anthropic\": {{ \"options\": {{ \"baseURL\": \"{address}/v1\" }} }} }},\n}}\n"
        )
    },
    environment: &[
        ("ANTHROPIC_API_KEY", "sk-ant-dummy-000"),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
    ],
    turn: &[
        "opencode",
        "run",
        "-m",
        "anthropic/claude-sonnet-4-5",
        "--title",
        "t",
        "hello",
    ],
    testable: true,
    ending: &[],
};

const AIDER: Real = Real {
    id: "aider",
    bin: "aider/bin",
    file: ".env",
    settings: |address| format!("# theirs\nANTHROPIC_API_BASE={address}\n"),
    environment: &[("ANTHROPIC_API_KEY", "sk-ant-dummy-000")],
    turn: &[
        "aider",
        "--model",
        "anthropic/claude-sonnet-4-5",
        "--yes-always",
        "--no-git",
        "--no-check-update",
        "--analytics-disable",
        "--no-show-model-warnings",
        "--no-show-release-notes",
        "--no-pretty",
        "--message",
        "hello",
    ],
    testable: true,
    ending: &[],
};

const CONTINUE: Real = Real {
    id: "continue",
    bin: "continue/node_modules/.bin",
    file: ".continue/config.yaml",
    settings: |address| {
        format!(
            "name: mine\nversion: 0.0.1\nschema: v1\nmodels:\n  # theirs\n  - name: any\n    provider: openai\n    model: gpt-4o\n    apiBase: {address}/v1/ # theirs\n    apiKey: sk-dummy-000\n    roles: [chat]\n"
        )
    },
    environment: &[("CONTINUE_TELEMETRY_ENABLED", "0")],
    turn: &[
        "cn",
        "-p",
        "--auto",
        "--config",
        "../.continue/config.yaml",
        "hello",
    ],
    testable: true,
    ending: &[],
};

const CLINE: Real = Real {
    id: "cline",
    bin: "cline/node_modules/.bin",
    file: ".cline/data/settings/providers.json",
    settings: |address| {
        format!(
            "{{\n  \"version\": 1,\n  \"lastUsedProvider\": \"openai-compatible\",\n  \"modes\": {{}},\n  \"providers\": {{\n    \"openai-compatible\": {{\n      \"settings\": {{\n        \"provider\": \"openai-compatible\",\n        \"apiKey\": \"sk-dummy\",\n        \"model\": \"gpt-5\",\n        \"baseUrl\": \"{address}/v1\"\n      }},\n      \"updatedAt\": \"2026-11-30T15:48:58.749Z\",\n      \"tokenSource\": \"manual\"\n    }}\n  }}\n}}\n"
        )
    },
    environment: &[],
    turn: &[
        "cline",
        "--json",
        "-P",
        "openai",
        "-m",
        "gpt-5",
        "say hello",
    ],
    testable: true,
    // A daemon that its later sessions share.
    ending: &["cline", "hub", "stop"],
};

/// A started engine, and a client whose settings point elsewhere.
struct Stage {
    real: &'static Real,
    desk: Desk,
    bin: PathBuf,
    /// The provider behind Understudy.
    ours: Upstream,
    /// The address in the client's settings before.
    theirs: Upstream,
    before: String,
}

/// `None`: the clients are not installed.
async fn stage(real: &'static Real, settings: Option<&str>) -> Option<Stage> {
    let clients = installed("UNDERSTUDY_CLIENTS")?;
    let (ours, theirs) = (Upstream::start().await, Upstream::start().await);
    let before = match settings {
        Some(text) => text.to_owned(),
        None => (real.settings)(&theirs.address),
    };
    let mut desk = with_client(real.file, &before);
    desk.settings(&two_endpoints(&ours.address, &ours.address));
    let bin = match real.id {
        "aider" => aider(&clients, &desk),
        _ => clients.join(real.bin),
    };
    let node = clients.join("node/node_modules/node/bin");
    let path = format!("{}:{}:/usr/bin:/bin", bin.display(), node.display());
    desk.env("PATH", &path);
    for (name, value) in real.environment {
        desk.env(name, value);
    }
    block_in_place(|| desk.start());
    Some(Stage {
        real,
        desk,
        bin,
        ours,
        theirs,
        before,
    })
}

/// The first line of its own script names the folder of its installation.
fn aider(clients: &Path, desk: &Desk) -> PathBuf {
    let python = clients.join("aider/bin/python");
    let own = desk.file("programs");
    std::fs::create_dir_all(&own).unwrap();
    let script = format!("#!/bin/sh\nexec {} -m aider \"$@\"\n", python.display());
    program(&own.join("aider"), &script);
    own
}

impl Stage {
    /// One turn of the client, as its user starts it; its output.
    fn turn(&self, more: &[&str]) -> String {
        self.run(&[self.real.turn, more].concat())
    }

    fn run(&self, words: &[&str]) -> String {
        let folder = self.desk.file("work");
        std::fs::create_dir_all(&folder).unwrap();
        let of_desk = self.desk.command(&[]);
        let environment = of_desk.get_envs();
        let output = Command::new(self.bin.join(words[0]))
            .args(&words[1..])
            .env_clear()
            .envs(environment.filter_map(|(name, value)| Some((name, value?))))
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        text(&output.stdout) + &text(&output.stderr)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.real.ending.is_empty() {
            block_in_place(|| self.run(self.real.ending));
        }
    }
}

/// Connected, its request passes Understudy; undone, its file is as before and its request goes to the former address.
async fn assert_connects(real: &'static Real) {
    let Some(stage) = stage(real, None).await else {
        return;
    };
    let (desk, theirs) = (&stage.desk, &stage.theirs);
    block_in_place(|| desk.printed(&["connect", real.id, "--yes"]));
    if real.testable {
        let (code, printed) =
            block_in_place(|| ran(desk, &["connect", real.id, "--test", "--json"]));
        assert_eq!(code, Some(0), "{}: {printed}", real.id);
        let tested: ConnectTest = serde_json::from_str(&printed).unwrap();
        assert!(
            tested.passed && tested.message.contains("through Understudy"),
            "{tested:?}"
        );
        assert_eq!(
            stage.ours.posts(),
            0,
            "the rehearsal model needs no provider"
        );
        // The window gets the same result from the engine.
        let path = format!("/connect/{}/test", real.id);
        let (status, tested) = desk.control(Method::POST, &path, None).await;
        assert_eq!(
            (status, &tested["passed"]),
            (StatusCode::OK, &json!(true)),
            "{tested}"
        );
    }
    let printed = block_in_place(|| stage.turn(&[]));
    assert!(stage.ours.posts() > 0, "{}: {printed}", real.id);
    assert_eq!(theirs.posts(), 0, "{}", real.id);
    desk.exchanges(1).await;
    let connected = block_in_place(|| state(desk, real.id));
    assert_eq!(connected.state, ConnectState::Confirmed, "{connected:?}");

    block_in_place(|| desk.printed(&["connect", real.id, "--undo"]));
    let after = read(desk, real.file);
    assert_eq!(undated(&after), undated(&stage.before), "{}", real.id);
    let ours = stage.ours.posts();
    let printed = block_in_place(|| stage.turn(&[]));
    assert!(theirs.posts() > 0, "{}: {printed}", real.id);
    assert_eq!(stage.ours.posts(), ours, "{}", real.id);
}

/// A client may write the date of its last use into its file.
fn undated(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.contains("\"updatedAt\""))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_claude_code_passes_understudy_until_the_undo() {
    assert_connects(&CLAUDE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_codex_passes_understudy_until_the_undo() {
    assert_connects(&CODEX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_opencode_passes_understudy_until_the_undo() {
    assert_connects(&OPENCODE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_aider_passes_understudy_until_the_undo() {
    assert_connects(&AIDER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_continue_passes_understudy_until_the_undo() {
    assert_connects(&CONTINUE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_cline_passes_understudy_until_the_undo() {
    assert_connects(&CLINE).await;
}

/// The tool of the turn itself undoes the connection; the turn's second request still arrives here.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_session_finishes_its_turn_and_the_next_goes_direct() {
    let Some(stage) = stage(&CLAUDE, Some("{}\n")).await else {
        return;
    };
    let undo = format!(
        "{} connect claude-code --undo",
        binary().get_program().to_string_lossy()
    );
    let step = ScriptStep::tool_turn(
        "Bash",
        json!({ "command": undo, "description": "disconnect" }),
        "The turn is complete.",
    );
    stage.ours.stage.cue(step);
    let desk = &stage.desk;
    block_in_place(|| desk.printed(&["connect", "claude-code", "--yes"]));
    let printed = block_in_place(|| stage.turn(&["--allowedTools", "Bash"]));
    assert!(printed.contains("The turn is complete."), "{printed}");
    assert_eq!(read(desk, SETTINGS), "{}\n", "undone during the turn");
    let ours = stage.ours.posts();
    assert!(ours >= 2, "{ours}");
    // The internet cannot be reached from this test, and Understudy gets nothing.
    let closed = json!({ "env": { "HTTPS_PROXY": "http://127.0.0.1:9" } }).to_string();
    let printed = block_in_place(|| stage.turn(&["--settings", &closed]));
    assert!(!printed.contains("The turn is complete."), "{printed}");
    assert_eq!(stage.ours.posts(), ours, "{printed}");
}
