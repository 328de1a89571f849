use proptest::prelude::*;

use super::*;

#[test]
fn six_steps_at_99_percent_are_94() {
    assert!((end_to_end(&[0.99; 6]) - 0.9415).abs() < 0.00005);
    assert_eq!(end_to_end(&[]), 1.0);
    assert_eq!(end_to_end(&[0.9, 0.0, 1.0]), 0.0);
}

#[test]
fn below_200_runs_no_rate_is_stated() {
    assert_eq!(
        Reliability::measured(199, 199),
        Reliability::NotEnoughData { runs: 199 }
    );
    assert_eq!(
        Reliability::measured(0, 0).to_string(),
        "not enough data: 0 of 200 runs"
    );
}

/// Expected values computed separately with the textbook formula.
#[test]
fn known_wilson_intervals() {
    let table = [
        (
            198,
            200,
            "99.00 % measured over 200 runs (95 % Wilson interval 96.43 to 99.73 %)",
        ),
        (
            200,
            200,
            "100.00 % measured over 200 runs (95 % Wilson interval 98.12 to 100.00 %)",
        ),
        (
            0,
            200,
            "0.00 % measured over 200 runs (95 % Wilson interval 0.00 to 1.88 %)",
        ),
        (
            990,
            1000,
            "99.00 % measured over 1000 runs (95 % Wilson interval 98.17 to 99.46 %)",
        ),
    ];
    for (good, runs, expected) in table {
        assert_eq!(Reliability::measured(good, runs).to_string(), expected);
    }
}

proptest! {
    #[test]
    fn the_rate_lies_in_its_interval(good in 0..100_000u64, more in 0..100_000u64) {
        let runs = good + more + ENOUGH_RUNS;
        let Reliability::Measured(rate) = Reliability::measured(good, runs) else {
            return Err(TestCaseError::fail("enough runs"));
        };
        prop_assert!(0.0 <= rate.low && rate.low <= rate.rate && rate.rate <= rate.high && rate.high <= 1.0, "{rate:?}");
        prop_assert!(rate.low < rate.high);
    }

    #[test]
    fn a_chain_is_never_better_than_its_weakest_step(steps in prop::collection::vec(0.0..=1.0f64, 1..10)) {
        let weakest = steps.iter().copied().fold(1.0, f64::min);
        prop_assert!(end_to_end(&steps) <= weakest + 1e-12);
    }
}
