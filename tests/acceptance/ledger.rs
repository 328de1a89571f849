//! A ledger that cannot be opened costs only the history of this run. Doctor names the fix, and requests are served.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::desk::{Desk, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_ledger_is_named_and_its_history_returns_when_writable() {
    let mut desk = with_history().await;
    desk.obey_permissions();
    let before = std::fs::read(file(&desk)).unwrap();
    allow(&desk, 0o400);
    desk.start();
    continues(&desk, "cannot be written. Give your user write permission").await;
    stop(&mut desk);
    assert_eq!(
        std::fs::read(file(&desk)).unwrap(),
        before,
        "it was left alone"
    );

    allow(&desk, 0o600);
    desk.start();
    assert!(is_well(&desk).await, "{}", desk.log());
    let rows = desk.exchanges(1).await;
    assert_eq!(
        rows.len(),
        1,
        "what was kept in memory is gone, the file's own history is not: {rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_named_and_unchanged() {
    let mut desk = Desk::new();
    let text = "name,amount\n".repeat(500);
    std::fs::write(file(&desk), &text).unwrap();
    desk.start();
    continues(
        &desk,
        "it is not an SQLite file. It was not changed. Move it elsewhere",
    )
    .await;
    stop(&mut desk);
    assert_eq!(std::fs::read_to_string(file(&desk)).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_its_place_is_named() {
    let mut desk = Desk::new();
    std::fs::create_dir(file(&desk)).unwrap();
    desk.start();
    continues(
        &desk,
        "Check that its folder exists and that the path names a file",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_a_newer_version_is_unchanged_and_the_engine_does_not_start() {
    let desk = with_history().await;
    // Position of user_version in an SQLite file, in big-endian order:
    // https://www.sqlite.org/fileformat2.html#user_version_number
    let mut bytes = std::fs::read(file(&desk)).unwrap();
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(file(&desk), &bytes).unwrap();
    let refused = desk.run(&["serve", "--port", "0"]);
    let printed = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("was written by a newer Understudy (format 9999"),
        "{printed}"
    );
    assert!(!desk.file("run/engine.json").exists());
    assert_eq!(std::fs::read(file(&desk)).unwrap(), bytes);
}

fn file(desk: &Desk) -> PathBuf {
    desk.file("ledger.sqlite")
}

fn allow(desk: &Desk, mode: u32) {
    std::fs::set_permissions(file(desk), Permissions::from_mode(mode)).unwrap();
}

/// A desk whose engine has ended, with one exchange in its ledger.
async fn with_history() -> Desk {
    let mut desk = Desk::started();
    rehearse(&desk).await;
    desk.exchanges(1).await;
    stop(&mut desk);
    desk
}

fn stop(desk: &mut Desk) {
    desk.printed(&["stop"]);
    assert!(desk.ended().success(), "{}", desk.log());
}

async fn rehearse(desk: &Desk) {
    let hello = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    let response = desk.ask("/v1/messages", &hello).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["stop_reason"], "end_turn");
}

/// Requests are answered and listed; log, snapshot and doctor name the problem.
async fn continues(desk: &Desk, wrong: &str) {
    rehearse(desk).await;
    assert_eq!(desk.exchanges(1).await.len(), 1, "this run's own");
    let problems = desk.snapshot().await.engine.problems;
    assert!(
        problems
            .iter()
            .any(|p| p.what.contains(wrong) && p.fix.contains("kept in memory")),
        "{problems:?}"
    );
    let examined = desk.run(&["doctor"]);
    let printed = text(&examined.stdout);
    assert_eq!(examined.status.code(), Some(1), "{printed}");
    assert!(printed.contains(wrong), "{printed}");
    assert!(desk.log().contains(wrong), "{}", desk.log());
}

async fn is_well(desk: &Desk) -> bool {
    is_good(&desk.get("/doctor").await)
}

fn is_good(doctor: &Value) -> bool {
    let checks = doctor["checks"].as_array().unwrap();
    checks
        .iter()
        .any(|check| check["name"] == "ledger" && check["state"] == "good")
}

/// An owner or a clean-up tool deletes the file while the engine runs, or puts a copy in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_deleted_or_replaced_while_it_is_open_is_put_back() {
    for replaced in [false, true] {
        let mut desk = with_history().await;
        let copy = std::fs::read(file(&desk)).unwrap();
        desk.start();
        assert!(!is_replayed(&desk, "k-1").await);
        let rows = desk.exchanges(2).await.len();
        if replaced {
            std::fs::write(desk.file("copy"), &copy).unwrap();
            std::fs::rename(desk.file("copy"), file(&desk)).unwrap();
        } else {
            for end in ["-wal", "-shm", ""] {
                std::fs::remove_file(desk.file(&format!("ledger.sqlite{end}"))).unwrap();
            }
        }
        let word = if replaced {
            "replaced by another file"
        } else {
            "deleted"
        };
        let problem = |s: &api::Snapshot| {
            let mut problems = s.engine.problems.iter();
            problems.any(|p| p.what.contains(word) && p.fix.contains("Nothing is lost"))
        };
        desk.until("put back", problem).await;
        let doctor = desk.get("/doctor").await;
        assert!(!is_good(&doctor), "{doctor}");
        assert!(!is_replayed(&desk, "k-2").await);
        assert_eq!(desk.exchanges(rows + 1).await.len(), rows + 1);
        stop(&mut desk);

        desk.start();
        assert!(is_well(&desk).await, "{}", desk.log());
        for key in ["k-1", "k-2"] {
            assert!(is_replayed(&desk, key).await, "{key} ran again");
        }
        let others = std::fs::read_dir(desk.home.path()).unwrap();
        let names = others.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let found: Vec<_> = names.filter(|name| name.contains(".found-")).collect();
        assert_eq!(found.len(), usize::from(replaced), "{found:?}");
    }
}

/// Sends a request with this key.
async fn is_replayed(desk: &Desk, key: &str) -> bool {
    let hello = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    let request = desk.http.post(format!("{}/v1/messages", desk.base()));
    let request = request.header("idempotency-key", key).json(&hello);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.headers().contains_key("idempotency-replayed")
}

/// The disk is full at the start, as far as the engine can see: nothing can be created in its folders.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_runtime_file_and_a_ledger_the_engine_serves_and_recovers() {
    let mut desk = Desk::new();
    std::fs::write(desk.file("run"), "no folder").unwrap();
    std::fs::create_dir(file(&desk)).unwrap();
    desk.start();
    let base = desk
        .printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("for agents"));
    let base = base.unwrap().trim().to_owned();
    let hello = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
    let request = desk.http.post(format!("{base}/v1/messages")).json(&hello);
    assert_eq!(request.send().await.unwrap().status(), 200);

    std::fs::remove_file(desk.file("run")).unwrap();
    while !desk.file("run/engine.json").exists() {
        tokio::task::yield_now().await;
    }
    let ledger = |s: &api::Snapshot| {
        s.engine
            .problems
            .iter()
            .any(|p| p.fix.contains("kept in memory"))
    };
    let snapshot = desk
        .until("found", |s| {
            s.engine
                .problems
                .iter()
                .all(|p| !p.what.contains("do not find"))
        })
        .await;
    assert!(ledger(&snapshot), "{:?}", snapshot.engine.problems);
    std::fs::remove_dir(file(&desk)).unwrap();
    desk.until("the ledger is written", |s| !ledger(s)).await;
    assert!(is_well(&desk).await);
    stop(&mut desk);

    desk.start();
    assert_eq!(desk.exchanges(1).await.len(), 1, "it was carried over");
}
