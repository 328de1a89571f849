//! A week-old session of Claude Code continues with turns that other vendors answer: Anthropic's rules accept it at every later
//! turn.

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};
use stage::{Family, Fault, ScriptStep, ScriptedPart, sign};

use crate::agent::Agent;
use crate::returns::{VENDORS, Vendor, desk, refused};
use crate::world::{Scene, text};

/// Requests of real versions, shortened; everything except the conversation is original.
const CAPTURED: [(&str, &str); 3] = [
    (
        "2.1.332, Opus: adaptive thinking, control in system messages",
        include_str!(
            "../../../translate/tests/translated_requests/requests/claude-code-2-1-332-opus.json"
        ),
    ),
    (
        "2.1.332, Sonnet 4.5: thinking with a budget",
        include_str!(
            "../../../translate/tests/translated_requests/requests/claude-code-2-1-332-sonnet-4-5.json"
        ),
    ),
    (
        "2.1.197: thinking with a budget, shown",
        include_str!(
            "../../../translate/tests/translated_requests/requests/claude-tool-turn2-thinking.json"
        ),
    ),
];

/// As sent by 2.1.332.
const BETAS: &str = "claude-code-20250219,context-1m-2025-08-07,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,context-management-2025-06-27,prompt-caching-scope-2026-01-05,per-turn-control-2026-07-01,effort-2025-11-24";

/// The captured request with a week of turns in it; the last one has a response.
fn a_week_old(captured: &str) -> Value {
    let captured: Value = serde_json::from_str(captured).unwrap();
    let mut body = captured["body"].clone();
    let first = body["messages"][0].clone();
    let control: Vec<Value> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "system")
        .cloned()
        .collect();
    // If thinking is not shown, a block contains only its signature.
    let shown = body["thinking"]["display"] != "omitted";
    let mut turns = vec![first];
    for n in 0..24 {
        if n > 0 {
            turns.push(json!({ "role": "user", "content": [{ "type": "text", "text": format!("task {n}") }] }));
        }
        turns.extend(control.iter().cloned().map(|mut control| {
            if n > 0 {
                // The cache mark is at the end of the part that rarely changes.
                control["content"] = json!([{ "type": "text", "text": format!("reminder {n}") }]);
            }
            control
        }));
        let thought = if shown {
            format!("thought {n}")
        } else {
            String::new()
        };
        let thinking =
            json!({ "type": "thinking", "thinking": thought, "signature": sign(&thought) });
        let call = |id: String, command: &str| json!({ "type": "tool_use", "id": id, "name": "Bash", "input": { "command": command } });
        let result = |id: String, content: Value| json!({ "type": "tool_result", "tool_use_id": id, "content": content, "is_error": n % 7 == 0 });
        let (one, two) = (format!("toolu_01{n:022}"), format!("toolu_02{n:022}"));
        match n % 4 {
            0 => turns.push(json!({ "role": "assistant", "content": [thinking, { "type": "text", "text": format!("done {n}") }] })),
            // Two parallel calls, and a single one.
            _ => {
                turns.push(json!({ "role": "assistant", "content": [
                    thinking, { "type": "text", "text": "I will look." }, call(one.clone(), "ls"), call(two.clone(), "pwd"),
                ] }));
                turns.push(json!({ "role": "user", "content": [
                    result(one, json!("a.txt")),
                    result(two, json!([{ "type": "text", "text": "/work" }])),
                ] }));
                let three = format!("toolu_03{n:022}");
                turns.push(json!({ "role": "assistant", "content": [thinking, call(three.clone(), "cat a.txt")] }));
                turns.push(json!({ "role": "user", "content": [result(three, json!(""))] }));
                turns.push(json!({ "role": "assistant", "content": [{ "type": "text", "text": format!("done {n}") }] }));
            }
        }
    }
    body["messages"] = turns.into();
    body
}

const OTHERS: [Family; 4] = [
    Family::OpenAi,
    Family::Gemini,
    Family::DeepSeek,
    Family::Moonshot,
];

