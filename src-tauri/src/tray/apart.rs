//! The tray while no engine is connected.

use api::{Command, MenuLine, TrayIcon, TrayView, View};

use crate::engine_process::{Apart, State};

pub(crate) fn view(apart: &Apart) -> TrayView {
    let (tooltip, start) = match apart.state {
        State::Starting | State::Running => ("the engine is starting", None),
        State::Restarting => (
            "the engine is restarting",
            Some("Try to start the engine now"),
        ),
        State::Stopped => ("the engine is stopped", Some("Start the engine")),
        State::Unreachable => ("the engine does not answer", Some("Try again now")),
    };
    let open = Command::OpenWindow { view: View::Now };
    let mut menu = vec![
        MenuLine::Text {
            label: apart.detail.clone(),
        },
        MenuLine::Separator,
    ];
    menu.extend(start.map(|label| action(label, Command::StartEngine)));
    menu.push(action("Open Understudy", open));
    menu.push(action("Quit", Command::Quit));
    let tooltip = match apart.state {
        State::Restarting | State::Unreachable => {
            format!("Understudy: {tooltip}\n{}", apart.detail)
        }
        State::Starting | State::Running | State::Stopped => format!("Understudy: {tooltip}"),
    };
    TrayView {
        icon: TrayIcon::Unknown,
        rehearsal: false,
        tooltip,
        menu,
    }
}

fn action(label: &str, command: Command) -> MenuLine {
    MenuLine::Action {
        label: label.into(),
        command,
        checked: None,
    }
}

#[cfg(test)]
mod tests {
    use api::{Command, MenuLine, TrayIcon, View};

    use super::{action, view};
    use crate::engine_process::{Apart, State};

    #[test]
    fn a_stopped_engine_can_be_started() {
        let shown = view(&Apart {
            state: State::Stopped,
            detail: "The engine is stopped.".into(),
        });
        assert_eq!(shown.icon, TrayIcon::Unknown);
        assert_eq!(shown.tooltip, "Understudy: the engine is stopped");
        assert_eq!(
            shown.menu,
            [
                MenuLine::Text {
                    label: "The engine is stopped.".into()
                },
                MenuLine::Separator,
                action("Start the engine", Command::StartEngine),
                action("Open Understudy", Command::OpenWindow { view: View::Now }),
                action("Quit", Command::Quit),
            ]
        );
    }

    #[test]
    fn an_engine_that_does_not_start_states_the_reason() {
        let shown = view(&Apart {
            state: State::Restarting,
            detail: "Port 4747 is taken.".into(),
        });
        assert_eq!(
            shown.tooltip,
            "Understudy: the engine is restarting\nPort 4747 is taken."
        );
    }
}
