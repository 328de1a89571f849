use super::{fresh, minutes, t0};
use crate::BreakerRow;

#[test]
fn meta_values_are_stored_and_replaced() {
    let mut ledger = fresh();
    assert_eq!(ledger.meta("token").unwrap(), None);
    ledger.set_meta("token", "a").unwrap();
    ledger.set_meta("token", "b").unwrap();
    assert_eq!(ledger.meta("token").unwrap().as_deref(), Some("b"));
}

#[test]
fn the_first_start_is_dated() {
    let since = fresh().meta("schema.1").unwrap();
    assert_eq!(since.as_deref(), Some("2026-06-21T20:00:00+00:00"));
}

#[test]
fn breakers_are_stored_replaced_and_deleted() {
    let mut ledger = fresh();
    let breaker = |model: &str, state: &str, until| BreakerRow {
        endpoint: "lead-api".into(),
        model: model.into(),
        state: state.to_owned(),
        until,
    };
    let until = Some(t0() + minutes(5));
    ledger
        .save_breaker(&breaker("large", r#"{"failures":3}"#, None))
        .unwrap();
    ledger
        .save_breaker(&breaker("large", r#"{"open":1}"#, until))
        .unwrap();
    ledger.save_breaker(&breaker("small", "{}", None)).unwrap();
    assert_eq!(
        ledger.breakers().unwrap(),
        [
            breaker("large", r#"{"open":1}"#, until),
            breaker("small", "{}", None)
        ]
    );
    ledger
        .forget_breaker(&"lead-api".into(), &"large".into())
        .unwrap();
    assert_eq!(ledger.breakers().unwrap(), [breaker("small", "{}", None)]);
}
