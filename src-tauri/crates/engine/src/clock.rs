//! The only place that reads the wall clock.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use tokio::time::Instant;

use crate::desk::Zone;

/// Source of the wall-clock time; all other code gets the time as an argument.
pub(crate) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn wall() -> Clock {
    Arc::new(Utc::now)
}

/// The owner's time zone, read from the system at each call.
pub(crate) fn local_zone() -> Zone {
    Zone::new(|at| *at.with_timezone(&Local).offset())
}

/// Interval of the comparison of both clocks.
const STEP: Duration = Duration::from_secs(5);
/// A smaller difference comes from a clock adjustment or a busy machine.
const SLEPT: Duration = Duration::from_secs(20);

/// Waits until the machine has been suspended, and returns for how long: the wall clock advances during suspend, the monotonic
/// clock does not.
pub(crate) async fn slept(clock: &Clock) -> Duration {
    loop {
        let (wall, steady) = (clock(), Instant::now());
        tokio::time::sleep(STEP).await;
        let passed = (clock() - wall).to_std().unwrap_or_default();
        let asleep = passed.saturating_sub(steady.elapsed());
        if asleep > SLEPT {
            return asleep;
        }
    }
}
