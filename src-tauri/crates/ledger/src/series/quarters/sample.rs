//! Values of which percentiles are taken. Above a limit, every second one is kept, then every fourth, and so on.

/// Four kilobytes.
const MOST: usize = 1024;

#[derive(Debug)]
pub(super) struct Sample {
    values: Vec<u32>,
    /// How many values each kept one stands for; a power of two.
    weight: u64,
    /// All that were added.
    count: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Sample {
            values: Vec::new(),
            weight: 1,
            count: 0,
        }
    }
}

impl Sample {
    pub(super) fn add(&mut self, value: u64) {
        if self.count.is_multiple_of(self.weight) {
            if self.values.len() == MOST {
                self.values.sort_unstable();
                let mut odd = false;
                self.values.retain(|_| {
                    odd = !odd;
                    odd
                });
                self.weight *= 2;
            }
            self.values.push(u32::try_from(value).unwrap_or(u32::MAX));
        }
        self.count += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// By nearest rank. `None`: there is no value.
pub(super) fn percentiles<'a, const N: usize>(
    samples: impl Iterator<Item = &'a Sample>,
    wanted: [u64; N],
) -> Option<[u64; N]> {
    let mut weighted: Vec<(u32, u64)> = samples
        .flat_map(|sample| sample.values.iter().map(|value| (*value, sample.weight)))
        .collect();
    weighted.sort_unstable();
    let (last, _) = weighted.last()?;
    let all: u64 = weighted.iter().map(|(_, weight)| weight).sum();
    Some(wanted.map(|percent| {
        let rank = (all * percent).div_ceil(100);
        let mut below = 0;
        let mut values = weighted.iter();
        let found = values.find(|(_, weight)| {
            below += weight;
            below >= rank
        });
        u64::from(found.map_or(*last, |(value, _)| *value))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.add(value));
        sample
    }

    #[test]
    fn few_values_have_exact_percentiles() {
        let samples = [of([30, 10]), of([20]), of([])];
        assert_eq!(percentiles(samples.iter(), [50, 95]), Some([20, 30]));
        assert_eq!(percentiles([of([])].iter(), [50, 95]), None);
        let hundred = of((1..=100).rev());
        assert_eq!(
            percentiles([&hundred].into_iter(), [50, 95]),
            Some([50, 95])
        );
    }

    #[test]
    fn many_values_take_bounded_memory_and_keep_their_shape() {
        let many = of((0..100_000).map(|n| n * 7919 % 100_000));
        assert!(many.values.len() <= MOST);
        assert_eq!(many.count(), 100_000);
        let [middle, high] = percentiles([&many].into_iter(), [50, 95]).unwrap();
        assert!(middle.abs_diff(50_000) < 3_000, "{middle}");
        assert!(high.abs_diff(95_000) < 3_000, "{high}");
    }
}
