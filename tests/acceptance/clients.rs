//! Real coding agents and SDKs against the stage, through Understudy. `cargo xtask test` installs them and sets
//! `UNDERSTUDY_CLIENTS`. Without them these tests are skipped, and CI fails. `cargo xtask clients` tests every fault with every
//! client; these are the most important ones.

use std::path::PathBuf;
use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;
use stage::{Fault, ScriptStep, ScriptedPart};

use crate::desk::{self, Desk, Upstream, text, two_endpoints};
use crate::installed::installed;

#[path = "../clients/cell.rs"]
#[expect(dead_code, reason = "the table says more of a run")]
pub(crate) mod cell;
#[path = "../clients/fallback_proxy.rs"]
mod fallback_proxy;
#[path = "../clients/judge.rs"]
pub(crate) mod judge;
#[path = "../clients/play.rs"]
pub(crate) mod play;
#[path = "../clients/recipe.rs"]
pub(crate) mod recipe;
#[path = "../clients/roster.rs"]
#[expect(dead_code, reason = "the table says more of a client")]
pub(crate) mod roster;
#[path = "../clients/sdk.rs"]
pub(crate) mod sdk;
#[path = "../clients/shown.rs"]
pub(crate) mod shown;
#[path = "../clients/task.rs"]
#[expect(dead_code, reason = "the table says more of a task")]
pub(crate) mod task;

use cell::{Cell, Trouble, Way};
use judge::{Ended, Verdict};
use play::{Call, END, Play, Turn};
use recipe::Visit;
use roster::{Client, Family, Troupe};

/// The folder of the clients; `None`: not installed.
fn clients() -> Option<PathBuf> {
    installed("UNDERSTUDY_CLIENTS")
}

fn troupe() -> Option<Troupe> {
    clients().map(Troupe::new)
}

async fn run(
    troupe: &Troupe,
    client: Client,
    turn: Turn,
    fault: Option<&str>,
    way: Way,
) -> cell::Result {
    let fault = fault.map(|name| name.parse().unwrap());
    let cell = Cell {
        client,
        trouble: Trouble::Plays(Play::failing(turn, fault)),
        way,
    };
    cell.run(troupe).await
}

/// The client gets the complete response after attempts at both providers, and its tool runs once.
async fn assert_complete(troupe: &Troupe, client: Client, faults: &[(Turn, &str)], way: Way) {
    for (turn, fault) in faults {
        let result = run(troupe, client, *turn, Some(fault), way).await;
        assert_eq!(result.verdict, Verdict::Complete, "{fault}: {result:?}");
        let both = result.posts.iter().all(|posts| *posts > 0);
        assert!(both, "{fault}: the providers' own counts: {result:?}");
    }
}

