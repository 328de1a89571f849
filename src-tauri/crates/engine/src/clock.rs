//! The only place that reads the wall clock.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Local, TimeDelta, Utc};
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
        if let Some(asleep) = suspended(clock() - wall, steady.elapsed()) {
            return asleep;
        }
    }
}

/// What the wall clock passed without the monotonic one. `None`: too little, or the wall clock was set back.
fn suspended(wall: TimeDelta, steady: Duration) -> Option<Duration> {
    let asleep = wall.to_std().ok()?.checked_sub(steady)?;
    (asleep > SLEPT).then_some(asleep)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn only_a_wall_clock_that_runs_ahead_is_a_suspend() {
        let asleep = |wall: i64, steady: u64| {
            let asleep = suspended(TimeDelta::seconds(wall), Duration::from_secs(steady));
            asleep.map(|asleep| asleep.as_secs())
        };
        assert_eq!(asleep(5, 5), None);
        assert_eq!(asleep(25, 5), None, "adjusted by 20 s");
        assert_eq!(asleep(26, 5), Some(21));
        assert_eq!(asleep(8 * 3600 + 5, 5), Some(8 * 3600));
        assert_eq!(asleep(-3600, 5), None, "set back");
        assert_eq!(asleep(5, 3600), None, "a stopped process");
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspend_is_noticed_within_a_step_and_once() {
        let (began, ahead) = (Instant::now(), Arc::new(Mutex::new(TimeDelta::zero())));
        let lead = Arc::clone(&ahead);
        let clock: Clock = Arc::new(move || {
            let passed = TimeDelta::from_std(began.elapsed()).unwrap();
            DateTime::UNIX_EPOCH + passed + *lead.lock().unwrap()
        });
        let awake = tokio::time::timeout(Duration::from_secs(3600), slept(&clock)).await;
        assert!(awake.is_err(), "nothing happened");
        let (noticed, ()) = tokio::join!(tokio::time::timeout(STEP * 2, slept(&clock)), async {
            tokio::time::sleep(STEP / 2).await;
            *ahead.lock().unwrap() = TimeDelta::hours(8);
        });
        assert_eq!(noticed, Ok(Duration::from_secs(8 * 3600)));
        let again = tokio::time::timeout(Duration::from_secs(3600), slept(&clock)).await;
        assert!(again.is_err(), "once");
    }
}
