//! Tasks without which the engine is of no use. A panic in one of them is a crash of the engine, which a supervisor restarts.

use tokio::task::JoinSet;

#[derive(Default)]
pub(super) struct Vital(JoinSet<()>);

impl Vital {
    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Waits for a panic. A task that ends otherwise has nothing left to do.
    pub(super) async fn panicked(&mut self) {
        while let Some(ended) = self.0.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                return;
            }
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_a_panic_is_a_crash() {
        let mut vital = Vital::default();
        vital.spawn(async {});
        let hour = Duration::from_secs(3600);
        let ended = tokio::time::timeout(hour, vital.panicked()).await;
        assert!(ended.is_err(), "a task ended");
        vital.spawn(std::future::pending());
        vital.spawn(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            panic!("for the test");
        });
        let ended = tokio::time::timeout(hour, vital.panicked()).await;
        assert!(ended.is_ok(), "a task panicked");
    }
}
