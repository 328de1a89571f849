//! The connect recipes of real clients, as far as they can be tested without running one; `cargo xtask clients --recipes` runs
//! them.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

use serde_json::json;

use crate::clients::judge::Verdict;
use crate::clients::play::{END, Turn};
use crate::clients::recipe::Recipe;
use crate::clients::roster::Client;
use crate::clients::shown;

fn recipe(name: &str) -> &'static Recipe {
    let mut recipes = Recipe::all().iter();
    recipes.find(|recipe| recipe.name == name).unwrap()
}

/// Each recipe's client is installed by the section with its name.
#[test]
fn every_recipe_is_of_a_pinned_client_and_its_modes_have_distinct_names() {
    let pins: toml::Table = include_str!("../clients/pins.toml").parse().unwrap();
    let is_pinned = |name: &str| pins.values().any(|section| section.get(name).is_some());
    for recipe in Recipe::all() {
        assert!(is_pinned(&recipe.name), "{} is not pinned", recipe.name);
        let mut names: Vec<&str> = recipe.mode.iter().map(|mode| mode.name.as_str()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{}", recipe.name);
    }
    for client in Client::all() {
        assert!(is_pinned(client.folder()), "{client}");
    }
}

/// Its traces go to OpenAI with `OPENAI_API_KEY` (openai-agents-python, "Tracing"): the token must not be that key.
#[test]
fn the_recipe_of_openai_agents_keeps_the_token_out_of_its_traces() {
    let recipe: toml::Table = include_str!("../clients/recipes/openai-agents.toml")
        .parse()
        .unwrap();
    let env = recipe["env"].as_table().unwrap();
    assert_eq!(env["OPENAI_AGENTS_DISABLE_TRACING"].as_str(), Some("1"));
    assert!(env["OPENAI_API_KEY"].as_str().unwrap().contains("dummy"));
    for mode in recipe["mode"].as_array().unwrap() {
        // `{base}` is what `understudyd url` prints: the token is in its path.
        assert_eq!(mode["address"].as_str(), Some("{base}/v1"));
    }
}

#[test]
fn a_clients_output_is_judged_from_its_users_view() {
    let complete = format!("The play begins, {END}");
    let part = "The play begins, the lights";
    let result = |text: &str, is_error: bool| json!({ "type": "result", "is_error": is_error, "result": text });
    let cline = |text: &str, reason: &str| json!({ "type": "run_result", "finishReason": reason, "text": text });
    let n8n = |status: &str, error: Option<&str>| {
        let node = json!([{ "data": { "main": [[{ "json": { "output": complete } }]] } }]);
        let run = json!({ "lastNodeExecuted": "Agent", "runData": { "Agent": node }, "error": { "message": error } });
        format!(
            "A line of the log\n{}",
            json!({ "status": status, "data": { "resultData": run } })
        )
    };
    let script =
        |text: &str, error: Option<&str>| format!("\n{}", json!({ "text": text, "error": error }));
    let retried = "litellm.APIError: overloaded";
    for (name, stdout, code, verdict) in [
        (
            "claude-code",
            result(&complete, false).to_string(),
            0,
            Verdict::Complete,
        ),
        (
            "claude-code",
            result("Overloaded", true).to_string(),
            1,
            Verdict::Error,
        ),
        (
            "claude-code",
            result(part, false).to_string(),
            0,
            Verdict::Truncated,
        ),
        (
            "qwen-code",
            json!([{}, result(&complete, false)]).to_string(),
            0,
            Verdict::Complete,
        ),
        (
            "opencode",
            json!({ "type": "text", "part": { "text": complete } }).to_string(),
            0,
            Verdict::Complete,
        ),
        (
            "opencode",
            json!({ "type": "error", "error": { "name": "APIError" } }).to_string(),
            0,
            Verdict::Error,
        ),
        (
            "cline",
            cline(&complete, "completed").to_string(),
            0,
            Verdict::Complete,
        ),
        ("cline", cline(part, "error").to_string(), 0, Verdict::Error),
        ("n8n", n8n("success", None), 0, Verdict::Complete),
        (
            "n8n",
            n8n("error", Some("The service failed")),
            1,
            Verdict::Error,
        ),
        ("aider", retried.to_owned(), 0, Verdict::Error),
        (
            "aider",
            format!("{retried}\n{complete}"),
            0,
            Verdict::Complete,
        ),
        ("continue", format!("{part}{complete}"), 0, Verdict::Again),
        ("continue", part.to_owned(), 0, Verdict::Truncated),
        ("langchain", script("", None), 0, Verdict::Empty),
        ("langchain", script("", Some("APIError")), 0, Verdict::Error),
        ("langchain", "Traceback".to_owned(), 1, Verdict::Error),
    ] {
        let output = Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: stdout.into_bytes(),
            stderr: Vec::new(),
        };
        let ended = shown::ended(recipe(name), &output);
        let judged = Verdict::of(Turn::Text, Some(&ended), 0);
        assert_eq!(judged, verdict, "{name}: {ended:?}");
    }
}
