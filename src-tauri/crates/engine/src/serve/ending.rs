//! The end of a run: a stop on purpose, or a crash of the loop or of a vital task.

use std::pin::pin;
use std::time::Duration;

use gateway::Gateway;
use tokio::sync::watch as channel;

use super::vital::Vital;
use crate::clock::Clock;
use crate::runtime::Published;

/// Interval of the sign of life in the runtime file, from which the next start knows when a run ended.
const ALIVE_EVERY: Duration = Duration::from_secs(30);
/// After a crash, open requests get this time to end.
const LAST_RESPONSES: Duration = Duration::from_secs(3);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Stopped,
    Crashed,
}

pub(super) struct Ending<'a> {
    /// True: the loop is ready for the end. The loop is gone if its sender is.
    pub(super) stopped: channel::Receiver<bool>,
    pub(super) vital: &'a mut Vital,
    pub(super) gateway: Gateway,
    pub(super) clock: Clock,
}

impl Ending<'_> {
    /// Waits for the end, and removes the runtime file of an engine that was stopped on purpose. That of a crashed one stays, as
    /// after any other crash.
    pub(super) async fn wait(self, publishing: impl Future<Output = Published>) -> Ended {
        let Ending {
            mut stopped,
            vital,
            gateway,
            clock,
        } = self;
        let mut end = pin!(async {
            tokio::select! {
                stopped = stopped.wait_for(|stopped| *stopped) => stopped.is_ok(),
                () = vital.panicked() => false,
            }
        });
        let (published, on_purpose) = tokio::select! {
            published = publishing => {
                let on_purpose = loop {
                    tokio::select! {
                        on_purpose = &mut end => break on_purpose,
                        () = tokio::time::sleep(ALIVE_EVERY) => published.is_alive(clock()),
                    }
                };
                (Some(published), on_purpose)
            }
            on_purpose = &mut end => (None, on_purpose),
        };
        // A stop that was requested stays one, whatever fails during it.
        if on_purpose || gateway.is_draining() {
            drop(published);
            return Ended::Stopped;
        }
        tracing::error!(
            "a part of the engine ended unexpectedly; the engine ends too, and open requests get {} s",
            LAST_RESPONSES.as_secs()
        );
        if let Some(published) = published {
            published.is_alive(clock());
            published.leave();
        }
        tokio::spawn(async move {
            tokio::time::sleep(LAST_RESPONSES).await;
            gateway.cut_off();
        });
        Ended::Crashed
    }
}
