//! A report leaves the window: onto the clipboard, and into a file.

use api::TrayIcon;
use fantoccini::Locator;

use crate::desk::Desk;
use crate::engine::Engine;
use crate::page::{Driven, shows};
use crate::states::view;

/// A web view copies nothing after a request to the engine, and saves no file: the shell does both.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_copied_and_saved() {
    let desk = Desk::start().await;
    let _engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let driven = Driven::run_understudy(&desk).await;
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;
    icon.click("Open Understudy").await;
    let page = driven.page().await;
    let press = async |what: &str| {
        let found = page.wait().for_element(Locator::XPath(what)).await;
        found.unwrap().click().await.unwrap();
    };
    press("//nav//button[contains(., 'Incidents')]").await;
    press("//a[. = 'Reports']").await;
    press("//button[contains(., 'Copy as Markdown')]").await;
    shows(&page, "Copied").await;

    press("//button[. = 'Save']").await;
    shows(&page, "Saved: ").await;
    let file = desk.home().with_file_name("report-2026-06.html");
    let saved = std::fs::read_to_string(file).unwrap();
    assert_eq!(saved, "month=2026-06&format=html");
}
