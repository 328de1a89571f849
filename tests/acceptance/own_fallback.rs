//! Claude Code's own `fallbackModel` together with Understudy's sibling models: the number of requests is not multiplied.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clients::cell::booked;
use crate::clients::judge::Verdict;
use crate::clients::play::{Play, Turn};
use crate::clients::recipe::{Part, Visit};
use crate::clients::shown;
use crate::fallbacks::{Vendors, vendors};
use crate::installed::installed;

const OPUS: &str = "lead-opus-5";
const SONNET: &str = "lead-sonnet-5";

/// Result of one turn of the client.
#[derive(Debug)]
struct Brought {
    verdict: Verdict,
    /// Requests that the provider counted, by model.
    requested: BTreeMap<String, usize>,
    /// Requests that the client sent to Understudy.
    requests: usize,
    carried: u64,
}

async fn turn(sibling: &str, own: bool, failing: &[&str]) -> Option<Brought> {
    let clients = installed("UNDERSTUDY_CLIENTS")?;
    let vendors = vendors(&format!("[fallback]\nsibling = \"{sibling}\"\n"), &[]).await;
    let Vendors { desk, lead, .. } = &vendors;
    for model in failing {
        vendors.fails_too(model, "503");
    }
    Play::complete(Turn::Text).arrange(&lead.stage, None);
    let home = desk.file("client");
    std::fs::create_dir_all(&home).unwrap();
    let output = tokio::task::block_in_place(|| {
        let base = desk.base();
        let visit = Visit {
            clients: &clients,
            home: &home,
            base: &base,
            prompt: "How does the evening go?",
            file: None,
            again: false,
            trap: None,
        };
        let mut command = visit
            .command(Part::find("claude-code", "anthropic"))
            .unwrap();
        command.args(["--model", OPUS]);
        if own {
            command.args(["--fallback-model", SONNET]);
        }
        command
            .env_remove("ANTHROPIC_API_KEY")
            .env("ANTHROPIC_AUTH_TOKEN", "sk-lead-oat-1");
        command.output().unwrap()
    });
    let ended = shown::ended(Part::find("claude-code", "anthropic").recipe, &output);
    let mut requested = BTreeMap::new();
    for request in lead.stage.received() {
        if request.method == "POST" {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let model = body["model"].as_str().unwrap().to_owned();
            *requested.entry(model).or_default() += 1;
        }
    }
    let requests = booked(desk, requested.values().sum()).await;
    let snapshot = desk.snapshot().await;
    Some(Brought {
        verdict: Verdict::of(Turn::Text, Some(&ended), 0),
        requested,
        requests,
        carried: snapshot.today.carried_by_fallback as u64,
    })
}

fn total(brought: &Brought) -> usize {
    brought.requested.values().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failing_model_costs_three_requests_with_either_fallback() {
    for (sibling, own, requests, carried) in [
        ("off", true, 2, 0),
        ("ask", true, 2, 0),
        ("on", false, 1, 1),
        // The client receives no failure, and changes nothing.
        ("on", true, 1, 1),
    ] {
        let Some(brought) = turn(sibling, own, &[OPUS]).await else {
            return;
        };
        let case = format!("sibling {sibling}, own {own}: {brought:?}");
        assert_eq!(brought.verdict, Verdict::Complete, "{case}");
        assert_eq!(
            brought.requested,
            BTreeMap::from([(OPUS.into(), 2), (SONNET.into(), 1)]),
            "{case}"
        );
        assert_eq!(
            (brought.requests, brought.carried),
            (requests, carried),
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_both_models_fail_the_two_fallbacks_cost_one_more_request() {
    let (Some(own), Some(both)) = (
        turn("off", true, &[OPUS, SONNET]).await,
        turn("on", true, &[OPUS, SONNET]).await,
    ) else {
        return;
    };
    for brought in [&own, &both] {
        assert!(matches!(brought.verdict, Verdict::Error), "{brought:?}");
        assert_eq!(brought.carried, 0, "{brought:?}");
    }
    assert!(
        total(&both) <= total(&own) + 1,
        "{own:?}, and together {both:?}"
    );
    assert!(
        both.requests <= own.requests,
        "{own:?}, and together {both:?}"
    );
}
