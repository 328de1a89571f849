//! Durations of complete responses in one document, by model and request size.

use std::collections::HashMap;
use std::time::Duration;

use catalog::{EndpointId, ModelId};

/// The newest durations of a size that count.
const KEPT: usize = 64;
/// With fewer durations the slowest is unknown.
const ENOUGH: usize = 20;
/// Maximum number of models and sizes in memory.
const REMEMBERED: usize = 1024;

/// The size class of a request: the power of four of its bytes.
type Size = u32;
type Key = (EndpointId, ModelId, Size);

#[derive(Debug, Default)]
pub(crate) struct Durations(HashMap<Key, Vec<Duration>>);

impl Durations {
    pub(crate) fn took(
        &mut self,
        endpoint: &EndpointId,
        model: &ModelId,
        bytes: usize,
        time: Duration,
    ) {
        let key = key(endpoint, model, bytes);
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let times = self.0.entry(key).or_default();
        times.push(time);
        if times.len() > KEPT {
            times.remove(0);
        }
    }

    /// 95 of 100 responses took at most this time; `None`: too few are known.
    pub(crate) fn p95(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        bytes: usize,
    ) -> Option<Duration> {
        let times = self.0.get(&key(endpoint, model, bytes))?;
        if times.len() < ENOUGH {
            return None;
        }
        let mut sorted = times.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() * 95 / 100).copied()
    }
}

fn key(endpoint: &EndpointId, model: &ModelId, bytes: usize) -> Key {
    (endpoint.clone(), model.clone(), bytes.max(1).ilog(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_twenty_count_and_sizes_are_separate() {
        let (endpoint, model) = (EndpointId::new("lead"), ModelId::new("m"));
        let mut durations = Durations::default();
        for second in 1..=19 {
            durations.took(&endpoint, &model, 5_000, Duration::from_secs(second));
        }
        assert_eq!(durations.p95(&endpoint, &model, 5_000), None);
        durations.took(&endpoint, &model, 5_100, Duration::from_secs(100));
        assert_eq!(
            durations.p95(&endpoint, &model, 5_000),
            Some(Duration::from_secs(100))
        );
        assert_eq!(durations.p95(&endpoint, &model, 500_000), None);
        // Old durations no longer count.
        for _ in 0..64 {
            durations.took(&endpoint, &model, 5_000, Duration::from_secs(2));
        }
        assert_eq!(
            durations.p95(&endpoint, &model, 5_000),
            Some(Duration::from_secs(2))
        );
    }
}
