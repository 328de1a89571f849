//! Event sources besides requests: the watch, the gateway, the settings file, the clock, the operating system.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::{self, Clock};
use crate::event::LoopEvent;
use crate::handover::Successor;
use crate::settings::reload;

pub(super) async fn forward<T>(
    mut from: mpsc::Receiver<T>,
    to: mpsc::Sender<LoopEvent>,
    into: fn(T) -> LoopEvent,
) {
    while let Some(report) = from.recv().await {
        if to.send(into(report)).await.is_err() {
            return;
        }
    }
}

pub(super) async fn settings_changes(
    started: notify::Result<reload::Watching>,
    events: mpsc::Sender<LoopEvent>,
) {
    let mut watching = match started {
        Ok(watching) => watching,
        Err(error) => {
            tracing::warn!(%error, "changes of the settings file will not be noticed; save them in the window, or restart the engine");
            return;
        }
    };
    while let Some(text) = watching.next().await {
        if events.send(LoopEvent::SettingsFile(text)).await.is_err() {
            return;
        }
    }
}

pub(super) async fn sleeps(clock: Clock, events: mpsc::Sender<LoopEvent>) {
    while events
        .send(LoopEvent::Woke(clock::slept(&clock).await))
        .await
        .is_ok()
    {}
}

/// Interval of the check of the own address.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// Another Wi-Fi, a VPN or a phone's connection gives this machine another address.
pub(super) async fn network_changes(events: mpsc::Sender<LoopEvent>) {
    let mut before = own_addresses();
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        let now = own_addresses();
        if std::mem::replace(&mut before, now) != now
            && events.send(LoopEvent::NetworkChanged).await.is_err()
        {
            return;
        }
    }
}

/// The addresses from which this machine reaches the internet. The sockets only ask the routing table; nothing is sent.
fn own_addresses() -> [Option<IpAddr>; 2] {
    // Addresses of documentation (RFC 5737, RFC 3849), which exist nowhere.
    let outward = |from: &str, to: &str| {
        let socket = UdpSocket::bind(from)?;
        socket.connect(to)?;
        socket.local_addr().map(|address| address.ip())
    };
    [
        outward("0.0.0.0:0", "192.0.2.1:9").ok(),
        outward("[::]:0", "[2001:db8::1]:9").ok(),
    ]
}

/// This engine stops after it has passed its port on.
pub(super) async fn succession(successor: Successor, events: mpsc::Sender<LoopEvent>) {
    successor.passed_on().await;
    let _ = events.send(LoopEvent::Quit).await;
}

pub(super) async fn signals(events: mpsc::Sender<LoopEvent>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut term) = signal(SignalKind::terminate()) else {
            return;
        };
        // A handler would undo nohup.
        let hup = match ignores_hangup() {
            true => None,
            false => signal(SignalKind::hangup()).ok(),
        };
        let hangup = async {
            match hup {
                Some(mut hup) => drop(hup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
            () = hangup => {}
        }
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_shutdown};
        let (Ok(mut stop), Ok(mut close), Ok(mut shutdown)) =
            (ctrl_break(), ctrl_close(), ctrl_shutdown())
        else {
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = stop.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    }
    #[cfg(not(any(unix, windows)))]
    let _ = tokio::signal::ctrl_c().await;
    let _ = events.send(LoopEvent::Quit).await;
}

/// Whether this process was started with SIGHUP ignored: by nohup, or by a shell that does the same.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| has_hangup_ignored(&status))
}

/// `status`: of Linux, `proc_pid_status(5)`. The lowest bit of the mask is signal 1, SIGHUP.
#[cfg(unix)]
fn has_hangup_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}

#[cfg(all(test, unix))]
mod tests {
    use super::has_hangup_ignored;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = |mask: &str| {
            format!(
                "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n"
            )
        };
        assert!(has_hangup_ignored(&status("0000000000001001")));
        assert!(!has_hangup_ignored(&status("0000000000001000")));
        assert!(!has_hangup_ignored(""));
    }
}
