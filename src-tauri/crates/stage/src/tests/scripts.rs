//! Cues, by call and over HTTP.

use catalog::Dialect;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{generate, post, request, send};
use crate::{Fault, ScriptStep, ScriptedPart, Stage};

fn user_text(answer: &Value) -> &str {
    answer["content"][0]["text"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn cues_are_used_in_order_by_matching_requests() {
    let stage = Stage::any_model();
    stage.cue(ScriptStep::answer([ScriptedPart::Text("for claude".into())]).for_model("claude-*"));
    stage.cue(ScriptStep::fault(Fault::status(503)).times(2));
    stage.cue(ScriptStep::answer([ScriptedPart::Text(
        "for anyone".into(),
    )]));
    let mut parsed = Vec::new();
    for model in ["other", "claude-opus", "other", "other", "other"] {
        let ask = request(Dialect::Anthropic, model, false, "Good evening");
        let reply = generate(&stage, Dialect::Anthropic, &ask).await;
        parsed.push(match reply.status {
            200 => user_text(&reply.json()).to_owned(),
            status => status.to_string(),
        });
    }
    assert_eq!(parsed[..4], ["503", "for claude", "503", "for anyone"]);
    assert!(parsed[4].starts_with("This is a rehearsal answer"));
}

/// A client requests the rest of a truncated response in a message after the results.
#[tokio::test(start_paused = true)]
async fn a_call_for_the_beginning_is_not_repeated_later() {
    let stage = Stage::any_model();
    let call = ScriptedPart::Tool {
        name: "Bash".into(),
        input: json!({"command": "ls"}),
    };
    stage.cue(ScriptStep {
        before_tool_call: true,
        ..ScriptStep::answer([call]).times(2)
    });
    stage.cue(ScriptStep::answer([ScriptedPart::Text("Two files.".into())]).times(2));
    let mut ask = request(Dialect::Anthropic, "any", false, "List them");
    ask["tools"] = json!([{"name": "Bash", "input_schema": {"type": "object"}}]);
    let first = generate(&stage, Dialect::Anthropic, &ask).await.json();
    assert_eq!(first["stop_reason"], "tool_use");
    let id = &first["content"][0]["id"];
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "a b"}]});
    let more = json!({"role": "user", "content": "Go on."});
    let calls = json!({"role": "assistant", "content": first["content"]});
    let beginning = ask["messages"][0].clone();
    ask["messages"] =
        json!([beginning, calls, result, {"role": "assistant", "content": "Two"}, more]);
    let second = generate(&stage, Dialect::Anthropic, &ask).await.json();
    assert_eq!(user_text(&second), "Two files.");
}

#[tokio::test(start_paused = true)]
async fn a_tool_turn_waits_for_a_request_that_offers_the_tool_and_for_its_result() {
    let stage = Stage::any_model();
    stage.cue(ScriptStep::tool_turn(
        "Bash",
        json!({"command": "ls"}),
        "Two files.",
    ));
    let mut ask = request(Dialect::OpenaiChat, "some-model", false, "What is here?");
    let mut without = ask.clone();
    without["tools"] = json!([]);

    let reply = generate(&stage, Dialect::OpenaiChat, &without).await.json();
    assert_eq!(
        reply["choices"][0]["finish_reason"], "stop",
        "no tools are offered"
    );
    let reply = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
    let call = reply["choices"][0]["message"]["tool_calls"][0].clone();
    assert_eq!(call["function"]["arguments"], r#"{"command":"ls"}"#);
    let reply = generate(&stage, Dialect::OpenaiChat, &without).await.json();
    assert!(
        reply["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .contains("What is here?")
    );

    let history = ask["messages"].as_array_mut().unwrap();
    history.push(json!({"role": "assistant", "tool_calls": [call]}));
    history.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "a b"}));
    let reply = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "Two files.");
}

