//! A panic on request, for the tests of a crash. It exists in debug builds only, and needs a variable in the engine's environment
//! and a file on its machine: no client can cause it.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::event::LoopEvent;

/// Path of a file. Its content, `loop` or `task`, names what panics.
const FILE: &str = "UNDERSTUDY_TEST_PANIC";
const CHECK_EVERY: Duration = Duration::from_millis(20);

pub(super) async fn wait(events: mpsc::Sender<LoopEvent>) {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        let what = std::fs::read_to_string(&file);
        // The next start must not find it.
        let _ = std::fs::remove_file(&file);
        match what.as_deref() {
            Ok("loop") => {
                let _ = events.send(LoopEvent::TestPanic).await;
                return;
            }
            Ok("task") => panic!("a test requested this panic"),
            Ok(_) | Err(_) => {}
        }
    }
}
