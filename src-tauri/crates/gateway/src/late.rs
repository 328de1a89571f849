//! Deadlines that a frozen process must not turn into failures.
//!
//! While the process is stopped (SIGSTOP, a debugger, a machine under heavy load), nothing reads its sockets, and time passes.
//! Afterwards every deadline has passed, and the bytes that arrived meanwhile are unread. So a deadline that fires late gives
//! the other side another moment.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// A timer of a process that runs is more punctual than this.
const LATE: Duration = Duration::from_secs(1);
/// Enough to read what is in the sockets, and for a provider whose writes were blocked.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// The deadline of a second look, if this one has fired late.
pub(crate) fn second_look(deadline: Instant, now: Instant) -> Option<Instant> {
    (now.saturating_duration_since(deadline) >= LATE).then(|| now + SECOND_LOOK)
}

/// Waits for the deadline, and for the second look if it fires late.
pub(crate) async fn passed(deadline: Instant) {
    let began = Instant::now();
    sleep_until(deadline).await;
    // A deadline that had passed before was not missed here.
    if second_look(deadline.max(began), Instant::now()).is_some() {
        sleep(SECOND_LOOK).await;
    }
}

#[derive(Debug)]
pub(crate) struct TimedOut;

/// As [`tokio::time::timeout_at`].
pub(crate) async fn by<T>(
    deadline: Instant,
    future: impl Future<Output = T>,
) -> Result<T, TimedOut> {
    tokio::select! {
        biased;
        done = future => Ok(done),
        () = passed(deadline) => Err(TimedOut),
    }
}

/// As [`tokio::time::timeout`].
pub(crate) async fn within<T>(
    time: Duration,
    future: impl Future<Output = T>,
) -> Result<T, TimedOut> {
    by(Instant::now() + time, future).await
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::time::advance;

    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_fires_in_time_is_final() {
        let began = Instant::now();
        within(TEN, std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), 10);
        // It had passed before.
        by(began, std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_deadline_gives_another_moment() {
        let began = Instant::now();
        let (done, result) = oneshot::channel();
        let waiting = tokio::spawn(within(TEN, result));
        tokio::task::yield_now().await;
        advance(Duration::from_secs(60)).await;
        // The bytes are read only now.
        sleep(Duration::from_secs(1)).await;
        done.send(7).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), Ok(7));

        let waiting = tokio::spawn(within(TEN, std::future::pending::<()>()));
        tokio::task::yield_now().await;
        advance(Duration::from_secs(60)).await;
        waiting.await.unwrap().unwrap_err();
        assert_eq!(began.elapsed().as_secs(), 126);
    }
}