/// Without another candidate the client shows Understudy's error at once.
async fn assert_clear_end(client: Client, fault: &str) {
    let Some(troupe) = troupe() else { return };
    let result = run(&troupe, client, Turn::Text, Some(fault), Way::BothFail).await;
    assert_eq!(result.verdict, Verdict::Error, "{result:?}");
    let error = result.ended.as_ref().unwrap().error.as_ref().unwrap();
    assert!(error.contains("no fallback was left"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_code_gets_a_complete_response_for_every_fault_of_the_first_provider() {
    let faults = [
        (Turn::Text, "529"),
        (Turn::Thinking, "cut-in-text"),
        (Turn::Thinking, "clean-close-in-text"),
        (Turn::Thinking, "error-event"),
        (Turn::Tool, "cut-in-tool"),
        (Turn::Tool, "clean-close-before-final"),
    ];
    let Some(troupe) = troupe() else { return };
    assert_complete(&troupe, Client::ClaudeCode, &faults, Way::Through).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_gets_a_complete_response_for_every_fault_of_the_first_provider() {
    let faults = [
        (Turn::Text, "529"),
        (Turn::Text, "429"),
        (Turn::Text, "refuse"),
        (Turn::Text, "cut-in-text"),
        (Turn::Text, "clean-close-in-text"),
        (Turn::Text, "error-event"),
        (Turn::Tool, "cut-in-tool"),
        (Turn::Tool, "cut-before-final"),
    ];
    let Some(troupe) = troupe() else { return };
    assert_complete(&troupe, Client::Codex, &faults, Way::Through).await;
}

/// Another vendor continues the message that the first vendor began.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code_gets_the_rest_of_a_response_from_another_dialect() {
    let faults = [(Turn::Thinking, "cut-in-text"), (Turn::Tool, "cut-in-tool")];
    let Some(troupe) = troupe() else { return };
    for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        assert_complete(&troupe, Client::ClaudeCode, &faults, Way::Across(dialect)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sdk_gets_a_complete_turn_from_another_dialect() {
    let Some(troupe) = troupe() else { return };
    let sdks = Family::ALL.into_iter().flat_map(Family::clients);
    for client in sdks.filter(|client| !client.is_agent()) {
        for dialect in Dialect::ALL {
            if dialect != client.dialect() {
                let way = Way::Across(dialect);
                assert_complete(&troupe, client, &[(Turn::Tool, "529")], way).await;
            }
        }
    }
}

/// Calls of this tool are free text, which is streamed in events with other names.
#[tokio::test(flavor = "multi_thread")]
async fn codex_for_the_newest_models_runs_each_program_once() {
    let faults = [
        (Turn::Tool, "cut-in-tool"),
        (Turn::Tool, "cut-before-final"),
    ];
    let Some(troupe) = troupe() else { return };
    for way in [Way::Through, Way::Across(Dialect::Anthropic)] {
        assert_complete(&troupe, Client::CodexWithPrograms, &faults, way).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_gets_the_error_at_once_without_another_candidate() {
    assert_clear_end(Client::ClaudeCode, "529").await;
    // Without Understudy, Codex waits on a refused connection without a limit.
    assert_clear_end(Client::Codex, "refuse").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sdk_accepts_a_partial_response_or_runs_a_tool_twice() {
    let Some(troupe) = troupe() else { return };
    for family in [
        Family::Anthropic,
        Family::OpenaiChat,
        Family::OpenaiResponses,
    ] {
        for client in family.clients() {
            for (turn, fault) in [
                (Turn::Text, None),
                (Turn::Tool, None),
                (Turn::Text, Some("529")),
                (Turn::Text, Some("clean-close-in-text")),
                (Turn::Tool, Some("cut-in-tool")),
                (Turn::Tool, Some("clean-close-before-final")),
            ] {
                let result = run(&troupe, client, turn, fault, Way::Through).await;
                assert!(!result.verdict.is_harm(), "{client}: {result:?}");
                if fault.is_none() || fault == Some("529") {
                    assert_eq!(result.verdict, Verdict::Complete, "{client}: {result:?}");
                }
            }
        }
    }
}

/// An engine between two providers, and a folder for a client.
struct Rig {
    desk: Desk,
    lead: Upstream,
    second: Upstream,
    home: PathBuf,
}

impl Rig {
    async fn new() -> Rig {
        Rig::with("").await
    }

    /// With these lines in each of its routes.
    async fn with(lines: &str) -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        let settings = two_endpoints(&lead.address, &second.address);
        desk.settings(&settings.replace("[[route]]\n", &format!("[[route]]\n{lines}")));
        tokio::task::block_in_place(|| desk.start());
        let home = desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        Rig {
            desk,
            lead,
            second,
            home,
        }
    }
}

/// Real clients accept the keep-alive events of a call that is held for 30 seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_that_is_held_for_long_runs_once() {
    let Some(troupe) = troupe() else { return };
    let held = async |client: Client| {
        let rig = Rig::new().await;
        let call = client.call(&rig.home.join("ran.txt")).unwrap();
        let Call { name, input } = call.lengthened(8);
        rig.lead.stage.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_millis(1200))),
            then: Some(vec![ScriptedPart::Text(END.to_owned())]),
            ..ScriptStep::answer([ScriptedPart::Tool { name, input }])
        });
        let base = tokio::task::block_in_place(|| rig.desk.base());
        let patience = Duration::from_secs(150);
        let ended = troupe
            .ask(client, &base, &rig.home, Turn::Tool, patience)
            .await;
        let ran = std::fs::read_to_string(rig.home.join("ran.txt")).unwrap_or_default();
        let verdict = Verdict::of(Turn::Tool, ended.as_ref(), ran.lines().count());
        assert_eq!(verdict, Verdict::Complete, "{client}: {ended:?}");
        assert_eq!(rig.second.posts(), 0, "{client}");
    };
    tokio::join!(held(Client::ClaudeCode), held(Client::Codex));
}

/// The vendor accepts the history of a message that another provider continued. The stage checks the vendor's rules:
/// signatures, the order of blocks, calls and results.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code_continues_a_session_after_a_restart_in_place() {
    let Some(clients) = clients() else { return };
    let rig = Rig::with("restart = \"after-block\"\n").await;
    rig.lead.stage.cue(ScriptStep {
        fault: Some(Fault::CutInText),
        ..ScriptStep::answer([
            ScriptedPart::Thinking("They want to hear how the evening goes.".to_owned()),
            ScriptedPart::Text(
                "The play begins, and somewhere a door is heard in the wings.".to_owned(),
            ),
        ])
    });
    for upstream in [&rig.lead, &rig.second] {
        Play::complete(Turn::Thinking).arrange(&upstream.stage, None);
    }
    let part = Client::ClaudeCode.part().unwrap();
    let claude = |prompt: &str, again: bool| -> Ended {
        let base = rig.desk.base();
        let visit = Visit {
            clients: &clients,
            home: &rig.home,
            base: &base,
            prompt,
            file: None,
            again,
            trap: None,
        };
        let output = visit.command(part).unwrap().output().unwrap();
        let received_text = text(&output.stdout);
        assert!(
            !received_text.contains("API Error"),
            "no error is shown: {received_text}"
        );
        shown::ended(part.recipe, &output)
    };
    let first = tokio::task::block_in_place(|| claude("How does the evening go?", false));
    assert_eq!(Verdict::of(Turn::Text, Some(&first), 0), Verdict::Complete);
    let requested = rig.desk.exchanges(1).await;
    assert_eq!(
        requested.len(),
        1,
        "the client did not ask again: {requested:?}"
    );
    assert_eq!((rig.lead.posts(), rig.second.posts()), (1, 1));

    let again = tokio::task::block_in_place(|| claude("And what then?", true));
    assert_eq!(Verdict::of(Turn::Text, Some(&again), 0), Verdict::Complete);
    let received = [rig.lead.stage.received(), rig.second.stage.received()].concat();
    let second_turn = received
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| {
            assert_eq!(request.answered.status, Some(200), "{request:?}");
            serde_json::from_slice::<Value>(&request.body).unwrap()
        })
        .find(|body| body["messages"].to_string().contains("And what then?"))
        .unwrap();
    let history = second_turn["messages"].to_string();
    for part in ["signature", "The play begins, and", "begins again.]", END] {
        assert!(history.contains(part), "no {part} in {history}");
    }
}

