//! An outage during an agent's task: the interrupted session, its tools, and whether they finished.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stage::ScriptStep;

use crate::desk::{Desk, Upstream, text, two_endpoints};

const MODEL: &str = "model-x@parallel-tools";

async fn turn(desk: &Desk, messages: &Value) -> reqwest::Response {
    turn_with(desk, MODEL, false, messages).await
}

/// One turn of Claude Code, with the parts that this test needs.
async fn turn_with(desk: &Desk, model: &str, stream: bool, messages: &Value) -> reqwest::Response {
    let schema = json!({ "type": "object", "properties": { "command": { "type": "string" } }, "required": ["command"] });
    desk.http
        .post(format!("{}/v1/messages", desk.base()))
        .header("user-agent", "claude-cli/2.1.197 (external, cli)")
        .header("x-claude-code-session-id", "session-1")
        .json(&json!({
            "model": model, "max_tokens": 500, "stream": stream, "messages": messages,
            "tools": [{ "name": "Bash", "input_schema": schema }],
        }))
        .send()
        .await
        .unwrap()
}

fn result(id: &Value) -> Value {
    json!({ "type": "tool_result", "tool_use_id": id, "content": "done" })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_lists_the_interrupted_session_and_its_tools() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    let question = json!({ "role": "user", "content": "Migrate the database" });
    let answered = turn(&desk, &json!([question])).await;
    assert_eq!(answered.status(), StatusCode::OK);
    let answer: Value = answered.json().await.unwrap();
    let calls: Vec<&Value> = answer["content"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .map(|block| &block["id"])
        .collect();
    assert_eq!(calls.len(), 2, "{answer}");

    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("503".parse().unwrap()));
    }
    let assistant = json!({ "role": "assistant", "content": answer["content"] });
    let results = json!({ "role": "user", "content": [result(calls[0]), result(calls[1])] });
    let next = json!([question, assistant, results]);
    for _ in 0..3 {
        assert_eq!(turn(&desk, &next).await.status().as_u16(), 503);
    }
    let red = desk
        .until("an incident of the lead", |s| {
            s.open_incidents.iter().any(|i| i.provider == "lead")
        })
        .await;
    desk.exchanges(4).await;
    let of = |provider: &str| {
        let found = red.open_incidents.iter().find(|i| i.provider == provider);
        found.unwrap().id
    };
    let id = of("lead");
    let incident = desk.get(&format!("/incidents/{id}")).await;
    let cut = &incident["interrupted"][0];
    assert_eq!(
        (&cut["client"], &cut["session"], &cut["said"]),
        (
            &json!("Claude Code"),
            &json!("session-1"),
            &json!("No provider could answer, 3 requests failed; no response since.")
        ),
        "{incident}"
    );
    for call in cut["calls"].as_array().unwrap() {
        let sentence = call["said"].as_str().unwrap();
        assert!(
            sentence.starts_with("`Bash` delivered, its result came back by "),
            "{cut}"
        );
    }
    assert_eq!(cut["calls"].as_array().unwrap().len(), 2, "{cut}");
    let printed = desk.printed(&["incidents", &id.to_string()]);
    assert!(
        printed.contains("`Bash` delivered, its result came back"),
        "{printed}"
    );
    assert!(
        printed.contains("Interrupted: Claude Code session session-1"),
        "{printed}"
    );

    // What the client showed for it leads to the incident.
    let line = format!("{id:>5}  ");
    for shown in [
        "503",
        "API Error: 503 Overloaded. This is a server-side issue",
    ] {
        let found = desk.printed(&["incidents", "--search", shown]);
        assert!(found.contains(&line), "{shown}: {found}");
    }
    let none = desk.printed(&["incidents", "--search", "response incomplete"]);
    assert_eq!(
        none.trim(),
        "No incident has the text \"response incomplete\"."
    );

    // A restart loses the sessions in memory, but not those in the ledger.
    desk.kill();
    desk.start();
    for upstream in [&lead, &second] {
        upstream.stage.outage(None);
    }
    assert_eq!(turn(&desk, &next).await.status(), StatusCode::OK);
    desk.exchanges(5).await;
    let number = cut["id"].to_string();
    let noted = desk.printed(&["incidents", &id.to_string(), "--checked", &number]);
    assert_eq!(noted.trim(), "Marked as checked.");
    let (status, _) = desk
        .control(Method::POST, "/interruptions/99/checked", None)
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let after = desk.get(&format!("/incidents/{id}")).await;
    let cut = &after["interrupted"][0];
    assert!(
        cut["checked"].is_string() && cut["resumed"].is_string(),
        "{after}"
    );
    assert_eq!(after["interrupted"].as_array().unwrap().len(), 1, "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_that_a_live_route_released_before_the_cut_has_no_result() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let live = "[history]\nkeep_tool_arguments = true\n[[route]]\nname = \"live\"\ndialect = \"anthropic\"\nmodels = \"live-*\"\ncandidates = [\"lead\"]\ndelivery = \"live\"\nrestart = \"never\"\n";
    desk.settings(&format!(
        "{live}{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    let model = "live-x@tool+cut-before-final";
    let question = json!([{ "role": "user", "content": "Migrate the database" }]);
    for _ in 0..3 {
        let cut = turn_with(&desk, model, true, &question).await;
        assert!(
            cut.bytes().await.is_err(),
            "a cut answer came as a whole one"
        );
    }
    let red = desk
        .until("an incident", |s| !s.open_incidents.is_empty())
        .await;
    desk.exchanges(3).await;
    let id = red.open_incidents[0].id;
    let found = desk.printed(&["incidents", "--search", "response incomplete"]);
    assert!(found.contains(&format!("{id:>5}  ")), "{found}");
    let incident = desk.get(&format!("/incidents/{id}")).await;
    let cut = &incident["interrupted"][0];
    assert_eq!(
        cut["said"],
        "Cut within a response, 3 requests failed; no response since."
    );
    let calls = cut["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 3, "one of each answer: {cut}");
    let received = "`Bash: echo rehearsal` delivered, no result seen";
    for call in calls {
        assert_eq!(call["said"], received);
    }
    let printed = desk.printed(&["incidents", &id.to_string()]);
    assert!(printed.contains(received), "{printed}");
    assert!(!desk.log().contains("echo rehearsal"), "it is in the log");
}

const SENTENCE: &str = "1 Claude Code session was interrupted within a turn.";

fn in_menu(snapshot: &api::Snapshot) -> bool {
    let wanted = |line: &api::MenuLine| match line {
        api::MenuLine::Action { label, .. } => label == SENTENCE,
        api::MenuLine::Text { .. } | api::MenuLine::Separator | api::MenuLine::Submenu { .. } => {
            false
        }
    };
    snapshot.tray.menu.iter().any(wanted)
}

/// Window, tray, command line and notification use one sentence, until the session is checked.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_each_face_names_the_interrupted_session() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let live = "[history]\nkeep_tool_arguments = true\n[[route]]\nname = \"live\"\ndialect = \"anthropic\"\nmodels = \"live-*\"\ncandidates = [\"lead\"]\ndelivery = \"live\"\nrestart = \"never\"\n";
    desk.settings(&format!(
        "{live}{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    let question = json!([{ "role": "user", "content": "Migrate the database" }]);
    let model = "live-x@tool";
    lead.stage.cue(ScriptStep {
        fault: Some("cut-before-final".parse().unwrap()),
        model: Some(model.into()),
        times: Some(3),
        ..ScriptStep::default()
    });
    for _ in 0..3 {
        let cut = turn_with(&desk, model, true, &question).await;
        assert!(cut.bytes().await.is_err());
    }
    let red = desk
        .until("the session of the open incident", |s| {
            let mut open = s.open_incidents.iter();
            open.any(|one| one.interrupted_sessions.as_deref() == Some(SENTENCE))
        })
        .await;
    assert!(in_menu(&red), "{:?}", red.tray.menu);
    let status = || text(&desk.run(&["status"]).stdout);
    let shown = status();
    assert!(
        shown.contains(SENTENCE) && !shown.contains("claude --resume"),
        "the model is down: {shown}"
    );

    // The model works again for others.
    let schema = json!({ "type": "object", "properties": { "command": { "type": "string" } }, "required": ["command"] });
    let other = json!({
        "model": model, "max_tokens": 500, "messages": question,
        "tools": [{ "name": "Bash", "input_schema": schema }],
    });
    let mut reads = 0;
    while !desk.snapshot().await.open_incidents.is_empty() {
        reads += 1;
        assert!(reads < 60, "the incident never closes");
        let answer = desk.ask("/v1/messages", &other).await;
        answer.bytes().await.unwrap();
    }
    let after = desk
        .until("the last outage", |s| {
            let last = s.last_outage.as_ref();
            last.is_some_and(|last| !last.interrupted.is_empty())
        })
        .await;
    let last = after.last_outage.as_ref().unwrap();
    assert_eq!(last.interrupted_sessions.as_deref(), Some(SENTENCE));
    assert!(last.message.ends_with(SENTENCE), "{}", last.message);
    assert_eq!(last.more_interrupted, 0);
    let session = &last.interrupted[0];
    assert_eq!(session.resume.as_deref(), Some("claude --resume session-1"));
    let call = "`Bash: echo rehearsal` delivered, no result seen";
    assert_eq!(session.calls[0].message, call);
    assert!(in_menu(&after), "{:?}", after.tray.menu);
    let back = after
        .notifications
        .iter()
        .find(|one| one.title.contains("back"));
    assert!(
        back.is_some_and(|back| back.body.contains(SENTENCE)),
        "{:?}",
        after.notifications
    );
    let shown = status();
    for wanted in [SENTENCE, call, "claude --resume session-1"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let json: Value = serde_json::from_str(&text(&desk.run(&["status", "--json"]).stdout)).unwrap();
    assert_eq!(
        json["last_outage"]["interrupted"][0]["session"], "session-1",
        "{json}"
    );

    let (incident, id) = (last.incident.to_string(), session.id.to_string());
    desk.printed(&["incidents", &incident, "--checked", &id]);
    let checked = desk
        .until("it is checked", |s| {
            let last = s.last_outage.as_ref();
            last.is_some_and(|last| last.interrupted.is_empty())
        })
        .await;
    let last = checked.last_outage.as_ref().unwrap();
    assert_eq!(last.interrupted_sessions, None);
    assert!(!in_menu(&checked), "{:?}", checked.tray.menu);
    assert!(!status().contains("interrupted within a turn"));
}
