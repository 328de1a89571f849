use catalog::MicroDollars;
use chrono::{DateTime, Utc};

use super::Budget;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn a_new_day_has_a_new_budget() {
    let per_day = MicroDollars(100);
    let mut budget = Budget::new(at("2026-10-01T10:00:00Z"), MicroDollars(40));
    let evening = at("2026-10-01T23:59:59Z");
    assert!(budget.allows(evening, per_day, MicroDollars(60)));
    budget.book(evening, MicroDollars(60));
    assert!(!budget.allows(evening, per_day, MicroDollars(1)));
    assert!(
        budget.allows(evening, per_day, MicroDollars::ZERO),
        "a local model costs nothing"
    );
    let midnight = at("2026-10-02T00:00:00Z");
    assert!(budget.allows(midnight, per_day, MicroDollars(100)));
    assert!(!budget.allows(midnight, per_day, MicroDollars(101)));
}
