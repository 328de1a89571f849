//! Why this desktop shows no tray icon, and how the owner gets one.

use serde::Serialize;
use tokio::sync::watch;

/// The window shows it until an icon is in a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MissingPanel {
    pub(crate) why: String,
    pub(crate) how: String,
    /// Commands for a terminal: a name, and the command.
    pub(crate) commands: Vec<(&'static str, &'static str)>,
}

/// `None`: the icon is in a panel, or the desktop has not been examined yet.
pub(crate) type Panel = Option<MissingPanel>;

/// For the window's page.
pub(crate) struct PanelSeen(pub(crate) watch::Receiver<Panel>);

/// State of the desktop's service for icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watcher {
    Absent,
    /// It registers icons, and no panel shows them.
    WithoutHost,
    WithHost,
}

const APPINDICATOR: &str = "AppIndicator and KStatusNotifierItem Support";

/// `desktop`: value of XDG_CURRENT_DESKTOP.
pub(crate) fn missing(desktop: &str, watcher: Watcher) -> MissingPanel {
    let is_gnome = desktop
        .split(':')
        .any(|name| name.eq_ignore_ascii_case("gnome"));
    let why = match (is_gnome, watcher) {
        (true, Watcher::Absent | Watcher::WithoutHost) => {
            "GNOME shows no tray icons without an extension, so this window opened instead."
        }
        (false, Watcher::Absent) => {
            "This desktop has no place for tray icons, so this window opened instead."
        }
        (false, Watcher::WithoutHost) => {
            "No panel of this desktop shows tray icons, so this window opened instead."
        }
        (_, Watcher::WithHost) => "The tray icon could not be created; the log has the reason.",
    };
    let (how, commands) = match (is_gnome, watcher) {
        (true, Watcher::Absent | Watcher::WithoutHost) => (
            format!(
                "Install the extension {APPINDICATOR}, log out and in, and switch it on in the application Extensions."
            ),
            vec![
                (
                    "Debian, Ubuntu",
                    "sudo apt install gnome-shell-extension-appindicator",
                ),
                (
                    "Fedora",
                    "sudo dnf install gnome-shell-extension-appindicator",
                ),
            ],
        ),
        (false, Watcher::Absent | Watcher::WithoutHost) => (
            "Add a system tray (\"status notifier\") to a panel. The icon then appears without a restart.".into(),
            Vec::new(),
        ),
        (_, Watcher::WithHost) => (
            "Understudy repeats the attempt every 2 s. Starting it a second time opens this window.".into(),
            Vec::new(),
        ),
    };
    MissingPanel {
        why: why.into(),
        how,
        commands,
    }
}

#[cfg(target_os = "linux")]
pub(crate) async fn examined() -> MissingPanel {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
    missing(&desktop, on_the_bus::watcher().await)
}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn examined() -> MissingPanel {
    missing("", Watcher::WithHost)
}

#[cfg(target_os = "linux")]
mod on_the_bus {
    use std::time::Duration;

    use tokio::time::timeout;
    use zbus::proxy;

    use super::Watcher;

    /// A watcher that does not respond by then counts as absent.
    const TIMEOUT: Duration = Duration::from_secs(2);

    #[proxy(
        interface = "org.kde.StatusNotifierWatcher",
        default_service = "org.kde.StatusNotifierWatcher",
        default_path = "/StatusNotifierWatcher"
    )]
    trait StatusNotifierWatcher {
        #[zbus(property(emits_changed_signal = "false"))]
        fn is_status_notifier_host_registered(&self) -> zbus::Result<bool>;
    }

    pub(super) async fn watcher() -> Watcher {
        let read = async {
            let bus = zbus::Connection::session().await?;
            let watcher = StatusNotifierWatcherProxy::new(&bus).await?;
            watcher.is_status_notifier_host_registered().await
        };
        match timeout(TIMEOUT, read).await {
            Ok(Ok(true)) => Watcher::WithHost,
            Ok(Ok(false)) => Watcher::WithoutHost,
            Ok(Err(_)) | Err(_) => Watcher::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Watcher, missing};

    #[test]
    fn gnome_gets_its_extension_and_another_desktop_its_panel() {
        for desktop in ["GNOME", "ubuntu:GNOME", "gnome"] {
            let missing = missing(desktop, Watcher::Absent);
            assert!(missing.why.starts_with("GNOME shows no tray icons"));
            assert!(missing.how.contains("AppIndicator"));
            assert_eq!(missing.commands.len(), 2);
        }
        for (watcher, why) in [
            (Watcher::Absent, "This desktop has no place"),
            (Watcher::WithoutHost, "No panel of this desktop"),
            (Watcher::WithHost, "The tray icon could not be created"),
        ] {
            let missing = missing("XFCE", watcher);
            assert!(missing.why.starts_with(why), "{}", missing.why);
            assert!(missing.commands.is_empty());
        }
    }
}
