use super::*;

fn steps(rates: &[Option<f64>]) -> Vec<Step> {
    let step = |success: &Option<f64>| Step {
        name: "Step".into(),
        success: *success,
    };
    rates.iter().map(step).collect()
}

fn runs(all: u64, answered: u64, by_primary: u64) -> Runs {
    Runs {
        all,
        answered,
        by_primary,
    }
}

fn text(rates: &[Option<f64>], runs: Runs) -> String {
    pipeline_rate(&steps(rates), runs).unwrap().text
}

#[test]
fn six_steps_at_99_percent_are_94_percent_end_to_end() {
    assert_eq!(
        text(&[Some(0.99); 6], Runs::default()),
        "6 steps assumed at 99 % each → 94.1 % end to end, with and without fallback."
    );
    let rate = pipeline_rate(&steps(&[Some(0.99); 6]), Runs::default()).unwrap();
    assert!((rate.with_fallback.unwrap() - 0.9415).abs() < 0.00005);
    assert_eq!(
        text(&[Some(0.99), Some(0.95)], Runs::default()),
        "2 steps assumed at 99 % × 95 % → 94.0 % end to end, with and without fallback."
    );
}

#[test]
fn measured_steps_have_their_interval_with_and_without_fallback() {
    // 0.99 × 0.9900² and 0.99 × 0.9000²
    assert_eq!(
        text(&[Some(0.99), None, None], runs(200, 198, 180)),
        "1 step assumed at 99 %, and 2 steps measured over 200 requests, each a run of one step, at 99.00 % (95 % Wilson interval \
         96.43 to 99.73 %) each → 97.0 % (92.1 to 98.5 %) end to end; without fallback 90.00 % (95 % Wilson interval 85.06 to \
         93.43 %) each → 80.2 % (71.6 to 86.4 %)."
    );
    assert!(text(&[], runs(400, 400, 390)).starts_with("1 step measured over 400 requests"));
}

#[test]
fn below_200_runs_there_is_no_figure() {
    let rate = pipeline_rate(&steps(&[None]), runs(199, 199, 199)).unwrap();
    assert_eq!((rate.with_fallback, rate.without_fallback), (None, None));
    assert_eq!(rate.text, "Not enough data: 199 of 200 runs.");
    assert_eq!(
        text(&[Some(0.9), None], runs(3, 3, 3)),
        "Not enough data: 3 of 200 runs. 1 step assumed at 90 % → 90.0 % without the measured step."
    );
    assert_eq!(pipeline_rate(&[], Runs::default()), None);
}
