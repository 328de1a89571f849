//! A newer engine takes the port over from an older one: the older one's version is changed in its runtime file.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::desk::{Desk, text};

const DRIP: &str = "rehearsal/drip:20ms";

/// The running engine reports this version from now on.
fn older(desk: &Desk) -> u16 {
    let file = desk.file("run/engine.json");
    let mut running: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    running["version"] = json!("0.0.1");
    std::fs::write(&file, running.to_string()).unwrap();
    desk.address().rsplit_once(':').unwrap().1.parse().unwrap()
}

/// Starts the newer engine.
fn newer(desk: &Desk, port: u16) -> Child {
    desk.command(&["serve", "--show-urls", "--port", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(desk.file("newer.log")).unwrap())
        .spawn()
        .unwrap()
}

/// Waits until it has printed its address.
fn serves(desk: &Desk, newer: &mut Child) {
    let printed = BufReader::new(newer.stdout.take().unwrap()).lines();
    let log = || std::fs::read_to_string(desk.file("newer.log")).unwrap();
    let started = printed
        .map_while(Result::ok)
        .any(|line| line.contains("curl "));
    assert!(started, "{}", log());
}

fn message(model: &str, stream: bool) -> Value {
    json!({ "model": model, "max_tokens": 99, "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] })
}

/// Sends one request on a connection of its own; returns the response, or why there is none.
fn once(port: u16, path: &str, model: &str) -> Result<String, std::io::Error> {
    let body = message(model, true).to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "POST {path}/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nanthropic-version: 2023-06-01\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_engine_takes_the_port_over_and_no_request_is_lost() {
    let mut desk = Desk::started();
    let port = older(&desk);
    let old = desk.pid();
    let base = desk.base();
    let path = base.split_once(&port.to_string()).unwrap().1.to_owned();
    let mut stream = desk
        .http
        .post(format!("{base}/v1/messages"))
        .json(&message("rehearsal/drip:150ms", true))
        .send()
        .await
        .unwrap();
    let mut received = stream.chunk().await.unwrap().unwrap().to_vec();

    let mut newer = newer(&desk, port);
    let over = AtomicBool::new(false);
    let (sent, complete) = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut sent = 0;
            while !over.load(Ordering::Relaxed) {
                let answer = once(port, &path, DRIP)
                    .unwrap_or_else(|error| panic!("request {sent}: {error}"));
                assert!(
                    answer.starts_with("HTTP/1.1 200") && answer.contains("message_stop"),
                    "request {sent}: {answer:?}"
                );
                sent += 1;
            }
            sent
        });
        let complete = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                while let Some(piece) = stream.chunk().await.unwrap() {
                    received.extend(piece);
                }
                received
            })
        });
        serves(&desk, &mut newer);
        // The next request is the newer engine's.
        assert!(desk.ended().success(), "{}", desk.log());
        over.store(true, Ordering::Relaxed);
        (asking.join().unwrap(), complete)
    });
    let complete = text(&complete);
    assert!(complete.starts_with("event: message_start"), "{complete}");
    assert!(
        complete
            .trim_end()
            .ends_with(r#"data: {"type":"message_stop"}"#),
        "{complete}"
    );
    assert!(sent > 1, "requests were sent meanwhile");

    let running = desk.runtime();
    assert_eq!((running.pid, desk.base()), (newer.id(), base));
    assert_ne!(running.pid, old);
    assert!(once(port, &path, DRIP).unwrap().starts_with("HTTP/1.1 200"));
    desk.exchanges(sent + 2).await;
    assert!(
        desk.log().contains("the newer engine has the port now"),
        "{}",
        desk.log()
    );
    let left = std::fs::read_dir(desk.file("run")).unwrap();
    assert_eq!(left.count(), 1, "only the runtime file is left");
    desk.printed(&["stop"]);
    assert!(newer.wait().unwrap().success());
}

/// Short requests one after the other: the older engine is often without one, and passes its port on at such a moment.
#[test]
fn between_two_requests_the_port_is_passed_on_at_once() {
    let mut desk = Desk::started();
    let port = older(&desk);
    let base = desk.base();
    let path = base.split_once(&port.to_string()).unwrap().1.to_owned();
    let mut newer = newer(&desk, port);
    let over = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut sent = 0;
            while !over.load(Ordering::Relaxed) {
                let answer = once(port, &path, "rehearsal/steady");
                let answer = answer.unwrap_or_else(|error| panic!("request {sent}: {error}"));
                assert!(
                    answer.contains("message_stop"),
                    "request {sent}: {answer:?}"
                );
                sent += 1;
            }
            sent
        });
        serves(&desk, &mut newer);
        assert!(desk.ended().success(), "{}", desk.log());
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    assert!(sent > 10, "{sent}");
    assert_eq!(desk.runtime().pid, newer.id());
    desk.printed(&["stop"]);
    assert!(newer.wait().unwrap().success());
}

#[test]
fn a_newer_engine_that_cannot_start_leaves_the_older_one_as_it_is() {
    let desk = Desk::started();
    let port = older(&desk);
    std::fs::create_dir(desk.file("providers")).unwrap();
    std::fs::write(desk.file("providers/own.toml"), "wrong = 1").unwrap();
    let refused = desk.run(&["serve", "--port", &port.to_string()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("catalogue files have errors"),
        "{}",
        text(&refused.stderr)
    );
    let path = desk.base();
    let path = path.split_once(&port.to_string()).unwrap().1;
    assert!(once(port, path, DRIP).unwrap().starts_with("HTTP/1.1 200"));
}

/// An engine of a version that cannot pass its port on: it holds the lock, and knows only the command to stop.
#[test]
fn an_engine_that_cannot_pass_its_port_on_is_stopped() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lock = std::fs::File::create(desk.file("lock")).unwrap();
    lock.lock().unwrap();
    std::fs::create_dir(desk.file("run")).unwrap();
    let runtime = json!({ "address": format!("http://127.0.0.1:{port}"), "control_token": "t", "pid": 1, "version": "0.0.1" });
    std::fs::write(desk.file("run/engine.json"), runtime.to_string()).unwrap();
    let runtime_file = desk.file("run/engine.json");
    let old = thread::spawn(move || {
        let mut received = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let n = stream.read(&mut head).unwrap();
            let line = text(&head[..n]).lines().next().unwrap().to_owned();
            let known = line.contains("/control/do");
            let status = if known { "200 OK" } else { "404 Not Found" };
            received.push(line);
            if known {
                std::fs::remove_file(&runtime_file).unwrap();
            }
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
            )
            .unwrap();
            if known {
                break;
            }
        }
        drop(listener);
        lock.unlock().unwrap();
        received
    });
    let mut newer = newer(&desk, port);
    serves(&desk, &mut newer);
    assert_eq!(
        old.join().unwrap(),
        [
            "POST /control/hand-over HTTP/1.1",
            "POST /control/do HTTP/1.1"
        ]
    );
    assert_eq!(
        (desk.runtime().pid, desk.address()),
        (newer.id(), format!("http://127.0.0.1:{port}"))
    );
    desk.printed(&["stop"]);
    assert!(newer.wait().unwrap().success());
}
