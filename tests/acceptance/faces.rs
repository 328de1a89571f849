//! Names and messages with commands for a terminal and marks that reverse text: no face sends or prints one of them.

use std::io::{Read, Write};
use std::net::TcpListener;

use api::CONTROL_HEADER;
use serde_json::{Value, json};

use crate::desk::{Desk, two_endpoints};

/// ESC, BEL, DEL, CSI as one character, marks of direction, a line separator.
const HOSTILE: &str = "x\u{1b}[2J\u{7}\u{7f}\u{9b}31m\u{61c}\u{200f}\u{202e}\u{2066}\u{2028}";
/// The same in TOML.
const IN_TOML: &str = r"x\u001b[2J\u0007\u007f\u009b31m\u061c\u200f\u202e\u2066\u2028";

fn first_command(text: &str) -> Option<char> {
    text.chars().find(|sign| {
        let is_line = matches!(sign, '\n' | '\t');
        let reverses = matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        sign.is_control() && !is_line || reverses
    })
}

fn check(face: &str, shown: &str) {
    assert_eq!(first_command(shown), None, "{face}: {shown:?}");
}

fn check_texts(face: &str, value: &Value) {
    match value {
        Value::String(text) => check(face, text),
        Value::Array(all) => all.iter().for_each(|one| check_texts(face, one)),
        Value::Object(all) => all.iter().for_each(|(name, one)| {
            check(face, name);
            check_texts(face, one);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A provider whose error has a hostile message. Its address.
fn hostile_provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 65_536]);
            let error = json!({ "type": HOSTILE, "code": HOSTILE, "message": HOSTILE });
            let body = json!({ "type": "error", "error": error }).to_string();
            let head = "HTTP/1.1 500 Oops\r\ncontent-type: application/json\r\nconnection: close";
            let _ = write!(
                stream,
                "{head}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn no_face_shows_a_character_that_it_would_execute() {
    let provider = hostile_provider();
    let mut desk = Desk::new();
    let settings = two_endpoints(&provider, &provider)
        .replace("name = \"lead\"", &format!("name = \"{IN_TOML}\""))
        .replace("name = \"work", &format!("name = \"{IN_TOML}"));
    desk.settings(&settings);
    desk.start();
    let question = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": HOSTILE }] });
    for pipeline in ["", "leads"] {
        for _ in 0..3 {
            let url = format!("{}/v1/messages", desk.base());
            let request = desk.http.post(url).json(&question);
            let request = match pipeline {
                "" => request.header("user-agent", "claude-cli/2.1.197 (external, cli)"),
                name => request.header("x-understudy-pipeline", name),
            };
            let response = request.send().await.unwrap();
            for (name, value) in response.headers() {
                check(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
            }
        }
    }
    desk.exchanges(6).await;
    desk.until("an incident", |snapshot| {
        !snapshot.open_incidents.is_empty()
    })
    .await;
    for path in [
        "/snapshot",
        "/exchanges",
        "/incidents",
        "/incidents/1",
        "/doctor",
        "/fallbacks",
        "/review",
        "/series/uptime",
        "/series/latency",
        "/series/cost",
        "/series/incidents/1",
        "/series/incidents/1/requests",
        "/series/ribbon/lead",
        "/explain?model=m&dialect=anthropic",
    ] {
        check_texts(path, &desk.get(path).await);
    }
    let runtime = desk.runtime();
    let events = format!("{}/control/events", runtime.address);
    let events = desk
        .http
        .get(events)
        .header(CONTROL_HEADER, runtime.control_token);
    let event = events.send().await.unwrap().chunk().await.unwrap().unwrap();
    let event = String::from_utf8(event.to_vec()).unwrap();
    assert!(event.starts_with("event: snapshot"), "{event}");
    check("/events", &event);
    let review = desk.get("/review").await;
    let id = review["items"][0]["id"].as_str().unwrap();
    let mut item = desk.get(&format!("/review/{id}")).await;
    let kept: Value = serde_json::from_str(item["request"].take().as_str().unwrap()).unwrap();
    assert_eq!(kept, question, "a document stays equal");
    check_texts("a review item", &item);
    for arguments in [
        &["status"][..],
        &["status", "--details"],
        &["status", "--json"],
        &["traffic"],
        &["traffic", "--json"],
        &["incidents"],
        &["incidents", "1"],
        &["doctor"],
        &["review", "list"],
        &["review", "show", id],
        &["route", "explain", HOSTILE],
        &["test", HOSTILE],
        &["use"],
    ] {
        let output = desk.run(arguments);
        for printed in [output.stdout, output.stderr] {
            check(
                &format!("{arguments:?}"),
                &String::from_utf8(printed).unwrap(),
            );
        }
    }
    check("/metrics", &desk.metrics().await);
    check("log", &desk.log());
    let refused = desk
        .http
        .get(format!("{}/x%1b%9b", desk.base()))
        .send()
        .await
        .unwrap();
    check_texts("an error", &refused.json().await.unwrap());
}
