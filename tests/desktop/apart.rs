//! Without an engine or a panel, the application stays usable and shows what is missing.

use api::TrayIcon;

use crate::desk::{Desk, Service};
use crate::engine::Engine;
use crate::item::labels;
use crate::page::{Driven, lacks, shows};
use crate::states::view;
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_start_has_its_reason_in_the_tray() {
    let desk = Desk::start().await;
    let attempts = desk.home().join("tries");
    let script = format!(
        "#!/bin/sh\necho starting >> '{}'\necho 'port 4747 is taken by another program' >&2\nexit 1\n",
        attempts.display()
    );
    desk.set_engine(&desk.script("understudyd", &script));
    desk.run_understudy();
    let icon = desk.icon().await;
    let tooltip = icon
        .wait_for_text("port 4747 is taken by another program")
        .await;
    assert!(
        tooltip.starts_with("Understudy: the engine is restarting"),
        "{tooltip}"
    );
    let before = icon.row("Try to start the engine now").await;
    let rows = icon.menu().await.unwrap();
    assert_eq!(
        labels(&rows)[1..],
        ["Try to start the engine now", "Open Understudy", "Quit"]
    );

    // More failed starts change labels, not rows: a click on a previously read row still works.
    let tried = || std::fs::read_to_string(&attempts).unwrap().lines().count();
    let so_far = tried();
    icon.click("Try to start the engine now").await;
    until("two more tries", || async {
        let now = tried();
        (now >= so_far + 2).then_some(()).ok_or(format!("{now}"))
    })
    .await;
    let after = icon.row("Try to start the engine now").await;
    assert_eq!(after.id, before.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_stopped_on_purpose_stays_stopped_until_requested() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let requested = desk.home().join("asked");
    let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", requested.display());
    desk.set_engine(&desk.script("understudyd", &script));
    desk.run_understudy();
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;

    engine.stop();
    icon.wait_for_text("Understudy: the engine is stopped")
        .await;
    assert!(!requested.exists(), "a deliberate stop is not undone");
    icon.click("Start the engine").await;
    icon.wait_for_text("the engine is restarting").await;
    assert!(requested.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_progress_is_not_undone() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let requested = desk.home().join("asked");
    let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", requested.display());
    desk.set_engine(&desk.script("understudyd", &script));
    desk.run_understudy();
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;

    engine.stop_connections_first();
    icon.wait_for_text("Understudy: the engine is stopped")
        .await;
    assert!(!requested.exists(), "a deliberate stop is not undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_panel_the_window_opens_and_the_icon_appears_with_the_panel() {
    let desk = Desk::bare(Service::Absent).await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let driven = Driven::run_understudy(&desk).await;
    let page = driven.page().await;
    shows(&page, "All your providers work.").await;
    shows(
        &page,
        "This desktop has no place for tray icons, so this window opened instead.",
    )
    .await;
    let message = "this desktop has no place for a tray icon";
    assert_eq!(
        desk.output().matches(message).count(),
        1,
        "{}",
        desk.output()
    );

    desk.add_panel().await;
    let icon = desk.icon().await;
    engine.show(view(TrayIcon::Outage, "down"));
    icon.wait_for_text("down").await;
    lacks(&page, "No tray icon.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gnome_without_its_extension_shows_how_to_install_it_until_a_panel_shows_icons() {
    let desk = Desk::bare(Service::Absent).await;
    desk.set_name("ubuntu:GNOME");
    desk.add_icon_service().await;
    let _engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let driven = Driven::run_understudy(&desk).await;
    let page = driven.page().await;
    shows(&page, "GNOME shows no tray icons without an extension").await;
    shows(&page, "AppIndicator and KStatusNotifierItem Support").await;

    // Each attempt registers an icon, which no panel shows.
    let attempts = desk.icons();
    desk.show_icons();
    until("an icon in the panel", || async {
        let icons = desk.icons();
        (icons > attempts).then_some(()).ok_or(format!("{icons}"))
    })
    .await;
    desk.icon().await.wait_for_text("all works").await;
    lacks(&page, "No tray icon.").await;
}
