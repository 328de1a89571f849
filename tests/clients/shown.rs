//! Parses a client's output.

use std::process::Output;

use serde::Deserialize;
use serde_json::Value;

use super::judge::Ended;
use super::recipe::Recipe;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shows {
    /// Claude Code's `stream-json`: its user gets the last event's `result`.
    Claude,
    /// Codex's `--json`: messages, and a last error; it fails with its exit status.
    Codex,
    /// opencode's `--format json`: parts of text, and errors.
    Opencode,
    /// Cline's `--json`: a `run_result`.
    Cline,
    /// Qwen Code's `-o json`: an array of events, of which the last is a `result`.
    Qwen,
    /// n8n's execution data, after lines of its log.
    N8n,
    /// A script of this folder: its last line is an [`Ended`].
    Script,
    /// Plain text.
    Plain,
}

/// The result for the client's user.
pub(crate) fn ended(recipe: &Recipe, output: &Output) -> Ended {
    match recipe.shows {
        Shows::Claude => result_event(events(output).last().unwrap_or_default(), output),
        Shows::Codex => codex(output),
        Shows::Opencode => opencode(output),
        Shows::Cline => cline(output),
        Shows::Qwen => {
            let events: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
            result_event(events.last().cloned().unwrap_or_default(), output)
        }
        Shows::N8n => n8n(output),
        Shows::Script => script(output),
        Shows::Plain => plain(recipe, output),
    }
}

fn result_event(result: Value, output: &Output) -> Ended {
    let text = result["result"].as_str().unwrap_or_default().to_owned();
    let failed = result["is_error"] != false || !output.status.success();
    Ended {
        stop: result["stop_reason"].as_str().map(str::to_owned),
        error: failed.then(|| {
            let own = result["error"]["message"].as_str().unwrap_or(&text);
            words(own, output)
        }),
        text,
    }
}

fn codex(output: &Output) -> Ended {
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
    failed_by_status(text, &error, output)
}

fn opencode(output: &Output) -> Ended {
    let (mut text, mut error) = (String::new(), String::new());
    for event in events(output) {
        match event["type"].as_str() {
            Some("text") => text += event["part"]["text"].as_str().unwrap_or_default(),
            Some("error") => error = event["error"].to_string(),
            _ => {}
        }
    }
    let mut ended = failed_by_status(text, &error, output);
    if ended.error.is_none() && !error.is_empty() {
        ended.error = Some(error);
    }
    ended
}

fn cline(output: &Output) -> Ended {
    let result = events(output)
        .filter(|event| event["type"] == "run_result")
        .last();
    let error = events(output)
        .filter(|event| event["type"] == "error")
        .filter_map(|event| event["message"].as_str().map(str::to_owned))
        .last()
        .unwrap_or_default();
    let result = result.unwrap_or_default();
    let text = result["text"].as_str().unwrap_or_default().to_owned();
    let mut ended = failed_by_status(text, &error, output);
    if ended.error.is_none() && result["finishReason"] != "completed" {
        ended.error = Some(words(&error, output));
    }
    ended
}

fn n8n(output: &Output) -> Ended {
    let printed = String::from_utf8_lossy(&output.stdout);
    let json = printed.find('{').map_or("", |at| &printed[at..]);
    let run: Value = serde_json::from_str(json).unwrap_or_default();
    let result = &run["data"]["resultData"];
    let last = result["lastNodeExecuted"].as_str().unwrap_or_default();
    let items = &result["runData"][last][0]["data"]["main"][0][0]["json"];
    let error = result["error"]["message"].as_str().unwrap_or_default();
    let detail = &result["error"]["messages"];
    let error = if detail.is_null() {
        error.to_owned()
    } else {
        format!("{error} {detail}")
    };
    let text = if items.is_null() {
        String::new()
    } else {
        items.to_string()
    };
    let mut ended = failed_by_status(text, &error, output);
    if ended.error.is_none() && run["status"] != "success" {
        ended.error = Some(words(&error, output));
    }
    ended
}

fn script(output: &Output) -> Ended {
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut lines = printed.lines().rev();
    lines
        .find_map(|line| serde_json::from_str(line).ok())
        .unwrap_or_else(|| Ended {
            error: Some(words("", output)),
            ..Ended::default()
        })
}

fn plain(recipe: &Recipe, output: &Output) -> Ended {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let printed = [&output.stderr[..], &output.stdout[..]].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let error = printed
        .lines()
        .rfind(|line| recipe.error_words.iter().any(|word| line.contains(word)))
        .unwrap_or_default();
    let mut ended = failed_by_status(text, error, output);
    // A failure that it reported and then recovered from does not count.
    let is_over = ended.text.contains(super::play::END);
    if ended.error.is_none() && !error.is_empty() && !is_over {
        ended.error = Some(error.to_owned());
    }
    ended
}

fn failed_by_status(text: String, error: &str, output: &Output) -> Ended {
    Ended {
        stop: None,
        error: (!output.status.success()).then(|| words(error, output)),
        text,
    }
}

fn events(output: &Output) -> impl Iterator<Item = Value> {
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
}

/// The client's error text, or the last line of its output.
fn words(own: &str, output: &Output) -> String {
    if own.is_empty() {
        let printed = [&output.stdout[..], b"\n", &output.stderr[..]].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let last = printed.trim_end().lines().last();
        format!("{}: {}", output.status, last.unwrap_or_default())
    } else {
        own.to_owned()
    }
}
