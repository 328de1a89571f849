use std::time::Duration;

use tokio::time::{interval, timeout};

/// Far longer than any step takes, even on a busy machine with two cores.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often the condition is tested.
const BEAT: Duration = Duration::from_millis(25);

/// Waits until `look` returns the named state, and fails with the last state otherwise.
pub(crate) async fn until<Seen, Looking>(what: &str, mut look: impl FnMut() -> Looking) -> Seen
where
    Looking: Future<Output = Result<Seen, String>>,
{
    let mut last = "nothing".to_owned();
    let seen = async {
        let mut beat = interval(BEAT);
        loop {
            beat.tick().await;
            match look().await {
                Ok(seen) => return seen,
                Err(other) => last = other,
            }
        }
    };
    let seen = timeout(PATIENCE, seen).await;
    seen.unwrap_or_else(|_| panic!("waited in vain for {what}; last seen: {last}"))
}
