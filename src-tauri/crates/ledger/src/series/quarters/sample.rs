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

/// The times of one slot: samples, and values of daily sums with their numbers.
#[derive(Debug, Default)]
pub(super) struct Times<'a> {
    pub(super) samples: Vec<&'a Sample>,
    pub(super) summed: Vec<(u64, u64)>,
}

impl Times<'_> {
    pub(super) fn count(&self) -> u64 {
        let samples = self.samples.iter().map(|sample| sample.count());
        let summed = self.summed.iter().map(|(_, count)| *count);
        samples.chain(summed).sum()
    }

    /// By nearest rank. `None`: there is no value.
    pub(super) fn percentiles<const N: usize>(&self, wanted: [u64; N]) -> Option<[u64; N]> {
        let samples = self.samples.iter();
        let mut weighted: Vec<(u64, u64)> = samples
            .flat_map(|sample| {
                sample
                    .values
                    .iter()
                    .map(|value| (u64::from(*value), sample.weight))
            })
            .chain(self.summed.iter().copied())
            .collect();
        weighted.sort_unstable();
        let (last, _) = *weighted.last()?;
        let all: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        Some(wanted.map(|percent| {
            let rank = (all * percent).div_ceil(100);
            let mut below = 0;
            let mut values = weighted.iter();
            let found = values.find(|(_, weight)| {
                below += weight;
                below >= rank
            });
            found.map_or(last, |(value, _)| *value)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        values.into_iter().for_each(|value| sample.add(value));
        sample
    }

    fn percentiles(samples: &[Sample]) -> Option<[u64; 2]> {
        let times = Times {
            samples: samples.iter().collect(),
            summed: Vec::new(),
        };
        times.percentiles([50, 95])
    }

    #[test]
    fn few_values_have_exact_percentiles() {
        let samples = [of([30, 10]), of([20]), of([])];
        assert_eq!(percentiles(&samples), Some([20, 30]));
        assert_eq!(percentiles(&[of([])]), None);
        assert_eq!(percentiles(&[of((1..=100).rev())]), Some([50, 95]));
    }

    #[test]
    fn values_of_daily_sums_count_as_often_as_they_were_measured() {
        let samples = [of([10, 20])];
        let times = Times {
            samples: samples.iter().collect(),
            summed: vec![(15, 100), (90, 6)],
        };
        assert_eq!(times.percentiles([50, 95]), Some([15, 90]));
        assert_eq!(times.count(), 108);
    }

    #[test]
    fn many_values_take_bounded_memory_and_keep_their_shape() {
        let many = of((0..100_000).map(|n| n * 7919 % 100_000));
        assert!(many.values.len() <= MOST);
        assert_eq!(many.count(), 100_000);
        let [middle, high] = percentiles(std::slice::from_ref(&many)).unwrap();
        assert!(middle.abs_diff(50_000) < 3_000, "{middle}");
        assert!(high.abs_diff(95_000) < 3_000, "{high}");
    }
}