fn ended(words: &str, stop: Option<&str>, error: Option<&str>) -> Ended {
    Ended {
        text: words.to_owned(),
        stop: stop.map(str::to_owned),
        error: error.map(str::to_owned),
    }
}

#[test]
fn a_partial_response_is_never_judged_complete() {
    let complete = format!("The play begins, {END}");
    for (turn, ended, ran, verdict) in [
        (
            Turn::Text,
            ended(&complete, None, None),
            0,
            Verdict::Complete,
        ),
        (
            Turn::Tool,
            ended(&complete, None, None),
            1,
            Verdict::Complete,
        ),
        (
            Turn::Tool,
            ended(&complete, None, None),
            0,
            Verdict::Truncated,
        ),
        (Turn::Tool, ended(&complete, None, None), 2, Verdict::Ran(2)),
        (
            Turn::Text,
            ended("The play", Some("end_turn"), None),
            0,
            Verdict::Truncated,
        ),
        (Turn::Text, ended(" ", None, None), 0, Verdict::Empty),
        (
            Turn::Text,
            ended("The play", Some("length"), None),
            0,
            Verdict::Told("length".to_owned()),
        ),
        (
            Turn::Text,
            ended(&complete, None, Some("cut")),
            0,
            Verdict::Error,
        ),
    ] {
        assert_eq!(
            Verdict::of(turn, Some(&ended), ran),
            verdict,
            "{ended:?} {ran}"
        );
    }
    assert_eq!(Verdict::of(Turn::Text, None, 0), Verdict::Hang);
    assert_eq!(Verdict::of(Turn::Tool, None, 3), Verdict::Ran(3));
}
