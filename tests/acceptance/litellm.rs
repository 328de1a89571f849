//! The real LiteLLM proxy as a fallback: Understudy sends it requests, and it forwards them to the stage. `cargo xtask test`
//! installs it and sets `UNDERSTUDY_LITELLM`; the run fails if the installation fails.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use catalog::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart};
use tempfile::TempDir;

use crate::clients::roster::{Client, Troupe};
use crate::clients::task::{Outage, Task};
use crate::desk::{Desk, Upstream};
use crate::installed::installed;

/// LiteLLM refuses to start without a key, and requires a long one.
const KEY: &str = "sk-understudy-test-0123456789abcdef0123456789abcdef";
const TEXT: &str =
    "The curtain is up, somewhere a door is heard, and every line comes as it was rehearsed.";

struct LiteLlm {
    process: Child,
    address: String,
    /// LiteLLM's files; dropped with the process.
    _home: TempDir,
}

impl LiteLlm {
    /// Sends every model to `upstream`, with one attempt for each request and no other target.
    ///
    /// `None`: it is not installed.
    fn start(upstream: &Upstream) -> Option<LiteLlm> {
        let program = installed("UNDERSTUDY_LITELLM")?;
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("litellm.yaml");
        std::fs::write(&config, configuration(&upstream.address)).unwrap();
        let mut process = Command::new(program)
            .arg("--config")
            .arg(config)
            .args(["--host", "127.0.0.1", "--port", "0", "--telemetry", "False"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home.path())
            .env("LITELLM_MASTER_KEY", KEY)
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut received_text = String::new();
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("LiteLLM ended: {received_text}"))
                .unwrap();
            if let Some((_, address)) = line.split_once("running on ") {
                break address.split_whitespace().next().unwrap().to_owned();
            }
            writeln!(received_text, "{line}").unwrap();
        };
        // Drains the pipe: LiteLLM would block if it were full.
        std::thread::spawn(move || lines.map_while(Result::ok).count());
        Some(LiteLlm {
            process,
            address,
            _home: home,
        })
    }
}

impl Drop for LiteLlm {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(self.process.id().cast_signed()) {
            // Kills all its child processes too.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

fn configuration(upstream: &str) -> String {
    format!(
        "model_list:\n\
         - model_name: '*'\n  litellm_params:\n    model: 'openai/*'\n    api_base: {upstream}/v1\n    \
         api_key: sk-dummy-000\n    max_retries: 0\n\
         router_settings:\n  num_retries: 0\n  disable_cooldowns: true\n\
         litellm_settings:\n  telemetry: false\n"
    )
}

/// A failing provider, LiteLLM as its fallback, and the requests that LiteLLM sends.
struct Rig {
    desk: Desk,
    lead: Upstream,
    behind: Upstream,
    _litellm: LiteLlm,
}

impl Rig {
    async fn new() -> Option<Rig> {
        let (lead, behind) = (Upstream::start().await, Upstream::start().await);
        let litellm = tokio::task::block_in_place(|| LiteLlm::start(&behind))?;
        let mut desk = Desk::new();
        desk.settings(&format!(
            "[[endpoint]]\nid = \"lead\"\nname = \"Lead\"\nbase = \"{}\"\ndialects = [\"openai-chat\"]\n\
             [[endpoint]]\nid = \"litellm\"\nname = \"LiteLLM\"\nbase = \"{}\"\ndialects = [\"openai-chat\"]\n\
             key_env = \"LITELLM_KEY\"\nauth = \"bearer\"\n\
             [[route]]\nname = \"work\"\ndialect = \"openai-chat\"\nmodels = \"*\"\ncandidates = [\"lead\", \"litellm\"]\n",
            lead.address, litellm.address
        ));
        desk.env("LITELLM_KEY", KEY);
        tokio::task::block_in_place(|| desk.start());
        Some(Rig {
            desk,
            lead,
            behind,
            _litellm: litellm,
        })
    }

