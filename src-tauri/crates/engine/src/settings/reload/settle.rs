//! Waits until a file is saved completely.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// A program that saves writes in several steps, without a longer pause between them.
const SETTLE: Duration = Duration::from_millis(150);
/// A file that became shorter or is missing may be in the middle of a save in place, or of a replacement.
const UNFINISHED: Duration = Duration::from_secs(1);
/// A file that changes all the time is read nevertheless.
const LONGEST: Duration = Duration::from_secs(5);

pub(super) struct Settle {
    changed: mpsc::Receiver<()>,
    /// The size of the text that was read last.
    size: usize,
}

impl Settle {
    pub(super) fn new(changed: mpsc::Receiver<()>, text: &str) -> Settle {
        Settle {
            changed,
            size: text.len(),
        }
    }

    /// Waits for a change and for its end, and reads the file. `None`: the watch ended.
    pub(super) async fn next<R>(
        &mut self,
        mut read: impl FnMut() -> R,
    ) -> Option<io::Result<String>>
    where
        R: Future<Output = io::Result<String>>,
    {
        self.changed.recv().await?;
        let until = Instant::now() + LONGEST;
        self.quiet(SETTLE, until).await;
        let mut text = read().await;
        if self.may_be_unfinished(&text) {
            self.quiet(UNFINISHED, until).await;
            text = read().await;
        }
        if let Ok(text) = &text {
            self.size = text.len();
        }
        Some(text)
    }

    /// Waits until nothing has changed for this time.
    async fn quiet(&mut self, time: Duration, until: Instant) {
        while Instant::now() < until {
            match timeout(time, self.changed.recv()).await {
                Ok(Some(())) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn may_be_unfinished(&self, text: &io::Result<String>) -> bool {
        match text {
            Ok(text) => text.len() < self.size,
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "[[route]]\nname = \"a\"\n[[route]]\nname = \"b\"\n";

    /// The texts at these milliseconds, each with a change; a change follows at the last time too.
    async fn read(before: &str, steps: &[(u64, Option<&str>)]) -> (String, u64) {
        let (changes, changed) = mpsc::channel(1);
        let mut settle = Settle::new(changed, before);
        let began = Instant::now();
        let at = move |ms: u64| began + Duration::from_millis(ms);
        let times: Vec<u64> = steps.iter().map(|(ms, _)| *ms).collect();
        let saving = tokio::spawn(async move {
            for ms in times {
                tokio::time::sleep_until(at(ms)).await;
                let _ = changes.try_send(());
            }
            changes
        });
        let text = settle
            .next(|| {
                let now = steps.iter().rfind(|(ms, _)| at(*ms) <= Instant::now());
                let text = now.and_then(|(_, text)| *text);
                let text = text.map(ToOwned::to_owned);
                std::future::ready(text.ok_or_else(|| ErrorKind::NotFound.into()))
            })
            .await
            .unwrap();
        saving.abort();
        let text = text.unwrap_or_else(|error| error.kind().to_string());
        (text, began.elapsed().as_millis() as u64)
    }

    #[tokio::test(start_paused = true)]
    async fn a_save_in_place_is_read_at_its_end() {
        let part = &COMPLETE[..COMPLETE.len() / 2];
        let slow = [(0, Some("")), (400, Some(part)), (1_200, Some(COMPLETE))];
        assert_eq!(read(COMPLETE, &slow).await.0, COMPLETE);
        let replaced = [(0, None), (300, Some(COMPLETE))];
        assert_eq!(read(COMPLETE, &replaced).await.0, COMPLETE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_text_counts_after_a_second_and_a_longer_one_at_once() {
        let (text, ms) = read(COMPLETE, &[(0, Some("[listen]"))]).await;
        assert_eq!((text.as_str(), ms), ("[listen]", 1_150));
        let (text, ms) = read("[listen]", &[(0, Some(COMPLETE))]).await;
        assert_eq!((text.as_str(), ms), (COMPLETE, 150));
        let (text, _) = read(COMPLETE, &[(0, None)]).await;
        assert_eq!(text, "entity not found");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_changes_all_the_time_is_read() {
        let steps: Vec<_> = (0..1_000).map(|n| (n * 100, Some(COMPLETE))).collect();
        let (text, ms) = read("", &steps).await;
        assert_eq!(text, COMPLETE);
        assert!(ms <= 5_200, "{ms}");
    }
}
