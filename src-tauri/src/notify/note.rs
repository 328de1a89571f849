use api::{Notice, NoticeAction, NoticeKind, Urgency, View};

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
    pub(crate) actions: Vec<NoticeAction>,
    /// Shown only as an update of a notification that is on the screen.
    pub(crate) in_place: bool,
    /// It reports the end of an outage.
    #[cfg_attr(
        all(unix, not(target_os = "macos")),
        expect(dead_code, reason = "only platforms that cannot change a note need it")
    )]
    pub(crate) is_end: bool,
}

impl From<&Notice> for Note {
    fn from(notice: &Notice) -> Self {
        Self {
            thread: notice.thread.clone(),
            title: notice.title.clone(),
            body: notice.body.clone(),
            urgency: notice.urgency,
            view: match notice.kind {
                NoticeKind::Outage | NoticeKind::Rise | NoticeKind::Recovery => View::Incidents,
                NoticeKind::Review => View::Review,
                NoticeKind::Fallback | NoticeKind::Own => View::Now,
            },
            actions: notice.actions.clone(),
            in_place: notice.in_place,
            is_end: notice.kind == NoticeKind::Recovery,
        }
    }
}
