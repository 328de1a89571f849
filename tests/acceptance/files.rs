//! Files of an unexpected kind, size or mode: an error that names the file, and never a wait.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::desk::{Desk, text};

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

type Make = dyn Fn(&Path);

/// Ways to make a file of each unusual kind, with the words of its error.
fn kinds() -> [(&'static str, &'static Make); 4] {
    [
        ("not a regular file", &pipe),
        ("not a regular file", &|path| {
            symlink("/dev/zero", path).unwrap()
        }),
        ("not a regular file", &|path| {
            std::fs::create_dir(path).unwrap()
        }),
        ("larger than 1 MiB", &|path| {
            std::fs::write(path, vec![b'#'; (1 << 20) + 1]).unwrap();
        }),
    ]
}

#[test]
fn settings_that_are_no_file_or_too_large_are_an_error_at_the_start() {
    let desk = Desk::new();
    let file = desk.file("settings.toml");
    for (why, make) in kinds() {
        remove(&file);
        make(&file);
        let output = desk.run(&["serve", "--port", "0"]);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(
            printed.contains(why) && printed.contains("settings.toml"),
            "{printed}"
        );
        let doctor = text(&desk.run(&["doctor"]).stdout);
        assert!(
            doctor.contains("BAD   settings") && doctor.contains(why),
            "{doctor}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_certificate_authorities_the_error_names_the_package() {
    let desk = Desk::new();
    let empty = desk.file("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let output = desk
        .command(&["serve", "--port", "0"])
        .env("SSL_CERT_FILE", &empty)
        .env("SSL_CERT_DIR", desk.file("no-such-folder"))
        .output()
        .unwrap();
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("trusted certificate authorities (No CA certificates")
            && printed.contains("ca-certificates"),
        "{printed}"
    );
}

/// Commands reach the engine over plain HTTP, so only those that reach another computer need certificate authorities.
#[cfg(target_os = "linux")]
#[test]
fn without_certificate_authorities_commands_to_the_engine_work() {
    let desk = Desk::started();
    let empty = desk.file("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let run = |arguments: &[&str]| {
        let output = desk
            .command(arguments)
            .env("SSL_CERT_FILE", &empty)
            .env("SSL_CERT_DIR", desk.file("no-such-folder"))
            .output()
            .unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    for arguments in [&["status"][..], &["doctor"], &["traffic"], &["url"]] {
        let (code, stdout, stderr) = run(arguments);
        let with_authorities = desk.run(arguments);
        assert_eq!(code, with_authorities.status.code(), "{stderr}");
        assert!(!stdout.is_empty() && stderr.is_empty(), "{stderr}");
    }
    desk.settings("[update]\nurl = \"https://updates.example/newest.json\"\npublic_key = \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"\n");
    let (code, _, stderr) = run(&["update", "--check"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("https://updates.example/newest.json cannot be read: this computer has no list of trusted certificate authorities")
            && stderr.contains("ca-certificates"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_become_no_file_or_too_large_keep_the_last_ones() {
    let desk = Desk::started();
    let file = desk.file("settings.toml");
    for (why, make) in kinds() {
        remove(&file);
        make(&file);
        let shown = |s: &api::Snapshot| s.engine.problems.iter().any(|p| p.what.contains(why));
        desk.until(why, shown).await;
        assert!(desk.get("/settings").await["text"].is_string());
        remove(&file);
        desk.settings("");
        desk.until("well", |s| {
            s.engine.problems.iter().all(|p| !p.what.contains(why))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_no_file_is_a_problem_and_blocks_nothing() {
    for make in [&pipe as &dyn Fn(&Path), &|path| {
        symlink("/dev/zero", path).unwrap()
    }] {
        let mut desk = Desk::new();
        make(&desk.file("ledger.sqlite"));
        desk.start();
        let shown = |s: &api::Snapshot| {
            let mut problems = s.engine.problems.iter();
            problems
                .any(|p| p.what.contains("ledger.sqlite") && p.what.contains("not a regular file"))
        };
        desk.until("a problem", shown).await;
        let hello = json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] });
        assert_eq!(desk.ask("/v1/messages", &hello).await.status(), 200);
        assert_eq!(desk.exchanges(1).await.len(), 1, "kept in memory");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_files_are_closed_and_an_open_folder_is_reported() {
    let mut desk = Desk::started();
    desk.printed(&["stop"]);
    assert!(desk.ended().success());
    let own = ["token", "lock", "ledger.sqlite"].map(|name| desk.file(name));
    for file in &own {
        assert_eq!(mode(file), 0o600, "{}", file.display());
        set_mode(file, 0o666);
    }
    set_mode(&desk.file("settings.toml"), 0o666);
    set_mode(desk.home.path(), 0o777);
    desk.start();
    for file in &own {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&desk.file("settings.toml")) & 0o002, 0);
    let log = desk.log();
    assert!(log.contains("token") && log.contains("mode 666"), "{log}");
    let doctor = text(&desk.run(&["doctor"]).stdout);
    let finding = format!("can replace the files in {}", desk.home.path().display());
    assert!(doctor.contains(&finding), "{doctor}");
}

fn remove(path: &Path) {
    if std::fs::remove_dir(path).is_err() {
        let _ = std::fs::remove_file(path);
    }
}
