//! The port's address: the command line finds the engine at any address, and a change takes effect after a restart.

use std::io::{Read, Write};
use std::net::TcpStream;

use api::CONTROL_HEADER;

use crate::desk::Desk;

/// Earlier versions opened such an address without TLS.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_all_interfaces_stays_closed_and_this_computer_is_served() {
    for address in ["0.0.0.0", "::"] {
        let mut desk = Desk::new();
        desk.settings(&format!(
            "[listen]\naddress = \"{address}\"\nallowed_hosts = [\"desk.example\"]\n"
        ));
        desk.start();
        let base = desk.base();
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        assert_eq!(desk.run(&["status"]).status.code(), Some(2), "unknown yet");
        let doctor = desk.printed(&["doctor"]);
        assert!(
            doctor.contains("without TLS others could read the requests"),
            "{doctor}"
        );
        let requested = serde_json::json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        assert_eq!(desk.ask("/v1/messages", &requested).await.status(), 200);
        desk.printed(&["stop"]);
        assert!(desk.ended().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_takes_effect_after_a_restart() {
    let desk = Desk::started();
    desk.settings("[listen]\naddress = \"127.0.0.2\"\n");
    let pending = |s: &api::Snapshot| {
        let mut problems = s.engine.problems.iter();
        problems.any(|p| p.fix.starts_with("Restart to use the new address"))
    };
    desk.until("told", pending).await;
    let doctor = desk.printed(&["doctor"]);
    assert!(
        doctor.contains("The settings name 127.0.0.2:")
            && doctor.contains("still listens on 127.0.0.1:"),
        "{doctor}"
    );
    let log = desk.log();
    assert!(
        log.contains("new settings are active, except [listen]."),
        "{log}"
    );
    assert!(!log.contains("new settings are active\n"), "{log}");

    desk.settings("");
    desk.until("taken back", |s| !pending(s)).await;
}

/// A request that never ends keeps the engine running for a while; a new client must not wait for it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_the_port_before_the_last_connection_ends() {
    let mut desk = Desk::started();
    let runtime = desk.runtime();
    let address = runtime.address.trim_start_matches("http://");
    let mut open = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /control/do HTTP/1.1\r\nhost: {address}\r\n{CONTROL_HEADER}: {}\r\ncontent-type: application/json\r\ncontent-length: 16\r\nexpect: 100-continue\r\n\r\n",
        runtime.control_token
    );
    open.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    open.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100", "the body is awaited");

    desk.printed(&["stop"]);
    // The connection that is waiting when the port closes is reset; the next one is refused.
    while let Ok(mut client) = TcpStream::connect(address) {
        let _ = client.read(&mut answer);
    }
    open.write_all(b"{\"do\":\"resume\"} ").unwrap();
    let mut rest = String::new();
    open.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("HTTP/1.1 "),
        "the open request was dropped first: {rest:?}"
    );
    assert!(desk.ended().success());
    let log = desk.log();
    assert!(
        !log.contains("were dropped"),
        "the port was open until then: {log}"
    );
}