/// The candidate for each turn: `A` only Anthropic can answer, `F` only the fallback, `M` the fallback, and Anthropic recovers
/// within the tool loop.
const TURNS: &str = "AFAMFFAMAA";

async fn check_session(name: &str, captured: &str, second: &Vendor) -> Result<(), String> {
    let case = format!("{name}; {} {:?}", second.family, second.only);
    let scene = desk(Dialect::Anthropic, second);
    let mut agent = Agent::resuming(a_week_old(captured));
    for (turn, by) in TURNS.bytes().enumerate() {
        for step in 0..3 {
            let lead_is_back = by == b'A' || by == b'M' && step > 0;
            let fails = || Some(Fault::status(529));
            scene.lead.outage(if lead_is_back { None } else { fails() });
            scene.second.outage(if by == b'A' { fails() } else { None });
            let case = format!("{case}; turn {turn} ({}), step {step}", char::from(by));
            one_step(&scene, &mut agent, turn, step)
                .await
                .map_err(|why| format!("{case}: {why}"))?;
        }
        // Longer than a session stays with its fallback.
        tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    }
    Ok(())
}

async fn one_step(
    scene: &Scene,
    agent: &mut Agent,
    turn: usize,
    step: usize,
) -> Result<(), String> {
    for stage in [&scene.lead, &scene.second] {
        stage.clear_cues();
        stage.cue(answer(turn, step));
        stage.forget_received();
    }
    let body = agent.next(&format!("question {turn}"));
    let sent = body.to_string();
    let response = scene
        .send(Dialect::Anthropic, body, |head| {
            head.header(
                "x-claude-code-session-id",
                "1dd878f3-0476-40d7-98e8-885c1ed92419",
            )
            .header("user-agent", "claude-cli/2.1.332 (external, sdk-cli)")
            .header("anthropic-beta", BETAS)
            .header("anthropic-version", "2023-06-01")
            .header("x-api-key", "sk-ant-dummy-000")
        })
        .await;
    let status = response.status();
    let received_body = text(response).await.map_err(|error| error.to_string())?;
    for stage in [&scene.lead, &scene.second] {
        let received: Vec<_> = stage
            .received()
            .into_iter()
            .filter(|request| request.answered.status != Some(529))
            .collect();
        if let Some(refused) = refused(&received) {
            return Err(format!("{received_body}: {refused}"));
        }
    }
    if status != 200 {
        return Err(format!("{status}: {received_body}"));
    }
    for request in scene.lead.received() {
        if request.body != sent.as_bytes() {
            return Err("its own vendor did not get the client's own bytes".to_owned());
        }
    }
    // Claude's signed thinking is only for its own vendor.
    for request in scene.second.received() {
        let body = String::from_utf8_lossy(&request.body);
        if body.contains(&sign("")) {
            return Err(format!("signed thinking left: {body}"));
        }
    }
    agent.take(&received_body);
    match agent.waits_for_a_tool() == (step < 2) {
        true => Ok(()),
        false => Err(received_body),
    }
}

/// Two sequential calls, then a text.
fn answer(turn: usize, step: usize) -> ScriptStep {
    let thinks = ScriptedPart::Thinking(format!("thought {turn}.{step}"));
    let part = ScriptedPart::Text(format!("answer {turn}.{step}"));
    let call = ScriptedPart::Tool {
        name: "Bash".to_owned(),
        input: json!({ "command": format!("ls {turn}.{step}") }),
    };
    match step {
        0 => ScriptStep::answer([thinks, part, call]),
        1 => ScriptStep::answer([thinks, call.clone(), call]),
        _ => ScriptStep::answer([thinks, part]),
    }
}

#[tokio::test(start_paused = true)]
async fn a_week_old_session_continues_after_turns_of_other_vendors() {
    let mut failed = Vec::new();
    for second in VENDORS
        .iter()
        .filter(|vendor| OTHERS.contains(&vendor.family))
    {
        for (name, captured) in CAPTURED {
            failed.extend(check_session(name, captured, second).await.err());
        }
    }
    assert!(
        failed.is_empty(),
        "{} failed: {}",
        failed.len(),
        failed.join("\n")
    );
}
