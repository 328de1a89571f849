//! Keys in a real keychain, GNOME's, on a separate session bus: open, locked, and one that never responds.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use zbus::fdo::PropertiesProxy;
use zbus::names::InterfaceName;

use crate::desk::{Desk, Upstream, text};
use crate::effects::receiver::Receiver;
use crate::effects::{effect, keyed, received};
use crate::keys::own;

const SERVICE: &str = "org.freedesktop.secrets";
/// The engine waits 20 s for a keychain that does not respond; a start that waited for it would take longer than this.
const WITHOUT_WAITING: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_keychain_survives_a_restart_and_can_be_removed() {
    let session = Session::start();
    let _keychain = session.open_keychain().await;
    let upstream = Upstream::start().await;
    let mut desk = session.desk(&upstream);
    desk.start();
    let printed = desk.output_with_input(&["key", "add", "own"], "sk-own-secret\n");
    assert!(
        printed.contains("The provider accepted the key. It is stored in the keychain."),
        "{printed}"
    );
    listed(&desk, "in the keychain");

    desk.kill();
    desk.start();
    listed(&desk, "in the keychain");
    assert_eq!(generated(&desk).await, 200);
    let requested = upstream.stage.received();
    let request = requested.iter().find(|r| r.method == "POST").unwrap();
    assert_eq!(
        request.headers.get("authorization").unwrap(),
        "Bearer sk-own-secret"
    );
    let examined = text(&desk.run(&["doctor"]).stdout);
    assert!(
        examined.contains("Keys are kept in the keychain."),
        "{examined}"
    );

    let printed = desk.printed(&["key", "remove", "own"]);
    assert!(printed.contains("removed from the keychain"), "{printed}");
    desk.kill();
    desk.start();
    listed(&desk, "none");
    assert_eq!(generated(&desk).await, 403);
}

