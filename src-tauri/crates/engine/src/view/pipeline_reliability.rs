//! How often all steps of a pipeline succeed: "6 steps at 99 % → 94.1 %".

use api::{PipelineReliability, PipelineStep};
use impact::{Rate, Reliability, end_to_end};
use ledger::PipelineUse;

/// `seen`: the requests of the last 30 days. None: there is neither a step nor a request.
pub(crate) fn reliability(
    steps: &[PipelineStep],
    seen: PipelineUse,
) -> Option<PipelineReliability> {
    let runs = seen.answered + seen.failed;
    if steps.is_empty() && runs == 0 {
        return None;
    }
    let with = Reliability::measured(seen.answered, runs);
    let without = Reliability::measured(seen.answered - seen.carried.min(seen.answered), runs);
    let assumed: Vec<f64> = steps.iter().filter_map(|step| step.success).collect();
    let measured = match steps.is_empty() {
        true => 1,
        false => steps.len() - assumed.len(),
    };
    let total = |rate: f64| {
        let mut all = assumed.clone();
        all.resize(assumed.len() + measured, rate);
        end_to_end(&all)
    };
    if measured == 0 {
        return Some(PipelineReliability {
            with_fallback: Some(total(1.0)),
            without_fallback: None,
            text: format!("{} → {}, assumed", of_steps(&assumed), percent(total(1.0))),
        });
    }
    let (Reliability::Measured(with), Reliability::Measured(without)) = (with, without) else {
        return Some(PipelineReliability {
            with_fallback: None,
            without_fallback: None,
            text: format!("The success of its requests in the last 30 days: {with}."),
        });
    };
    Some(PipelineReliability {
        with_fallback: Some(total(with.rate)),
        without_fallback: Some(total(without.rate)),
        text: text(&assumed, measured, (with, without), &total),
    })
}

fn text(
    assumed: &[f64],
    measured: usize,
    (with, without): (Rate, Rate),
    total: &dyn Fn(f64) -> f64,
) -> String {
    let range = |rate: Rate| {
        format!(
            "{} ({} to {})",
            percent(total(rate.rate)),
            percent(total(rate.low)),
            percent(total(rate.high))
        )
    };
    let product = match (assumed.is_empty(), measured) {
        (true, 1) => String::new(),
        (true, measured) => format!("{measured} measured steps → "),
        (false, measured) => format!("{}, {measured} measured → ", of_steps(assumed)),
    };
    format!(
        "{product}{} with fallback, {} without, from {} requests of the last 30 days; in brackets the 95 % Wilson interval.",
        range(with),
        range(without),
        with.runs
    )
}

/// "6 steps at 99 %", "3 steps at 99 %, 98 %, 99.5 %"
fn of_steps(rates: &[f64]) -> String {
    let steps = match rates.len() {
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    };
    let mut each: Vec<String> = rates.iter().map(|rate| percent(*rate)).collect();
    each.dedup();
    format!("{steps} at {}", each.join(", "))
}

/// "94.1 %", "99 %"
fn percent(share: f64) -> String {
    let rounded = format!("{:.1}", share * 100.0);
    format!("{} %", rounded.trim_end_matches(".0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(success: Option<f64>) -> PipelineStep {
        PipelineStep {
            name: "x".into(),
            success,
        }
    }

    fn seen(answered: u64, carried: u64, failed: u64) -> PipelineUse {
        PipelineUse {
            requests: answered + failed,
            answered,
            carried,
            failed,
            ..PipelineUse::default()
        }
    }

    #[test]
    fn six_steps_at_99_percent_give_94_1() {
        let six = vec![step(Some(0.99)); 6];
        let shown = reliability(&six, seen(0, 0, 0)).unwrap();
        assert_eq!(shown.text, "6 steps at 99 % → 94.1 %, assumed");
        assert!(shown.without_fallback.is_none());
    }

    #[test]
    fn a_measured_step_has_its_interval_with_and_without_fallback() {
        let steps = [step(Some(0.99)), step(None)];
        let shown = reliability(&steps, seen(396, 40, 4)).unwrap();
        assert_eq!(shown.with_fallback, Some(0.99 * 0.99));
        assert_eq!(shown.without_fallback, Some(0.99 * 0.89));
        assert_eq!(
            shown.text,
            "1 step at 99 %, 1 measured → 98 % (96.5 % to 98.6 %) with fallback, 88.1 % (84.7 % to 90.8 %) without, from 400 requests of the last 30 days; in brackets the 95 % Wilson interval."
        );
    }

    #[test]
    fn few_requests_give_no_rate() {
        assert_eq!(reliability(&[], seen(0, 0, 0)), None);
        let shown = reliability(&[], seen(30, 0, 4)).unwrap();
        assert_eq!(shown.with_fallback, None);
        assert!(shown.text.contains("34 of 200 runs"), "{}", shown.text);
    }
}