    async fn ask(&self, model: &str, stream: bool) -> reqwest::Response {
        let body = json!({
            "model": model, "stream": stream, "messages": [{ "role": "user", "content": "How does the evening go?" }],
        });
        let response = self.desk.ask("/v1/chat/completions", &body).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["x-understudy-provider"], "litellm");
        response
    }
}

fn chunks(stream: &str) -> Vec<Value> {
    let data = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn litellm_as_a_fallback_gives_complete_streams_and_documents() {
    let Some(rig) = Rig::new().await else { return };
    rig.lead.stage.outage(Some("529".parse().unwrap()));
    let answer = ScriptStep::answer([ScriptedPart::Text(TEXT.to_owned())]);
    rig.behind.stage.cue(answer.times(2));

    let received_text: Value = rig.ask("gpt-whole", false).await.json().await.unwrap();
    let choice = &received_text["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!(TEXT), &json!("stop"))
    );

    let stream = rig.ask("gpt-streamed", true).await.text().await.unwrap();
    assert!(stream.trim_end().ends_with("data: [DONE]"), "{stream}");
    let chunks = chunks(&stream);
    let texts = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    assert_eq!(texts.collect::<String>(), TEXT);

    let requested = |upstream: &Upstream| -> Vec<String> {
        let received = upstream.stage.received().into_iter();
        received.filter_map(|request| request.model).collect()
    };
    assert_eq!(requested(&rig.behind), ["gpt-whole", "gpt-streamed"]);
    assert_eq!(rig.lead.posts(), 4, "two tries of each model");
    for row in rig.desk.exchanges(2).await {
        assert_eq!(row["end"], "complete", "{row}");
    }
}

/// LiteLLM reports an error within a stream, and then ends the stream normally.
#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_cut_behind_litellm_is_incomplete() {
    let Some(rig) = Rig::new().await else { return };
    rig.lead.stage.outage(Some("529".parse().unwrap()));
    rig.behind.stage.cue(ScriptStep {
        fault: Some(Fault::Stall {
            after: 3,
            lasting: None,
        }),
        ..ScriptStep::answer([ScriptedPart::Text(TEXT.to_owned())])
    });
    let mut response = rig.ask("gpt-cut", true).await;
    let mut received_text = Vec::new();
    while !String::from_utf8_lossy(&received_text).contains("The curtain") {
        received_text.extend_from_slice(&response.chunk().await.unwrap().unwrap());
    }
    // Its connections have ended with it.
    let posts = rig.behind.posts();
    drop(rig.behind);
    let cut = loop {
        match response.chunk().await {
            Ok(Some(more)) => received_text.extend_from_slice(&more),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let received_text = String::from_utf8_lossy(&received_text);
    assert!(
        cut,
        "it came to its client as a whole answer: {received_text}"
    );
    assert!(!received_text.contains("\"stop\""), "{received_text}");
    assert_eq!((rig.lead.posts(), posts), (2, 1));
    let row = &rig.desk.exchanges(1).await[0];
    assert_ne!(row["end"], "complete", "{row}");
}

/// Both use another dialect than LiteLLM's client.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code_and_codex_complete_a_task_with_litellm() {
    let Some(clients) = installed("UNDERSTUDY_CLIENTS") else {
        return;
    };
    let behind = Upstream::start().await;
    let Some(litellm) = tokio::task::block_in_place(|| LiteLlm::start(&behind)) else {
        return;
    };
    let troupe = Troupe::new(clients);
    for client in [Client::ClaudeCode, Client::Codex] {
        behind.stage.forget_received();
        let task = Task {
            client,
            fallback: Dialect::OpenaiChat,
            outage: Outage::FromTheStart,
        };
        let result = task
            .run_behind(&litellm.address, Some(KEY), &behind, &troupe)
            .await;
        assert!(result.is_as_promised(), "{result:#?}");
    }
}