/// The secret of a side effect's receiver: it is in no file and no log.
#[tokio::test(flavor = "multi_thread")]
async fn a_receivers_secret_comes_from_the_keychain() {
    let session = Session::start();
    let _keychain = session.open_keychain().await;
    let (upstream, receiver) = (Upstream::start().await, Receiver::start().await);
    let mut desk = session.desk(&upstream);
    let headers = "headers = { Authorization = { keychain = \"billing\", before = \"Bearer \" } }";
    desk.settings(&effect("invoice", &receiver, headers));
    desk.start();
    let without = received(keyed(&desk, "order-1")).await;
    assert_eq!(without.status, 503, "{without:?}");
    let message = without.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("understudyd effects secret billing"),
        "{message}"
    );
    let stored = desk.output_with_input(&["effects", "secret", "billing"], "hush-hush\n");
    assert!(stored.contains("is in the keychain"), "{stored}");
    let sent = received(keyed(&desk, "order-1")).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let request = receiver.requests().remove(0);
    assert_eq!(request.headers["authorization"], "Bearer hush-hush");
    assert!(!desk.log().contains("hush-hush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_is_named_and_a_key_is_used_until_the_engine_stops() {
    let session = Session::start();
    let upstream = Upstream::start().await;
    let mut desk = session.desk(&upstream);
    {
        let _keychain = session.open_keychain().await;
        desk.start();
        desk.output_with_input(&["key", "add", "own"], "sk-own-secret\n");
        desk.kill();
    }
    let _keychain = session.locked_keychain().await;
    desk.start();
    let snapshot = desk
        .until("told that the keychain is locked", |s| {
            s.engine
                .problems
                .iter()
                .any(|p| p.what.contains("the keychain is locked"))
        })
        .await;
    assert!(
        snapshot
            .engine
            .problems
            .iter()
            .any(|p| p.fix.contains("Unlock")),
        "{:?}",
        snapshot.engine.problems
    );
    listed(&desk, "none");
    let printed = desk.output_with_input(&["key", "add", "own"], "sk-own-secret\n");
    assert!(
        printed.contains("But the keychain is locked, so it is used only until the engine stops. To keep it, set OWN_KEY"),
        "{printed}"
    );
    listed(&desk, "until the engine stops");
    assert_eq!(generated(&desk).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_never_responds_does_not_block_the_engine() {
    let session = Session::start();
    let _stalled = zbus::connection::Builder::address(session.address.as_str())
        .unwrap()
        .name(SERVICE)
        .unwrap()
        .build()
        .await
        .unwrap();
    let upstream = Upstream::start().await;
    let mut desk = session.desk(&upstream);
    let requested = Instant::now();
    desk.start();
    let response = desk.ask("/v1/messages", &json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["stop_reason"], "end_turn");
    assert!(
        requested.elapsed() < WITHOUT_WAITING,
        "{:?}",
        requested.elapsed()
    );
    let problems = desk.snapshot().await.engine.problems;
    assert!(
        problems.iter().all(|p| !p.what.contains("no keychain")),
        "it is there: {problems:?}"
    );
}

fn listed(desk: &Desk, state: &str) {
    let list = desk.printed(&["key", "list"]);
    let own = list.lines().find(|line| line.starts_with("own ")).unwrap();
    assert!(own.contains(state), "{own}");
}

async fn generated(desk: &Desk) -> u16 {
    let request = json!({ "model": "own-1", "messages": [{ "role": "user", "content": "x" }] });
    let response = desk.ask("/v1/chat/completions", &request).await;
    response.status().as_u16()
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A login session: a bus, and a folder in which the keychain keeps its files.
struct Session {
    address: String,
    _bus: Process,
    folder: TempDir,
}

/// Activates no services: no dialog may ask for a password.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#;

impl Session {
    fn start() -> Session {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("bus.conf");
        std::fs::write(&settings, BUS).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(settings)
            .args(["--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.as_mut().unwrap())
            .read_line(&mut address)
            .unwrap();
        Session {
            address: address.trim().to_owned(),
            _bus: Process(bus),
            folder,
        }
    }

    /// A desk in this session, with an endpoint that needs a key.
    fn desk(&self, upstream: &Upstream) -> Desk {
        let mut desk = Desk::new();
        desk.settings(&own(upstream));
        desk.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        desk
    }

    /// As after a login with the password; created at the first one.
    async fn open_keychain(&self) -> Process {
        let mut keychain = self.keychain(&["--unlock"]);
        let mut password = keychain.0.stdin.take().unwrap();
        password.write_all(b"a password").unwrap();
        drop(password);
        self.until_locked_is(false).await;
        keychain
    }

    /// As after a login without a password.
    async fn locked_keychain(&self) -> Process {
        let keychain = self.keychain(&[]);
        self.until_locked_is(true).await;
        keychain
    }

    fn keychain(&self, more: &[&str]) -> Process {
        let here: &Path = self.folder.path();
        let spawned = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(more)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", here)
            .env("XDG_DATA_HOME", here.join("data"))
            .env("XDG_RUNTIME_DIR", here)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Process(spawned.expect("gnome-keyring is installed; `cargo xtask test` sees to that"))
    }

    async fn until_locked_is(&self, wanted: bool) {
        let bus = zbus::connection::Builder::address(self.address.as_str())
            .unwrap()
            .build()
            .await
            .unwrap();
        let properties = PropertiesProxy::builder(&bus)
            .destination(SERVICE)
            .unwrap()
            .path("/org/freedesktop/secrets/aliases/default")
            .unwrap()
            .build()
            .await
            .unwrap();
        let collection = InterfaceName::try_from("org.freedesktop.Secret.Collection").unwrap();
        let wait = async {
            let mut beat = tokio::time::interval(Duration::from_millis(25));
            loop {
                beat.tick().await;
                let locked = properties.get(collection.clone(), "Locked").await;
                if locked.is_ok_and(|locked| bool::try_from(locked).is_ok_and(|is| is == wanted)) {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(40), wait)
            .await
            .expect("the keychain is ready");
    }
}
