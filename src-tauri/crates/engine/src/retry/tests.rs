use chrono::{DateTime, TimeDelta};

use super::Retry;

/// Each step with whether another follows, then the result.
fn check(total: usize, steps: &[(Option<bool>, bool)], stop_after: Option<usize>, message: &str) {
    let now = DateTime::UNIX_EPOCH;
    let mut retry = Retry::of(total);
    for (index, (answered, next)) in steps.iter().enumerate() {
        if stop_after == Some(index) {
            retry.stop();
        }
        assert_eq!(retry.ran(*answered), *next, "{message}: step {index}");
    }
    assert!(retry.is_at_work());
    assert_eq!(retry.shown(now).unwrap().ended, None);
    retry.end(now);
    assert!(!retry.is_at_work());
    assert_eq!(retry.shown(now).unwrap().ended.as_deref(), Some(message));
    assert_eq!(retry.shown(now + TimeDelta::minutes(10)), None);
}

#[test]
fn it_ends_with_the_last_item_after_three_failures_or_when_stopped() {
    let (yes, no) = (Some(true), Some(false));
    check(
        4,
        &[(yes, true), (no, true), (None, true), (yes, false)],
        None,
        "4 requests were run again: 3 answered, 1 failed.",
    );
    check(
        1,
        &[(yes, false)],
        None,
        "1 request was run again: 1 answered.",
    );
    check(
        9,
        &[(yes, true), (no, true), (no, true), (no, false)],
        None,
        "4 requests were run again: 1 answered, 3 failed. It stopped after 3 failures in a row; 5 not run yet.",
    );
    check(
        3,
        &[(yes, true), (yes, false)],
        Some(1),
        "2 requests were run again: 2 answered. It was stopped; 1 not run yet.",
    );
    check(
        2,
        &[(no, true), (no, false)],
        None,
        "2 requests were run again: 2 failed.",
    );
}
