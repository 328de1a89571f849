use api::{
    Notification, NotificationAction, NotificationKind, Urgency, View, escape, escape_lines,
};

/// The content of a notification.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// A later notification of the same thread replaces an earlier one on the screen.
    pub(crate) thread: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) urgency: Urgency,
    /// The window's view that a click opens.
    pub(crate) view: View,
    /// Buttons, if the desktop supports them.
    pub(crate) actions: Vec<NotificationAction>,
    /// Shown only as an update of a notification that is on the screen.
    pub(crate) in_place: bool,
    /// It reports the end of an outage.
    #[cfg_attr(
        all(unix, not(target_os = "macos")),
        expect(dead_code, reason = "only platforms that cannot change a note need it")
    )]
    pub(crate) is_end: bool,
}

impl Note {
    /// The title names the other computer on which the engine runs.
    pub(crate) fn on_computer(mut self, computer: Option<&str>) -> Self {
        if let Some(computer) = computer {
            self.title = format!("{}: {}", escape(computer), self.title);
        }
        self
    }
}

impl From<&Notification> for Note {
    fn from(notification: &Notification) -> Self {
        Self {
            thread: notification.thread.clone(),
            // Escaped by the engine too, which may be of another version.
            title: escape(&notification.title).into_owned(),
            body: escape_lines(&notification.body).into_owned(),
            urgency: notification.urgency,
            view: match notification.kind {
                NotificationKind::Outage | NotificationKind::Rise | NotificationKind::Recovery => {
                    View::Incidents
                }
                NotificationKind::Review => View::Review,
                NotificationKind::Fallback | NotificationKind::Own => View::Now,
            },
            actions: notification
                .actions
                .iter()
                .map(|action| NotificationAction {
                    label: escape(&action.label).into_owned(),
                    ..action.clone()
                })
                .collect(),
            in_place: notification.in_place,
            is_end: notification.kind == NotificationKind::Recovery,
        }
    }
}
