use std::time::Duration;

const STEPS_MS: [u64; 6] = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
/// After this run time an engine counts as recovered: its next crash starts a new series.
const HEALTHY: Duration = Duration::from_secs(60);

/// The wait before the next start, and whether to notify.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: usize,
    announced: bool,
}

impl Backoff {
    pub(super) fn next(&mut self) -> Duration {
        let step = STEPS_MS[self.failures.min(STEPS_MS.len() - 1)];
        self.failures += 1;
        Duration::from_millis(step)
    }

    pub(super) fn was_up(&mut self, time: Duration) {
        if time >= HEALTHY {
            *self = Self::default();
        }
    }

    /// True once for each series: an engine that crashes every few seconds is announced once.
    pub(super) fn may_announce(&mut self) -> bool {
        !std::mem::replace(&mut self.announced, true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    #[test]
    fn waits_grow_and_reset_after_a_healthy_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(
            waits,
            [500, 1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]
        );

        backoff.was_up(Duration::from_secs(59));
        assert_eq!(backoff.next(), Duration::from_secs(30));
        backoff.was_up(Duration::from_secs(60));
        assert_eq!(backoff.next(), Duration::from_millis(500));
    }

    #[test]
    fn a_crash_loop_is_announced_once() {
        let mut backoff = Backoff::default();
        assert!(backoff.may_announce());
        backoff.was_up(Duration::from_secs(3));
        assert!(!backoff.may_announce());
        backoff.was_up(Duration::from_secs(90));
        assert!(backoff.may_announce());
    }
}
