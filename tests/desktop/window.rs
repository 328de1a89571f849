//! The window is created on request, and destroyed when it is closed.

use api::TrayIcon;
use fantoccini::Locator;

use crate::desk::Desk;
use crate::engine::Engine;
use crate::page::{Driven, shows};
use crate::states::view;
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_created_on_request_and_destroyed_when_closed() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let driven = Driven::run_understudy(&desk).await;
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;
    let pid = icon.pid().await;
    assert_eq!(web_views_of(pid), 0, "an idle tray holds no web view");

    icon.click("Open Understudy").await;
    let page = driven.page().await;
    shows(&page, "All your providers work.").await;
    engine.change(|snapshot| {
        snapshot.headline.sentence = "Claude is down: it is them, not you.".into()
    });
    shows(&page, "Claude is down: it is them, not you.").await;
    assert_eq!(web_views_of(pid), 1);

    desk.close_window("Understudy");
    until("the web view to end", || async {
        match web_views_of(pid) {
            0 => Ok(()),
            more => Err(format!("{more}")),
        }
    })
    .await;
    engine.show(view(TrayIcon::Outage, "down"));
    icon.wait_for_text("down").await;

    icon.click("Open Understudy").await;
    engine.page_connects(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_anywhere_on_a_row_of_requests_opens_that_row() {
    let desk = Desk::start().await;
    let _engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let driven = Driven::run_understudy(&desk).await;
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;
    icon.click("Open Understudy").await;
    let page = driven.page().await;
    let press = async |what: &str| {
        let found = page.wait().for_element(Locator::Css(what)).await;
        found.unwrap().click().await.unwrap();
    };
    press("nav li:nth-child(4) button").await;
    for (row, story) in [
        (2, "The story of request 2."),
        (1, "The story of request 3."),
    ] {
        press(&format!("tbody tr:nth-child({row}) td.model")).await;
        shows(&page, story).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_and_a_click_on_the_icon_open_the_window_of_the_first() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    desk.run_understudy();
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;

    let second = desk.run_understudy();
    until("the second to end", || async {
        match desk.ended(second) {
            Some(status) if status.success() => Ok(()),
            Some(status) => panic!("it ended with {status}"),
            None => Err("it runs".into()),
        }
    })
    .await;
    engine.page_connects(1).await;
    icon.activate().await;
    assert_eq!(desk.icons(), 1, "the second made no icon");
}

/// Web processes below this one, as the kernel lists them.
fn web_views_of(pid: u32) -> usize {
    let list =
        std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace()
        .map(|child| {
            let child: u32 = child.parse().unwrap();
            let name = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
            usize::from(name.starts_with("WebKitWebProc")) + web_views_of(child)
        })
        .sum()
}
