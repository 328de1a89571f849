use super::{Left, known};
use crate::at_risk::tests::leads;

#[test]
fn waiting_and_failed_items_are_counted_at_their_value() {
    for (waiting, failed, shown) in [
        (0, 0, None),
        (16, 0, Some("16 waiting × $400 = $6,400")),
        (0, 2, Some("2 failed × $400 = $800")),
        (16, 2, Some("(16 waiting + 2 failed) × $400 = $7,200")),
    ] {
        let known = known(&leads("1"), Left { waiting, failed });
        assert_eq!(known.map(|k| k.method).as_deref(), shown);
    }
}

#[test]
fn a_huge_value_saturates() {
    let left = Left {
        waiting: u64::MAX,
        failed: u64::MAX,
    };
    assert_eq!(known(&leads("1"), left).unwrap().amount.0, i64::MAX);
}
