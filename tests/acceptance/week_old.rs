//! A week-old session of the real Claude Code, continued while another vendor answers and then with its own vendor again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog::Dialect;
use stage::{Family, Fault, ScriptStep, ScriptedPart};

use crate::clients::judge::Verdict;
use crate::clients::play::{Call, END, Turn};
use crate::clients::roster::{Client, Troupe};
use crate::desk::{Desk, Upstream};
use crate::installed::installed;

const PATIENCE: Duration = Duration::from_secs(120);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// Another vendor in the owner's settings.
struct Other {
    family: Family,
    dialect: Dialect,
    settings: &'static str,
}

const OTHERS: [Other; 4] = [
    Other {
        family: Family::DeepSeek,
        dialect: Dialect::OpenaiChat,
        settings: "reasoning_content = \"required\"\n",
    },
    Other {
        family: Family::Moonshot,
        dialect: Dialect::Anthropic,
        settings: "reasoning_content = \"required\"\n",
    },
    Other {
        family: Family::OpenAi,
        dialect: Dialect::OpenaiResponses,
        settings: "call_ids = \"of-dialect\"\n",
    },
    Other {
        family: Family::OpenAi,
        dialect: Dialect::OpenaiChat,
        settings: "call_ids = \"of-dialect\"\nchat_limit = \"max_completion_tokens\"\n",
    },
];

fn settings(own: &Upstream, other: Option<(&Other, &Upstream)>) -> String {
    let own = format!(
        "[[endpoint]]\nid = \"own\"\nname = \"Own\"\nbase = \"{}\"\ndialects = [\"anthropic\"]\nfamily = \"anthropic\"\n",
        own.address
    );
    let fallback = other.map_or_else(String::new, |(other, upstream)| {
        format!(
            "[[endpoint]]\nid = \"other\"\nname = \"Other\"\nbase = \"{}\"\ndialects = [\"{}\"]\nmax_output = 32000\n{}",
            upstream.address, other.dialect, other.settings
        )
    });
    let candidates = match other {
        Some(_) => "\"own\", { endpoint = \"other\", model = \"another-model\" }",
        None => "\"own\"",
    };
    format!(
        "{own}{fallback}[[route]]\nname = \"work\"\ndialect = \"anthropic\"\nmodels = \"*\"\ncandidates = [{candidates}]\n"
    )
}

/// One turn of two steps: a call that appends a line to the file, and a closing text.
fn arrange(upstream: &Upstream, client: Client, line: &str, file: &Path, thinks: bool) {
    let call = client.append(line, file);
    let Call { name, input } = call.unwrap_or_else(|| panic!("{client} has a tool"));
    let mut first = vec![
        ScriptedPart::Text(format!("I append {line}.")),
        ScriptedPart::Tool { name, input },
    ];
    if thinks {
        first.insert(
            0,
            ScriptedPart::Thinking("One line, and then the end.".to_owned()),
        );
    }
    upstream.stage.cue(ScriptStep::answer(first));
    upstream.stage.cue(ScriptStep {
        after_tool_result: true,
        ..ScriptStep::answer([ScriptedPart::Text(format!("It is there, {END}"))])
    });
}

/// Makes every session of this home a week old.
fn age(home: &Path) -> usize {
    let mut sessions = 0;
    for folder in std::fs::read_dir(home.join(".claude/projects")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "jsonl") {
                continue;
            }
            let mut lines = Vec::new();
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
                if let Some(at) = entry["timestamp"].as_str() {
                    let at = chrono::DateTime::parse_from_rfc3339(at).unwrap() - WEEK;
                    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                    entry["timestamp"] = at.replace("+00:00", "Z").into();
                }
                lines.push(entry.to_string());
            }
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
            let written = std::fs::File::options().write(true).open(&path).unwrap();
            let modified = written.metadata().unwrap().modified().unwrap();
            written.set_modified(modified - WEEK).unwrap();
            sessions += 1;
        }
    }
    sessions
}

async fn plays(client: Client, other: &Other, troupe: &Troupe) {
    let case = format!("{client} with {:?} in {}", other.family, other.dialect);
    let (own, fallback) = (Upstream::start().await, Upstream::start().await);
    own.stage.act(Family::Anthropic.into());
    fallback.stage.act(other.family.into());
    let mut desk = Desk::new();
    desk.settings(&settings(&own, Some((other, &fallback))));
    let home = desk.file("client");
    std::fs::create_dir_all(&home).unwrap();
    let base = tokio::task::block_in_place(|| {
        desk.start();
        desk.base()
    });
    let file = home.join("ran.txt");

    arrange(&own, client, "first", &file, true);
    let ended = troupe.ask(client, &base, &home, Turn::Text, PATIENCE).await;
    assert_eq!(
        Verdict::of(Turn::Text, ended.as_ref(), 0),
        Verdict::Complete,
        "{case}: {ended:?}"
    );
    assert_eq!(age(&home), 1, "{case}");

    own.stage
        .cue(ScriptStep::fault(Fault::status(529)).times(2));
    arrange(&fallback, client, "second", &file, true);
    let ended = troupe
        .continue_session(client, &base, &home, PATIENCE)
        .await;
    assert_eq!(
        Verdict::of(Turn::Text, ended.as_ref(), 0),
        Verdict::Complete,
        "{case}: {ended:?}"
    );
    assert_eq!(fallback.posts(), 2, "{case}");

    desk.save_settings(&settings(&own, None)).await;
    for line in ["third", "fourth"] {
        arrange(&own, client, line, &file, true);
        let ended = troupe
            .continue_session(client, &base, &home, PATIENCE)
            .await;
        assert_eq!(
            Verdict::of(Turn::Text, ended.as_ref(), 0),
            Verdict::Complete,
            "{case}: {ended:?}"
        );
    }
    for request in [own.stage.received(), fallback.stage.received()].concat() {
        let accepted = matches!(request.answered.status, Some(200 | 529));
        assert!(accepted, "{case}: {request:?}");
    }
    let last = own.stage.received().pop().unwrap();
    let history = String::from_utf8_lossy(&last.body).into_owned();
    for printed in [
        "I append first.",
        "I append second.",
        "I append third.",
        "I append fourth.",
    ] {
        assert!(history.contains(printed), "{case}: no {printed}");
    }
    assert!(
        history.contains("\"signature\""),
        "{case}: its own thinking is sent back"
    );
    let ran = std::fs::read_to_string(&file).unwrap();
    assert_eq!(ran, "first\nsecond\nthird\nfourth\n", "{case}");
}

async fn continues(client: Client) {
    let Some(clients) = installed("UNDERSTUDY_CLIENTS") else {
        return;
    };
    let troupe = Arc::new(Troupe::new(clients));
    for other in &OTHERS {
        plays(client, other, &troupe).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_old_session_of_claude_code_continues_after_a_turn_of_another_vendor() {
    continues(Client::ClaudeCode).await;
}

/// It uses adaptive thinking, and sends its controls in the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn a_week_old_session_with_the_newest_model_continues_after_a_turn_of_another_vendor() {
    continues(Client::ClaudeCodeNewest).await;
}
