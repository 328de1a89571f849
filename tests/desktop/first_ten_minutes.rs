//! The first questions, and the question before a stop.

use api::{Command, MenuLine, TrayIcon, TrayView, View};

use crate::desk::Desk;
use crate::engine::Engine;
use crate::page::{Driven, lacks, press, shows};
use crate::states::view;

#[tokio::test(flavor = "multi_thread")]
async fn the_window_opens_for_the_first_questions_and_skip_ends_them() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Unknown, "new")).await;
    engine.change(|snapshot| snapshot.engine.first_run = true);
    let driven = Driven::run_understudy(&desk).await;
    let page = driven.page().await;
    shows(&page, "Set up Understudy").await;
    shows(&page, "Which tools should use it?").await;
    press(&page, "Skip").await;
    engine.received(Command::EndFirstRun).await;
    engine.change(|snapshot| snapshot.engine.first_run = false);
    lacks(&page, "Set up Understudy").await;
}

fn with_stop() -> TrayView {
    let mut shown = view(TrayIcon::Operational, "all works");
    shown.menu.push(MenuLine::Action {
        label: "Stop the engine…".into(),
        command: Command::OpenWindow { view: View::Stop },
        checked: None,
    });
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_from_the_menu_names_the_connected_clients_and_can_disconnect_them_first() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, with_stop()).await;
    let driven = Driven::run_understudy(&desk).await;
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;
    icon.click("Stop the engine…").await;
    let page = driven.page().await;
    shows(&page, "A tool is connected").await;

    press(&page, "Keep running").await;
    lacks(&page, "A tool is connected").await;
    icon.click("Stop the engine…").await;
    press(&page, "Pause").await;
    engine.received(Command::Pause).await;
    assert!(!engine.is_disconnected(), "a pause leaves the clients");

    icon.click("Stop the engine…").await;
    press(&page, "Disconnect and stop").await;
    engine.received(Command::StopEngine).await;
    assert!(engine.is_disconnected(), "first, and then the stop");
}
