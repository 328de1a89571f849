//! A notification of the engine is shown once, and its result is reported to the engine.

use api::{Command, NotificationAction, NotificationOutcome, TrayIcon};

use crate::desk::{Desk, Service};
use crate::engine::{Engine, notification};
use crate::states::view;

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_shown_once_and_replaced_by_a_later_one_of_its_thread() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Outage, "down")).await;
    desk.run_understudy();
    desk.icon().await.wait_for_text("down").await;

    let down = notification(
        41,
        "outage",
        "critical",
        "Claude is down",
        "It is them, <not you> (since 20:04).",
    );
    engine.change(|snapshot| snapshot.notifications = vec![down.clone()]);
    let shown = desk.note("Claude is down").await;
    assert_eq!(shown.body, "It is them, &lt;not you&gt; (since 20:04).");
    assert_eq!((shown.urgency, shown.replaces), (2, 0));
    assert_eq!(shown.actions, ["default", "Open Understudy"]);
    assert_eq!(engine.outcome_of(41).await, NotificationOutcome::Shown);

    // An engine that lost the result lists the notification again: the result is reported again, and the notification
    // is not shown again.
    engine.forget_outcomes();
    engine.change(|snapshot| snapshot.notifications = vec![down]);
    assert_eq!(engine.outcome_of(41).await, NotificationOutcome::Shown);

    let up = notification(
        42,
        "recovery",
        "normal",
        "Claude is back",
        "It was down for 2 h.",
    );
    engine.change(|snapshot| snapshot.notifications = vec![up]);
    let replacement = desk.note("Claude is back").await;
    assert_eq!(replacement.replaces, shown.id);
    assert_eq!(engine.outcome_of(42).await, NotificationOutcome::Shown);
    let titles: Vec<_> = desk.notes().into_iter().map(|note| note.title).collect();
    assert_eq!(titles, ["Claude is down", "Claude is back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_notification_opens_the_window() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Outage, "down")).await;
    desk.run_understudy();
    desk.icon().await.wait_for_text("down").await;
    let down = notification(1, "outage", "critical", "Claude is down", "It is them.");
    engine.change(|snapshot| snapshot.notifications = vec![down]);
    let shown = desk.note("Claude is down").await;
    desk.click_note(shown.id).await;
    engine.page_connects(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_a_notification_sends_its_command() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Degraded, "degraded")).await;
    desk.run_understudy();
    desk.icon().await.wait_for_text("degraded").await;
    let mut moved = notification(
        1,
        "fallback",
        "normal",
        "Opus is failing",
        "Sonnet answers.",
    );
    let stop = Command::Siblings { allow: Some(false) };
    moved.actions = vec![NotificationAction {
        label: "Stop this".into(),
        command: stop.clone(),
    }];
    engine.change(|snapshot| snapshot.notifications = vec![moved]);
    let shown = desk.note("Opus is failing").await;
    let buttons = ["default", "Open Understudy", "button-0", "Stop this"];
    assert_eq!(shown.actions, buttons);
    desk.press_note(shown.id, "button-0").await;
    engine.received(stop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_notification_service_the_engine_gets_the_reason() {
    let desk = Desk::bare(Service::Absent).await;
    desk.add_panel().await;
    assert_eq!(
        not_shown(&desk).await,
        "This desktop has no notification service."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_service_that_hangs_blocks_nothing() {
    let desk = Desk::bare(Service::Hangs).await;
    desk.add_panel().await;
    assert_eq!(
        not_shown(&desk).await,
        "The notification service did not respond within 3 s."
    );
}

async fn not_shown(desk: &Desk) -> String {
    let engine = Engine::start(desk, view(TrayIcon::Outage, "down")).await;
    desk.run_understudy();
    let icon = desk.icon().await;
    icon.wait_for_text("down").await;
    let down = notification(1, "outage", "critical", "Claude is down", "It is them.");
    engine.change(|snapshot| snapshot.notifications = vec![down]);
    let NotificationOutcome::NotShown { why } = engine.outcome_of(1).await else {
        panic!("it was shown");
    };
    // The tray still works.
    engine.show(view(TrayIcon::Operational, "all works"));
    icon.wait_for_text("all works").await;
    why
}
