//! The application shows the engine of another computer through a tunnel, and leaves that engine's life alone.

use std::process::Command;

use api::{Command as EngineCommand, MenuLine, RuntimeFile, TrayIcon};

use fantoccini::Locator;

use crate::desk::Desk;
use crate::engine::Engine;
use crate::item::labels;
use crate::page::{Driven, shows};
use crate::states::view;

/// The runtime file of the engine, as if it was copied from the other computer.
fn copied(desk: &Desk) -> (std::path::PathBuf, RuntimeFile) {
    let file = desk.home().join("from-build-server.json");
    std::fs::rename(desk.runtime_file(), &file).unwrap();
    let runtime = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    (file, runtime)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_on_another_computer_is_named_and_not_started_or_stopped() {
    let desk = Desk::start().await;
    let mut shown = view(TrayIcon::Operational, "all works");
    shown.menu.push(MenuLine::Action {
        label: "Stop the engine".into(),
        command: EngineCommand::StopEngine,
        checked: None,
    });
    let engine = Engine::start(&desk, shown).await;
    engine.change(|snapshot| snapshot.engine.computer = "build-server".into());
    let (token_file, runtime) = copied(&desk);
    let started = desk.home().join("started");
    let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", started.display());
    desk.set_engine(&desk.script("understudyd", &script));
    let mut understudy = Command::new(env!("CARGO_BIN_EXE_understudy"));
    understudy.args(["--engine", &runtime.address, "--control-token-file"]);
    understudy.arg(&token_file);
    desk.run(understudy);
    let icon = desk.icon().await;
    icon.wait_for_text("Engine on build-server").await;
    let rows = icon.menu().await.unwrap();
    let labels = labels(&rows);
    assert_eq!(labels[0], "Engine on build-server");
    assert!(!labels.contains(&"Stop the engine"), "{labels:?}");

    std::fs::copy(&token_file, desk.runtime_file()).unwrap();
    engine.stop();
    icon.wait_for_text("the engine does not answer").await;
    let rows = icon.menu().await.unwrap();
    assert!(
        crate::item::labels(&rows).contains(&"Try again now"),
        "{:?}",
        crate::item::labels(&rows)
    );
    assert!(!started.exists(), "no engine is started here");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_has_no_stop_for_an_engine_on_another_computer() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    engine.change(|snapshot| snapshot.engine.computer = "build-server".into());
    let (token_file, runtime) = copied(&desk);
    let token_file = token_file.display();
    let options = [
        format!("--engine={}", runtime.address),
        format!("--control-token-file={token_file}"),
    ];
    let driven = Driven::run_understudy_with(&desk, &options).await;
    let icon = desk.icon().await;
    icon.wait_for_text("Engine on build-server").await;
    icon.click("Open Understudy").await;
    let page = driven.page().await;
    shows(&page, "All your providers work.").await;
    shows(&page, "Engine on build-server").await;
    let settings = Locator::Css("nav li:nth-child(5) button");
    let settings = page.wait().for_element(settings).await.unwrap();
    settings.click().await.unwrap();
    shows(&page, "Start and stop it on that computer.").await;
    let source = page.source().await.unwrap();
    assert!(!source.contains("Stop the engine"), "{source}");
}
