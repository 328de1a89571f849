//! The tray application and the real engine: if either one crashes, the other continues.

use std::path::Path;

use api::RuntimeFile;
use rustix::process::{Pid, Signal, kill_process};

use crate::desk::Desk;
use crate::item::Item;
use crate::page::{Driven, press, shows};
use crate::wait::until;

/// A row that exists only in the engine's own menu.
const ENGINES_OWN: &str = "Quit (the engine keeps running)";
/// No page is read and no network is checked; any free port.
const SETTINGS: &str = "[watch]\npages = false\nonline_hosts = []\n[listen]\nport = 0\n";

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn set_up(desk: &Desk) {
    let engine = Path::new(env!("CARGO_BIN_EXE_understudy")).with_file_name("understudyd");
    assert!(
        engine.exists(),
        "build it first: cargo build --package engine"
    );
    desk.set_engine(&engine);
    std::fs::create_dir_all(desk.home()).unwrap();
    std::fs::write(desk.home().join("settings.toml"), SETTINGS).unwrap();
    // An installation that ran before opens no window for the first questions.
    std::fs::write(desk.home().join("token"), TOKEN).unwrap();
}

async fn engine(desk: &Desk, but_not: Option<u32>) -> RuntimeFile {
    until("a running engine", || async {
        let text = std::fs::read(desk.runtime_file()).map_err(|error| error.to_string())?;
        let engine: RuntimeFile =
            serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        if but_not == Some(engine.pid) {
            return Err(format!("still {}", engine.pid));
        }
        Ok(engine)
    })
    .await
}

