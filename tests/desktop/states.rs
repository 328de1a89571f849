//! The icon, its tooltip and its menu follow the engine's snapshot.

use api::{Command, MenuLine, TrayIcon, TrayView, View};

use crate::desk::Desk;
use crate::engine::Engine;
use crate::item::{Item, Picture, labels};
use crate::wait::until;

fn text(label: &str) -> MenuLine {
    MenuLine::Text {
        label: label.into(),
    }
}

fn action(label: &str, command: Command, checked: Option<bool>) -> MenuLine {
    MenuLine::Action {
        label: label.into(),
        command,
        checked,
    }
}

pub(crate) fn view(icon: TrayIcon, tooltip: &str) -> TrayView {
    let open = Command::OpenWindow { view: View::Now };
    let menu = vec![
        text(tooltip),
        MenuLine::Separator,
        action("Open Understudy", open, None),
        action("Quit", Command::Quit, None),
    ];
    TrayView {
        icon,
        rehearsal: false,
        tooltip: tooltip.into(),
        menu,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_has_a_distinct_shape_and_colour() {
    let desk = Desk::start().await;
    let states = [
        (TrayIcon::Operational, "all works"),
        (TrayIcon::Degraded, "slow"),
        (TrayIcon::Outage, "down"),
        (TrayIcon::Unknown, "not known"),
        (TrayIcon::Paused, "paused"),
        (TrayIcon::Carried, "carried"),
        (TrayIcon::Quiet, "by pages only"),
        (TrayIcon::Limited, "limit used up"),
    ];
    // Calm states share a colour with another state, and differ in shape.
    let calm = ["carried", "by pages only", "limit used up"];
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "first")).await;
    desk.run_understudy();
    let icon = desk.icon().await;

    let mut seen: Vec<(&str, Picture)> = Vec::new();
    for (state, tooltip) in states {
        engine.show(view(state, tooltip));
        icon.wait_for_text(tooltip).await;
        let plain = icon.picture().await;
        assert!(
            plain.width >= 32,
            "a panel would have to scale {} pixels up",
            plain.width
        );

        let rehearsed = format!("{tooltip}, rehearsed");
        engine.show(TrayView {
            rehearsal: true,
            ..view(state, &rehearsed)
        });
        icon.wait_for_text(&rehearsed).await;
        assert!(
            icon.picture().await != plain,
            "{tooltip}: the rehearsal has a badge"
        );
        seen.push((tooltip, plain));
    }
    for (at, (name, picture)) in seen.iter().enumerate() {
        for (other_name, other) in &seen[..at] {
            let shape = picture.differs_in_shape(other);
            assert!(
                shape > 0.04,
                "{name} and {other_name} have nearly one shape ({shape:.3})"
            );
            if calm.contains(name) || calm.contains(other_name) {
                continue;
            }
            let (a, b) = (picture.colour(), other.colour());
            let colour: f64 = (0..3).map(|channel| (a[channel] - b[channel]).abs()).sum();
            assert!(
                colour > 30.0,
                "{name} and {other_name} have nearly one colour ({a:?}, {b:?})"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn menu_rows_have_the_engines_labels_and_commands() {
    let desk = Desk::start().await;
    let menu = |first: &str, login: bool| {
        let rehearse = Command::Rehearse { seconds: 60 };
        TrayView {
            menu: vec![
                text(first),
                MenuLine::Separator,
                MenuLine::Submenu {
                    label: "Rehearsal".into(),
                    lines: vec![action("Rehearse an outage for 60 s", rehearse, None)],
                },
                action(
                    "Start at login",
                    Command::StartAtLogin { on: true },
                    Some(login),
                ),
                action("Pause", Command::Pause, None),
            ],
            ..view(TrayIcon::Operational, first)
        }
    };
    let engine = Engine::start(&desk, menu("Claude: operational", false)).await;
    desk.run_understudy();
    let icon = desk.icon().await;

    let fact = icon.row("Claude: operational").await;
    assert!(!fact.enabled, "a fact cannot be clicked");
    let rows = icon.menu().await.unwrap();
    assert_eq!(
        labels(&rows),
        [
            "Claude: operational",
            "Rehearsal",
            "Start at login",
            "Pause"
        ]
    );

    // A row's label changes in place, so an open menu stays open. Special characters are shown as text.
    engine.show(menu("R&D's my_proxy: <down> since 20:04", false));
    let changed = icon.row("R&D's my_proxy: <down> since 20:04").await;
    assert_eq!(changed.id, fact.id);

    icon.click("Rehearse an outage for 60 s").await;
    engine.received(Command::Rehearse { seconds: 60 }).await;
    icon.click("Pause").await;
    engine.received(Command::Pause).await;

    // A click changes the tick, and the engine refuses: the menu shows the real state, and a notification the reason.
    engine.refuse_commands("There is no service manager.", "Start Understudy by hand.");
    icon.click("Start at login").await;
    engine.received(Command::StartAtLogin { on: true }).await;
    let note = desk.note("The command failed").await;
    assert_eq!(
        note.body,
        "There is no service manager. Start Understudy by hand."
    );
    ticked(&icon, "Start at login", false).await;
    engine.show(menu("R&D's my_proxy: <down> since 20:04", true));
    ticked(&icon, "Start at login", true).await;
}

async fn ticked(icon: &Item, label: &str, on: bool) {
    until("the tick", || async {
        let row = icon.row(label).await;
        if row.ticked == Some(on) {
            Ok(())
        } else {
            Err(format!("{row:?}"))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quit_closes_the_icon_and_the_engine_keeps_running() {
    let desk = Desk::start().await;
    let engine = Engine::start(&desk, view(TrayIcon::Operational, "all works")).await;
    let pid = desk.run_understudy();
    let icon = desk.icon().await;
    icon.wait_for_text("all works").await;
    icon.click("Quit").await;
    until("the tray application to end", || async {
        match desk.ended(pid) {
            Some(status) if status.success() => Ok(()),
            Some(status) => panic!("it ended with {status}"),
            None => Err("it runs".into()),
        }
    })
    .await;
    assert_eq!(engine.commands(), [], "nobody asked the engine to stop");
}
