use std::fmt;

/// With fewer runs, a rate is too uncertain to show.
pub const ENOUGH_RUNS: u64 = 200;

/// The success rate of a step, if it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reliability {
    NotEnoughData { runs: u64 },
    Measured(Rate),
}

/// A measured rate with its 95 % Wilson score interval; all between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
    pub runs: u64,
}

impl Reliability {
    /// `good` of `runs` succeeded.
    pub fn measured(good: u64, runs: u64) -> Self {
        if runs < ENOUGH_RUNS {
            return Self::NotEnoughData { runs };
        }
        let rate = good.min(runs) as f64 / runs as f64;
        let (low, high) = wilson(rate, runs as f64);
        Self::Measured(Rate {
            rate,
            low,
            high,
            runs,
        })
    }
}

/// The product of the success rates of steps that must all succeed. Six steps at 99 % give 94.15 % end to end.
pub fn end_to_end(steps: &[f64]) -> f64 {
    steps.iter().product()
}

/// Wilson, E. B. (1927): the interval stays between 0 and 1, and is not empty at either limit.
fn wilson(rate: f64, runs: f64) -> (f64, f64) {
    /// The 97.5th percentile of the normal distribution: 95 % of the values lie between -Z and Z.
    const Z: f64 = 1.959_963_984_540_054;
    let z2 = Z * Z / runs;
    let centre = rate + z2 / 2.0;
    let spread = Z * (rate * (1.0 - rate) / runs + z2 / (4.0 * runs)).sqrt();
    let bound = |end: f64| (end / (1.0 + z2)).clamp(0.0, 1.0);
    (bound(centre - spread), bound(centre + spread))
}

impl fmt::Display for Reliability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnoughData { runs } => {
                write!(f, "not enough data: {runs} of {ENOUGH_RUNS} runs")
            }
            Self::Measured(Rate {
                rate,
                low,
                high,
                runs,
            }) => write!(
                f,
                "{:.2} % measured over {runs} runs (95 % Wilson interval {:.2} to {:.2} %)",
                rate * 100.0,
                low * 100.0,
                high * 100.0
            ),
        }
    }
}

#[cfg(test)]
mod tests;
