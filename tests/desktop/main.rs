//! The real tray application, on a display and a session bus of the test. The visible state and clicks go through D-Bus
//! (StatusNotifierItem, its menu, notifications) and, for the window, through WebKitWebDriver.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod apart;
mod desk;
mod engine;
mod first_ten_minutes;
mod item;
mod notifications;
mod page;
mod remote;
mod report;
mod states;
mod supervision;
mod wait;
mod window;
