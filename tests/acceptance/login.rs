//! Starting at login: a systemd user unit, written and linked as `systemctl --user enable` would.

use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, binary, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_unit_is_written_and_linked_and_removed_completely() {
    let mut desk = Desk::new();
    let calls = desk.file("calls");
    with_systemctl(&mut desk, &format!("echo \"$@\" >> '{}'", calls.display()));
    desk.start();
    let units = desk.file("config/systemd/user");
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(false));
    assert!(!units.exists(), "nothing is written before it is asked for");

    let printed = switch(&desk, true).await;
    assert!(printed.contains("at your next login"), "{printed}");
    let unit = units.join("understudy.service");
    let engine = binary();
    let expected = format!(
        "[Unit]
Description=Understudy engine
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStart=\"{}\" serve
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=3
KillMode=mixed
TimeoutStopSec=90

[Install]
WantedBy=default.target
",
        Path::new(engine.get_program()).display()
    );
    assert_eq!(std::fs::read_to_string(&unit).unwrap(), expected);
    let wanted = units.join("default.target.wants/understudy.service");
    assert_eq!(std::fs::read_link(&wanted).unwrap(), unit);
    assert_eq!(
        std::fs::read_to_string(&calls).unwrap(),
        "--user daemon-reload\n"
    );
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(true));
    assert_eq!(examined(&desk).await, json!("on."));
    verify(&desk, &unit);

    // A second call changes nothing.
    switch(&desk, true).await;
    assert_eq!(std::fs::read_to_string(&unit).unwrap(), expected);
    assert_eq!(std::fs::read_link(&wanted).unwrap(), unit);

    let printed = switch(&desk, false).await;
    assert!(printed.contains("no longer starts at login"), "{printed}");
    assert_eq!(files_below(&units), 0, "nothing is left");
    assert_eq!(examined(&desk).await, json!("off."));
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(false));
    switch(&desk, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_running_user_manager_the_unit_takes_effect_at_the_next_login() {
    let mut desk = Desk::new();
    with_systemctl(
        &mut desk,
        "echo 'Failed to connect to bus: No medium found' >&2; exit 1",
    );
    desk.start();
    let printed = switch(&desk, true).await;
    assert!(printed.contains("at your next login"), "{printed}");
    assert!(
        desk.log().contains("no user manager runs now"),
        "{}",
        desk.log()
    );
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_systemd_a_desktop_entry_starts_the_engine() {
    let mut desk = Desk::new();
    let empty = desk.file("empty");
    std::fs::create_dir(&empty).unwrap();
    desk.env("PATH", &empty.display().to_string());
    desk.start();
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(false));
    let printed = switch(&desk, true).await;
    assert!(printed.contains("login to the desktop"), "{printed}");
    let entry = desk.file(".config/autostart/understudy-engine.desktop");
    let text = std::fs::read_to_string(&entry).unwrap();
    let engine = binary();
    let program = Path::new(engine.get_program()).display();
    assert!(
        text.contains(&format!("Exec=\"{program}\" serve\n")),
        "{text}"
    );
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(true));
    switch(&desk, false).await;
    assert!(!entry.exists());
}

/// The unit of the version before lacks a line.
#[tokio::test(flavor = "multi_thread")]
async fn the_unit_of_an_earlier_version_is_brought_up_to_date_at_the_start() {
    let mut desk = Desk::new();
    with_systemctl(&mut desk, "true");
    desk.start();
    switch(&desk, true).await;
    let unit = desk.file("config/systemd/user/understudy.service");
    let present = std::fs::read_to_string(&unit).unwrap();
    let earlier = present.replace("StartLimitIntervalSec=0\n", "");
    assert_ne!(earlier, present);
    desk.printed(&["stop"]);
    desk.ended();
    std::fs::write(&unit, &earlier).unwrap();
    desk.start();
    // Another thread writes it.
    while std::fs::read_to_string(&unit).unwrap() != present {
        std::thread::yield_now();
    }
    assert_eq!(desk.snapshot().await.engine.starts_at_login, Some(true));
}

/// Puts a `systemctl` with this script into PATH.
fn with_systemctl(desk: &mut Desk, does: &str) {
    use std::os::unix::fs::PermissionsExt;
    let folder = desk.file("bin");
    let program = folder.join("systemctl");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&program, format!("#!/bin/sh\n{does}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    desk.env("PATH", &format!("{}:/usr/bin:/bin", folder.display()));
    let config = desk.file("config");
    desk.env("XDG_CONFIG_HOME", &config.display().to_string());
}

async fn ask(desk: &Desk, on: bool) -> (reqwest::StatusCode, Value) {
    let command = json!({ "do": "start_at_login", "on": on });
    desk.control(Method::POST, "/do", Some(command)).await
}

/// The doctor's line about start at login.
async fn examined(desk: &Desk) -> Value {
    let doctor = desk.get("/doctor").await;
    let mut checks = doctor["checks"].as_array().unwrap().iter();
    let ours = checks.find(|check| check["name"] == "start at login");
    ours.unwrap()["said"].clone()
}

async fn switch(desk: &Desk, on: bool) -> String {
    let (status, answer) = ask(desk, on).await;
    assert!(status.is_success(), "{status} {answer}");
    answer["said"].as_str().unwrap().to_owned()
}

/// Verifies the unit with systemd, if it is installed.
fn verify(desk: &Desk, unit: &Path) {
    let checked = Command::new("systemd-analyze")
        .args(["verify", "--user"])
        .arg(unit)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", desk.home.path())
        .env("XDG_RUNTIME_DIR", desk.home.path())
        .output();
    let Ok(checked) = checked else { return };
    let printed = text(&checked.stderr);
    assert!(checked.status.success(), "{printed}");
    assert!(!printed.contains("understudy.service"), "{printed}");
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.file_type().unwrap().is_dir() {
                files_below(&entry.path())
            } else {
                1
            }
        })
        .sum()
}