/// `understudyd stop`
fn stop(desk: &Desk) {
    let engine = Path::new(env!("CARGO_BIN_EXE_understudy")).with_file_name("understudyd");
    let mut command = std::process::Command::new(engine);
    let stopped = desk.dress(&mut command).arg("stop").output().unwrap();
    assert!(stopped.status.success(), "{stopped:?}");
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// The icon of the tray application with this start number.
async fn icon(desk: &Desk, number: usize) -> Item {
    until("the icon", || async {
        if desk.icons() >= number {
            Ok(())
        } else {
            Err(desk.output())
        }
    })
    .await;
    desk.icon().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_is_restarted_with_a_notification() {
    let desk = Desk::start().await;
    set_up(&desk);
    desk.run_understudy();
    let icon = icon(&desk, 1).await;
    icon.row(ENGINES_OWN).await;
    let first = engine(&desk, None).await;

    kill(first.pid);
    desk.note("The engine stopped and was restarted").await;
    let second = engine(&desk, Some(first.pid)).await;
    icon.row(ENGINES_OWN).await;

    kill(second.pid);
    engine(&desk, Some(second.pid)).await;
    icon.row(ENGINES_OWN).await;
    assert_eq!(desk.notes().len(), 1, "one story, one notification");
}

/// The engine ends with an error and leaves its runtime file.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_whose_loop_panicked_is_restarted_with_a_notification() {
    let desk = Desk::start().await;
    set_up(&desk);
    let fault = desk.home().join("fault");
    let mut understudy = std::process::Command::new(env!("CARGO_BIN_EXE_understudy"));
    understudy.env("UNDERSTUDY_TEST_PANIC", &fault);
    desk.run(understudy);
    let icon = icon(&desk, 1).await;
    icon.row(ENGINES_OWN).await;
    let first = engine(&desk, None).await;
    std::fs::write(fault.with_extension("draft"), "loop").unwrap();
    std::fs::rename(fault.with_extension("draft"), &fault).unwrap();
    desk.note("The engine stopped and was restarted").await;
    engine(&desk, Some(first.pid)).await;
    icon.row(ENGINES_OWN).await;
    stop(&desk);
    icon.wait_for_text("Understudy: the engine is stopped")
        .await;
    assert_eq!(desk.notes().len(), 1, "a stop is no crash");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_survives_a_killed_tray_and_the_next_one_finds_it() {
    let desk = Desk::start().await;
    set_up(&desk);
    let tray = desk.run_understudy();
    icon(&desk, 1).await.row(ENGINES_OWN).await;
    let before = engine(&desk, None).await;
    let process = Path::new("/proc").join(before.pid.to_string());
    let status = std::fs::read_to_string(process.join("stat")).unwrap();
    let (_, after_the_name) = status.rsplit_once(") ").unwrap();
    let session = after_the_name.split(' ').nth(3).unwrap();
    assert_eq!(session, before.pid.to_string(), "a session of its own");
    let open = |number: &str| std::fs::read_link(process.join("fd").join(number)).unwrap();
    assert_eq!(open("0"), Path::new("/dev/null"));
    let printed = desk.home().join("log/understudyd.out");
    assert_eq!((open("1"), open("2")), (printed.clone(), printed));

    // A response is being streamed when the tray is killed, and continues to its end.
    let mut answer = rehearsal(&desk, &before, "rehearsal/drip:100ms").await;
    let mut received = answer.chunk().await.unwrap().unwrap().to_vec();
    desk.kill(tray);
    while let Some(piece) = answer.chunk().await.unwrap() {
        received.extend(piece);
    }
    let received = String::from_utf8(received).unwrap();
    assert!(received.starts_with("event: message_start"), "{received}");
    assert!(
        received
            .trim_end()
            .ends_with(r#"data: {"type":"message_stop"}"#),
        "{received}"
    );
    let undisturbed = rehearsal(&desk, &before, "rehearsal/steady")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        spoken(&received),
        spoken(&undisturbed),
        "nothing is missing and nothing came twice"
    );

    desk.run_understudy();
    icon(&desk, 2).await.row(ENGINES_OWN).await;
    assert_eq!(engine(&desk, None).await.pid, before.pid);
    assert!(desk.notes().is_empty(), "nothing happened to the engine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_from_the_menu_lasts_until_a_start_from_the_menu() {
    let desk = Desk::start().await;
    set_up(&desk);
    let driven = Driven::run_understudy(&desk).await;
    let icon = icon(&desk, 1).await;
    let first = engine(&desk, None).await;
    icon.click("Stop the engine…").await;
    let page = driven.page().await;
    press(&page, "Stop the engine").await;
    icon.wait_for_text("Understudy: the engine is stopped")
        .await;
    assert!(!desk.runtime_file().exists());
    icon.click("Start the engine").await;
    engine(&desk, Some(first.pid)).await;
    icon.row(ENGINES_OWN).await;
    assert!(desk.notes().is_empty(), "what was asked for is no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_shows_the_real_engine() {
    let desk = Desk::start().await;
    set_up(&desk);
    let driven = Driven::run_understudy(&desk).await;
    let icon = icon(&desk, 1).await;
    icon.click("Open Understudy").await;
    let page = driven.page().await;
    shows(&page, "See it work").await;
    kill(engine(&desk, None).await.pid);
    desk.note("The engine stopped and was restarted").await;
    icon.row(ENGINES_OWN).await;
    shows(&page, "See it work").await;
}

/// Sends a streaming request to the rehearsal provider through the engine's port.
async fn rehearsal(desk: &Desk, engine: &RuntimeFile, model: &str) -> reqwest::Response {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let token = std::fs::read_to_string(desk.home().join("token")).unwrap();
    let request = serde_json::json!({
        "model": model, "max_tokens": 99, "stream": true,
        "messages": [{ "role": "user", "content": "Are you there?" }]
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/t/{}/v1/messages", engine.address, token.trim());
    client
        .post(url)
        .json(&request)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap()
}

/// The text of a streamed response, piece by piece.
fn spoken(stream: &str) -> Vec<String> {
    let deltas = stream.lines().filter(|line| line.contains("text_delta"));
    deltas
        .map(|line| {
            line.split(r#""text":""#)
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// A running engine of an earlier version, by its runtime file.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_engine_is_replaced_and_the_port_stays() {
    let desk = Desk::start().await;
    set_up(&desk);
    let tray = desk.run_understudy();
    icon(&desk, 1).await.row(ENGINES_OWN).await;
    let before = engine(&desk, None).await;
    desk.kill(tray);
    let older = RuntimeFile {
        version: "0.0.1".into(),
        ..before.clone()
    };
    std::fs::write(desk.runtime_file(), serde_json::to_vec(&older).unwrap()).unwrap();
    // The settings name no fixed port, and the port stays.
    desk.run_understudy();
    icon(&desk, 2).await.row(ENGINES_OWN).await;
    let after = engine(&desk, Some(before.pid)).await;
    assert_eq!(after.address, before.address);
    rehearsal(&desk, &after, "rehearsal/steady").await;
    assert!(desk.notes().is_empty(), "a replacement is no crash");
}
