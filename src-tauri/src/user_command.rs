use api::{Accepted, Command, View};
use tokio::sync::{mpsc, oneshot};

pub(crate) type CommandResult = Result<Accepted, String>;

/// A command of the user, from any part of the interface.
#[derive(Debug)]
pub(crate) enum UserCommand {
    Run {
        command: Command,
        /// `None`: no caller waits, so a refusal is shown as a notification.
        reply: Option<oneshot::Sender<CommandResult>>,
    },
    /// A menu row was clicked, which may have changed its tick.
    Menu(Command),
}

impl UserCommand {
    pub(crate) fn open(view: View) -> Self {
        Self::Run {
            command: Command::OpenWindow { view },
            reply: None,
        }
    }

    /// A notification's button, for which no caller waits.
    pub(crate) fn pressed(command: Command) -> Self {
        Self::Run {
            command,
            reply: None,
        }
    }

    pub(crate) fn chosen_in_the_menu(command: Command) -> Self {
        Self::Menu(command)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct UserCommands(pub(crate) mpsc::UnboundedSender<UserCommand>);

impl UserCommands {
    pub(crate) fn send(&self, command: UserCommand) {
        // The shell receives as long as the application runs; later the command is dropped.
        let _ = self.0.send(command);
    }
}
