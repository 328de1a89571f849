//! `update --check`: reads a signed description from the configured place.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use minisign::KeyPair;
use serde_json::Value;

use crate::desk::{Desk, text};

/// A publisher with a key. Its server lives as long as the test.
struct Publisher {
    keys: KeyPair,
    url: String,
    folder: std::path::PathBuf,
}

impl Publisher {
    fn new(desk: &Desk) -> Publisher {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/understudy.json", listener.local_addr().unwrap());
        let folder = desk.file("published");
        std::fs::create_dir(&folder).unwrap();
        let files = folder.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0; 4096];
                let n = stream.read(&mut head).unwrap();
                let head = text(&head[..n]);
                let name = head
                    .split(' ')
                    .nth(1)
                    .unwrap()
                    .trim_start_matches('/')
                    .to_owned();
                let (status, body) = match std::fs::read(files.join(name)) {
                    Ok(head) if head.starts_with(b"HTTP/1.1 ") => {
                        let _ = stream.write_all(&head);
                        continue;
                    }
                    Ok(body) => ("200 OK", body),
                    Err(_) => ("404 Not Found", Vec::new()),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        });
        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        let publisher = Publisher { keys, url, folder };
        desk.settings(&format!(
            "[update]\nurl = \"{}\"\npublic_key = \"{}\"\n",
            publisher.url,
            publisher.keys.pk.to_base64()
        ));
        publisher
    }

    fn publish(&self, version: &str, issued: &str) {
        let description = format!(
            r#"{{"product":"understudy","version":"{version}","date":"2026-12-14","notes":"Faster.\nSafer.","issued":"{issued}"}}"#
        );
        let signed = minisign::sign(
            Some(&self.keys.pk),
            &self.keys.sk,
            description.as_bytes(),
            None,
            None,
        );
        std::fs::write(self.folder.join("understudy.json"), description).unwrap();
        std::fs::write(
            self.folder.join("understudy.json.minisig"),
            signed.unwrap().into_string(),
        )
        .unwrap();
    }
}

fn refused(desk: &Desk) -> String {
    let output = desk.run(&["update", "--check"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn without_a_configured_place_nothing_is_read() {
    let desk = Desk::new();
    let output = desk.run(&["update", "--check"]);
    assert_eq!(output.status.code(), Some(69));
    let printed = text(&output.stderr);
    assert!(
        printed.contains("no place for updates") && printed.contains("public_key"),
        "{printed}"
    );
    // There is no other kind of update.
    assert_eq!(desk.run(&["update"]).status.code(), Some(2));
}

#[test]
fn a_newer_version_is_shown_with_its_date_notes_and_command() {
    let desk = Desk::new();
    let publisher = Publisher::new(&desk);
    publisher.publish("9.1.0", "2026-12-14T09:00:00Z");
    let printed = desk.printed(&["update", "--check"]);
    for part in [
        "Understudy 9.1.0 of 2026-12-14 is newer",
        "Faster.\nSafer.\n",
        "built from source",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
    let found: Value =
        serde_json::from_str(&desk.printed(&["update", "--check", "--json"])).unwrap();
    assert_eq!(
        (found["newest"].as_str(), found["is_newer"].as_bool()),
        (Some("9.1.0"), Some(true))
    );
    publisher.publish(env!("CARGO_PKG_VERSION"), "2026-12-15T09:00:00Z");
    let printed = desk.printed(&["update", "--check"]);
    assert!(printed.contains("is the newest version"), "{printed}");
}

#[test]
fn what_is_not_signed_or_older_is_refused() {
    let desk = Desk::new();
    let publisher = Publisher::new(&desk);
    let missing = refused(&desk);
    assert!(missing.contains("404"), "{missing}");

    publisher.publish("9.1.0", "2026-12-14T09:00:00Z");
    let signature = publisher.folder.join("understudy.json.minisig");
    std::fs::remove_file(&signature).unwrap();
    let unsigned = refused(&desk);
    assert!(
        unsigned.contains("404") && unsigned.contains("its signature"),
        "{unsigned}"
    );
    std::fs::write(&signature, "no signature").unwrap();
    assert!(refused(&desk).contains("the signature cannot be read"));

    publisher.publish("9.1.0", "2026-12-14T09:00:00Z");
    let file = publisher.folder.join("understudy.json");
    let changed = std::fs::read_to_string(&file)
        .unwrap()
        .replace("9.1.0", "9.2.0");
    std::fs::write(&file, changed).unwrap();
    assert!(refused(&desk).contains("Do not install anything"));
    assert!(!desk.file("update.json").exists(), "nothing was accepted");

    publisher.publish("0.0.1", "2026-12-16T09:00:00Z");
    assert!(refused(&desk).contains("never goes back"));
    publisher.publish("9.2.0", "2026-12-16T09:00:00Z");
    desk.printed(&["update", "--check"]);
    publisher.publish("9.1.0", "2026-12-14T09:00:00Z");
    assert!(refused(&desk).contains("an older copy is being sent"));
}

#[test]
fn a_redirect_and_a_description_above_64_kib_are_refused() {
    let desk = Desk::new();
    let publisher = Publisher::new(&desk);
    publisher.publish("9.1.0", "2026-12-14T09:00:00Z");
    let file = publisher.folder.join("understudy.json");
    std::fs::rename(&file, publisher.folder.join("moved.json")).unwrap();
    let moved = "HTTP/1.1 302 Found\r\nlocation: /moved.json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    std::fs::write(&file, moved).unwrap();
    let redirected = refused(&desk);
    assert!(redirected.contains("302"), "{redirected}");

    std::fs::write(&file, vec![b' '; (64 << 10) + 1]).unwrap();
    let large = refused(&desk);
    assert!(large.contains("64 KiB"), "{large}");
}
