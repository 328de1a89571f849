//! Reliability of a pipeline from its first step to its last. Each of its requests counts as one run of one step: the steps use
//! the same models, and the requests do not name their step.

use crate::{Rate, Reliability, end_to_end};

/// A step of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: String,
    /// Assumed share of runs that succeed. `None`: measured.
    pub success: Option<f64>,
}

/// The requests of a pipeline that show whether a step works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    pub all: u64,
    pub answered: u64,
    /// Of those answered: without a fallback.
    pub by_primary: u64,
}

/// End to end, between 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineRate {
    /// `None`: not enough data.
    pub with_fallback: Option<f64>,
    pub without_fallback: Option<f64>,
    /// The method, the number of runs and the interval.
    pub text: String,
}

/// `None`: no step is written, and no request was seen.
pub fn pipeline_rate(steps: &[Step], runs: Runs) -> Option<PipelineRate> {
    let assumed: Vec<f64> = steps.iter().filter_map(|step| step.success).collect();
    let measured = match steps.len() {
        0 if runs.all == 0 => return None,
        0 => 1,
        all => all - assumed.len(),
    };
    let assumed: Vec<f64> = assumed.iter().map(|rate| shown(*rate)).collect();
    if measured == 0 {
        let rate = end_to_end(&assumed);
        return Some(PipelineRate {
            with_fallback: Some(rate),
            without_fallback: Some(rate),
            text: format!(
                "{} → {} end to end, with and without fallback.",
                assumed_steps(&assumed),
                tenth(rate)
            ),
        });
    }
    let with = Reliability::measured(runs.answered, runs.all);
    let without = Reliability::measured(runs.by_primary, runs.all);
    let (Reliability::Measured(with), Reliability::Measured(without)) = (with, without) else {
        let also = match assumed.is_empty() {
            true => String::new(),
            false => format!(
                " {} → {} without the measured {}.",
                assumed_steps(&assumed),
                tenth(end_to_end(&assumed)),
                if measured == 1 { "step" } else { "steps" }
            ),
        };
        return Some(PipelineRate {
            with_fallback: None,
            without_fallback: None,
            text: format!(
                "Not enough data: {} of {} runs.{also}",
                runs.all,
                crate::ENOUGH_RUNS
            ),
        });
    };
    let (with, without) = (
        Product::of(with, measured, &assumed),
        Product::of(without, measured, &assumed),
    );
    let also = match assumed.is_empty() {
        true => String::new(),
        false => format!("{}, and ", assumed_steps(&assumed)),
    };
    let each = if measured == 1 { "" } else { " each" };
    let count = match measured {
        1 => "1 step".to_owned(),
        n => format!("{n} steps"),
    };
    Some(PipelineRate {
        with_fallback: Some(with.rate),
        without_fallback: Some(without.rate),
        text: format!(
            "{also}{count} measured over {} requests, each a run of one step, at {}{each} → {} end to end; without fallback {}{each} → {}.",
            runs.all,
            with.step(),
            with.result(),
            without.step(),
            without.result()
        ),
    })
}

/// All steps together, with the interval of the measured ones.
struct Product {
    measured: Rate,
    rate: f64,
    low: f64,
    high: f64,
}

impl Product {
    fn of(measured: Rate, steps: usize, assumed: &[f64]) -> Self {
        let measured = Rate {
            rate: shown(measured.rate),
            low: shown(measured.low),
            high: shown(measured.high),
            runs: measured.runs,
        };
        let all = |rate: f64| end_to_end(assumed) * end_to_end(&vec![rate; steps]);
        Self {
            rate: all(measured.rate),
            low: all(measured.low),
            high: all(measured.high),
            measured,
        }
    }

    fn step(&self) -> String {
        let Rate {
            rate, low, high, ..
        } = self.measured;
        format!(
            "{} (95 % Wilson interval {:.2} to {})",
            hundredth(rate),
            low * 100.0,
            hundredth(high)
        )
    }

    fn result(&self) -> String {
        format!(
            "{} ({:.1} to {})",
            tenth(self.rate),
            self.low * 100.0,
            tenth(self.high)
        )
    }
}

/// "6 steps assumed at 99 % each", "2 steps assumed at 99 % × 95 %"
fn assumed_steps(rates: &[f64]) -> String {
    let number = |rate: f64| format!("{}", (rate * 10_000.0).round() / 100.0);
    match rates {
        [rate] => format!("1 step assumed at {} %", number(*rate)),
        [first, rest @ ..] if rest.iter().all(|rate| rate == first) => {
            format!("{} steps assumed at {} % each", rates.len(), number(*first))
        }
        all => {
            let written: Vec<String> = all
                .iter()
                .map(|rate| format!("{} %", number(*rate)))
                .collect();
            format!("{} steps assumed at {}", all.len(), written.join(" × "))
        }
    }
}

/// Rounded as it is printed, so that a reader can verify the product.
fn shown(rate: f64) -> f64 {
    (rate.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

fn hundredth(rate: f64) -> String {
    format!("{:.2} %", rate * 100.0)
}

fn tenth(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

#[cfg(test)]
mod tests;