#[tokio::test(start_paused = true)]
async fn a_cue_and_a_models_name_are_combined() {
    let stage = Stage::any_model();
    stage.cue(ScriptStep::answer([ScriptedPart::Text("word ".repeat(50))]));
    let ask = request(
        Dialect::Anthropic,
        "some-model@max-tokens",
        false,
        "Good evening",
    );
    let answer = generate(&stage, Dialect::Anthropic, &ask).await.json();
    assert_eq!(answer["stop_reason"], "max_tokens");
    assert_eq!(user_text(&answer).trim_end(), "word ".repeat(25).trim_end());
}

#[tokio::test(start_paused = true)]
async fn credentials_are_distinguished_and_not_shown() {
    let stage = Stage::any_model();
    let (mut near, far) = tokio::io::duplex(4096);
    let serving = stage.serve_connection(far);
    let asking = async {
        let head = "GET /v1/models HTTP/1.1\r\nhost: stage\r\nconnection: close\r\n\
            authorization: Bearer sk-secret-0042\r\nx-api-key: none\r\n\r\n";
        near.write_all(head.as_bytes()).await.unwrap();
        near.read_to_end(&mut Vec::new()).await.unwrap();
    };
    tokio::join!(serving, asking);

    let headers = send(&stage, "GET", "/stage/received", "").await.json()[0]["headers"].clone();
    let shown = headers.to_string();
    assert!(
        shown.contains("…0042") && !shown.contains("secret"),
        "{shown}"
    );
    let received = stage.received();
    assert!(!format!("{received:?}").contains("secret"));
    assert_eq!(
        received[0].headers["authorization"],
        "Bearer sk-secret-0042"
    );
}

#[tokio::test(start_paused = true)]
async fn scripts_control_the_stage_over_http() {
    let stage = Stage::any_model();
    let ask = request(Dialect::OpenaiResponses, "gpt-5", false, "Good evening");
    let status = async || {
        generate(&stage, Dialect::OpenaiResponses, &ask)
            .await
            .status
    };

    let outage = post(
        &stage,
        "/stage/outage",
        &json!({"fault": "529:retry-after=1"}),
    )
    .await;
    assert_eq!(outage.status, 204);
    assert_eq!(status().await, 529);
    post(&stage, "/stage/outage", &json!({"fault": null})).await;
    let cue = json!({"fault": "503", "model": "gpt-*", "dialect": "openai-responses"});
    assert_eq!(post(&stage, "/stage/cue", &cue).await.status, 204);
    assert_eq!(status().await, 503);
    assert_eq!(status().await, 200);
    post(&stage, "/stage/cue", &json!({"fault": "500", "times": 9})).await;
    send(&stage, "DELETE", "/stage/cue", "").await;
    assert_eq!(status().await, 200);

    let received = send(&stage, "GET", "/stage/received", "").await.json();
    let statuses: Vec<&Value> = received
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["status"])
        .collect();
    assert_eq!(statuses, [529, 503, 200, 200]);
    let first = &received[0];
    assert_eq!(first["fault"], "529:retry-after=1");
    assert_eq!(first["path"], "/v1/responses");
    assert_eq!(first["model"], "gpt-5");
    assert_eq!(first["dialect"], "openai-responses");
    assert_eq!(first["body"]["input"], "Good evening");
    assert_eq!(first["end"], "sent");

    send(&stage, "DELETE", "/stage/received", "").await;
    assert_eq!(
        send(&stage, "GET", "/stage/received", "").await.json(),
        json!([])
    );
    for (path, body) in [
        ("/stage/cue", json!({"fault": "cut-in-txt"})),
        ("/stage/cue", json!({"faults": "503"})),
        ("/stage/outage", json!({"fault": 529})),
        ("/stage/curtain", json!({})),
    ] {
        let reply = post(&stage, path, &body).await;
        assert_eq!(reply.status, 400, "{path} {body}");
        assert!(!reply.json()["error"].as_str().unwrap().is_empty());
    }
}
