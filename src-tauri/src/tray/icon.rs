//! The icons, 44 pixels square: panels scale them down, and none has to scale them up.

use api::TrayIcon;
use tauri::image::Image;

macro_rules! drawing {
    ($name:literal) => {
        include_bytes!(concat!("../../../icons/tray/", $name, ".png"))
    };
}

pub(super) fn of(icon: TrayIcon, rehearsal: bool) -> tauri::Result<Image<'static>> {
    let png: &[u8] = match (icon, rehearsal) {
        (TrayIcon::Operational, false) => drawing!("operational"),
        (TrayIcon::Operational, true) => drawing!("operational-rehearsal"),
        (TrayIcon::Degraded, false) => drawing!("degraded"),
        (TrayIcon::Degraded, true) => drawing!("degraded-rehearsal"),
        (TrayIcon::Outage, false) => drawing!("outage"),
        (TrayIcon::Outage, true) => drawing!("outage-rehearsal"),
        (TrayIcon::Carried, false) => drawing!("carried"),
        (TrayIcon::Carried, true) => drawing!("carried-rehearsal"),
        (TrayIcon::Quiet, false) => drawing!("quiet"),
        (TrayIcon::Quiet, true) => drawing!("quiet-rehearsal"),
        (TrayIcon::Limited, false) => drawing!("limited"),
        (TrayIcon::Limited, true) => drawing!("limited-rehearsal"),
        (TrayIcon::Unknown, false) => drawing!("unknown"),
        (TrayIcon::Unknown, true) => drawing!("unknown-rehearsal"),
        (TrayIcon::Paused, false) => drawing!("paused"),
        (TrayIcon::Paused, true) => drawing!("paused-rehearsal"),
    };
    Image::from_bytes(png)
}
