//! The tray of an engine on another computer: its name, and no commands that only that computer can undo.

use api::{Command, MenuLine, TrayView};

pub(crate) fn view(mut view: TrayView, computer: &str) -> TrayView {
    let name = engine_on(computer);
    view.tooltip = format!("{name}\n{}", view.tooltip);
    let mut menu = vec![MenuLine::Text { label: name }, MenuLine::Separator];
    menu.extend(
        view.menu
            .into_iter()
            .filter(|line| !is_of_its_computer(line)),
    );
    view.menu = menu;
    view
}

pub(crate) fn engine_on(computer: &str) -> String {
    format!("Engine on {computer}")
}

fn is_of_its_computer(line: &MenuLine) -> bool {
    match line {
        MenuLine::Action { command, .. } => stays_there(command),
        MenuLine::Text { .. } | MenuLine::Separator | MenuLine::Submenu { .. } => false,
    }
}

/// Stopped from here, the engine could be started again only on its own computer.
pub(crate) fn stays_there(command: &Command) -> bool {
    matches!(command, Command::StopEngine | Command::StartAtLogin { .. })
}

#[cfg(test)]
mod tests {
    use api::TrayIcon;

    use super::*;

    #[test]
    fn the_menu_names_the_computer_and_has_no_stop() {
        let action = |label: &str, command| MenuLine::Action {
            label: label.into(),
            command,
            checked: None,
        };
        let quit = action("Quit (the engine keeps running)", Command::Quit);
        let shown = view(
            TrayView {
                icon: TrayIcon::Operational,
                rehearsal: false,
                tooltip: "all works".into(),
                menu: vec![action("Stop the engine", Command::StopEngine), quit.clone()],
            },
            "build-server",
        );
        assert_eq!(shown.tooltip, "Engine on build-server\nall works");
        let name = MenuLine::Text {
            label: "Engine on build-server".into(),
        };
        assert_eq!(shown.menu, [name, MenuLine::Separator, quit]);
    }
}
