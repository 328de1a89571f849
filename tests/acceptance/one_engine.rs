//! One engine per user, on a fixed port.

use crate::desk::{Desk, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_states_the_address_of_the_first() {
    let desk = Desk::started();
    let second = desk.run(&["serve", "--port", "0"]);
    let printed = text(&second.stderr);
    assert_eq!(second.status.code(), Some(3));
    assert!(
        printed.contains(&desk.address()) && printed.contains(&desk.pid().to_string()),
        "{printed}"
    );
    assert_eq!(
        desk.snapshot().await.engine.address,
        desk.address(),
        "the first goes on"
    );
    let second = desk.run(&["serve", "--json"]);
    let received: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(
        (second.status.code(), received["address"].as_str()),
        (Some(3), Some(&*desk.address()))
    );
}

#[test]
fn a_port_in_use_is_reported_and_no_other_is_used() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let desk = Desk::new();
    let output = desk.run(&["serve", "--port", &port.to_string()]);
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4));
    assert!(
        printed.contains(&port.to_string()) && printed.contains("in use"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_clean_and_leaves_no_runtime_file() {
    let mut desk = Desk::started();
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(desk.file("run/engine.json"))
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert!(desk.printed(&["stop"]).contains("stops"));
    assert!(desk.ended().success());
    assert!(!desk.file("run/engine.json").exists());
    let status = desk.run(&["status"]);
    assert_eq!(status.status.code(), Some(2));
    assert!(text(&status.stderr).contains("no engine is running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_token_is_replaced_and_each_start_has_its_own_control_token() {
    let mut desk = Desk::started();
    let (url, control) = (desk.base(), desk.runtime().control_token);
    desk.printed(&["stop"]);
    desk.ended();
    std::fs::remove_file(desk.file("token")).unwrap();
    desk.start();
    assert_ne!(desk.runtime().control_token, control);
    let token = url.split("/t/").nth(1).unwrap();
    assert!(!desk.base().ends_with(token), "clients need the new URL");
    let body = serde_json::json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    assert_eq!(desk.ask("/v1/messages", &body).await.status(), 200);
    let old = format!("{}/t/{token}/v1/messages", desk.address());
    let refused = desk.http.post(old).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_restarts_with_its_token_and_its_history() {
    let mut desk = Desk::started();
    let url = desk.base();
    let path = url.split("/t/").nth(1).unwrap().to_owned();
    desk.ask("/v1/messages", &serde_json::json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })).await;
    desk.exchanges(1).await;
    desk.kill();
    assert!(
        desk.file("run/engine.json").exists(),
        "a crash is told from a stop by this file"
    );
    desk.start();
    assert!(desk.base().ends_with(&path), "clients keep their URL");
    assert_eq!(desk.exchanges(1).await.len(), 1);
}

/// A crash leaves its runtime file. Another program may use the port in it.
#[test]
fn no_url_is_printed_from_the_file_of_a_crashed_engine() {
    let mut desk = Desk::started();
    let port = desk.address().rsplit_once(':').unwrap().1.to_owned();
    desk.kill();
    for taken in [false, true] {
        let other = taken.then(|| another_program(&port));
        for arguments in [&["url"] as &[&str], &["url", "--ui"], &["url", "--json"]] {
            let output = desk.run(arguments);
            let (printed, error) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {printed}");
            assert!(printed.is_empty(), "{printed}");
            assert!(error.contains("no engine is running"), "{error}");
        }
        drop(other);
    }
}

/// Answers every request with the same valid JSON.
fn another_program(port: &str) -> std::thread::JoinHandle<()> {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().take(3).flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
            );
        }
    })
}

/// The crashed engine's file still exists when the next one starts.
#[test]
fn a_url_during_a_start_is_that_of_the_starting_engine() {
    let mut desk = Desk::started();
    let old = desk.base();
    desk.kill();
    let mut engine = desk
        .command(&["serve", "--port", "0"])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lock = std::fs::File::open(desk.file("lock")).unwrap();
    while lock.try_lock_shared().is_ok() {
        lock.unlock().unwrap();
        std::thread::yield_now();
    }
    let url = desk.base();
    assert_ne!(url, old);
    assert_eq!(
        url,
        format!("{}/t/{}", desk.address(), old.rsplit('/').next().unwrap())
    );
    engine.kill().unwrap();
    engine.wait().unwrap();
}

/// The engine of `nohup understudyd &` survives its terminal.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_was_started_with_nohup_ignores_the_end_of_its_terminal() {
    let mut desk = Desk::new();
    desk.nohup();
    desk.start();
    let pid = desk.pid().to_string();
    let send = |signal: &str| {
        let sent = std::process::Command::new("kill")
            .args([signal, &pid])
            .status();
        assert!(sent.unwrap().success(), "{signal}");
    };
    send("-HUP");
    // Handlers are set by now, since an ended exchange was recorded after the signal.
    let base = desk.base();
    let hello = serde_json::json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    let response = desk
        .http
        .post(format!("{base}/v1/messages"))
        .json(&hello)
        .send();
    assert_eq!(response.await.unwrap().status(), 200);
    desk.exchanges(1).await;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mask = |name: &str| {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap()
    };
    assert_eq!(mask("SigIgn:") & 1, 1, "{status}");
    assert_eq!(mask("SigCgt:") & 1, 0, "{status}");
    send("-TERM");
    assert!(desk.ended().success(), "{}", desk.log());
}
