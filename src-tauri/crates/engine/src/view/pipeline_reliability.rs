//! How often all steps of a pipeline succeed, as the window shows it.

use api::{PipelineReliability, PipelineStep};
use impact::{Runs, Step, pipeline_rate};
use ledger::PipelineUse;

/// `seen`: the requests of the last 30 days. None: there is neither a step nor a request.
pub(crate) fn reliability(
    steps: &[PipelineStep],
    seen: PipelineUse,
) -> Option<PipelineReliability> {
    let is_measured = steps.is_empty() || steps.iter().any(|step| step.success.is_none());
    let written = steps.iter().map(|step| Step {
        name: step.name.clone(),
        success: step.success,
    });
    let runs = Runs {
        all: seen.answered.saturating_add(seen.failed),
        answered: seen.answered,
        by_primary: seen.answered.saturating_sub(seen.carried),
    };
    let rate = pipeline_rate(&written.collect::<Vec<_>>(), runs)?;
    Some(PipelineReliability {
        with_fallback: rate.with_fallback,
        without_fallback: rate.without_fallback,
        text: match is_measured {
            true => format!("{} Requests of the last 30 days.", rate.text),
            false => rate.text,
        },
    })
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
        assert_eq!(
            shown.text,
            "6 steps assumed at 99 % each → 94.1 % end to end, with and without fallback."
        );
    }

    #[test]
    fn a_measured_step_has_its_rate_with_and_without_fallback() {
        let steps = [step(Some(0.99)), step(None)];
        let shown = reliability(&steps, seen(396, 40, 4)).unwrap();
        assert_eq!(shown.with_fallback, Some(0.99 * 0.99));
        assert_eq!(shown.without_fallback, Some(0.99 * 0.89));
        assert!(shown.text.ends_with("Requests of the last 30 days."));
    }

    #[test]
    fn few_requests_give_no_rate() {
        assert_eq!(reliability(&[], seen(0, 0, 0)), None);
        let shown = reliability(&[], seen(30, 0, 4)).unwrap();
        assert_eq!(shown.with_fallback, None);
        assert!(shown.text.contains("34 of 200 runs"), "{}", shown.text);
    }
}
