use std::time::Duration;

use tokio::time::Instant;

use super::{LONGEST, LookOutcome, Rounds};
use crate::rhythm::Look;

fn page(provider: &str) -> Look {
    Look::Page(provider.into())
}

#[test]
fn a_round_ends_with_its_last_look() {
    let now = Instant::now();
    let mut rounds = Rounds::default();
    rounds.begin(now, 7, [page("a"), page("b")].into_iter());
    rounds.ended(&page("a"), &LookOutcome::Good, false);
    rounds.ended(&page("c"), &LookOutcome::Good, false);
    assert_eq!(rounds.take_finished(now), []);
    let why = LookOutcome::Failed("timed out".into());
    rounds.ended(&page("b"), &why, false);
    let finished = rounds.take_finished(now);
    assert_eq!((finished.len(), finished[0].id), (1, 7));
    let checks: Vec<_> = finished[0].checks.clone().into_iter().collect();
    assert_eq!(checks, [(page("a"), LookOutcome::Good), (page("b"), why)]);
    assert_eq!(rounds.next_due(), None);
}

#[test]
fn a_round_ends_after_ten_seconds_and_names_what_is_missing() {
    let now = Instant::now();
    let mut rounds = Rounds::default();
    rounds.begin(now, 1, [page("a")].into_iter());
    assert_eq!(rounds.next_due(), Some(now + LONGEST));
    assert_eq!(
        rounds.take_finished(now + LONGEST - Duration::from_millis(1)),
        []
    );
    let finished = rounds.take_finished(now + LONGEST);
    assert_eq!(finished[0].checks[&page("a")], LookOutcome::Unfinished);
}

#[test]
fn a_round_ends_when_offline_or_without_targets() {
    let now = Instant::now();
    let mut rounds = Rounds::default();
    rounds.begin(now, 1, [page("a")].into_iter());
    rounds.ended(&Look::Controls, &LookOutcome::Good, true);
    assert!(rounds.take_finished(now)[0].offline);
    rounds.begin(now, 2, std::iter::empty());
    assert_eq!(rounds.take_finished(now)[0].id, 2);
}
