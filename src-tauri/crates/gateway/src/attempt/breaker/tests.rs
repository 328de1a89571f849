use std::time::Duration;

use super::memory::REMEMBERED;
use super::*;

const TRANSIENT: FailureClass = FailureClass::Transient;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn trip(class: FailureClass) -> Trip {
    Trip {
        class,
        slow: false,
        timeout_length: None,
        retry_after: None,
        resets_at: None,
        reason: "503".to_owned(),
        threshold: FAILURES,
        cooldown: Duration::from_secs(30),
    }
}

/// Checks rows of second, event, and standing after it.
fn check(story: &[(i64, What, Standing)]) {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    for (second, what, then) in story {
        let now = at(*second);
        let before = breakers.standing(&endpoint, &model, now);
        let change = match what {
            What::Fails(trip) => breakers.enter(&endpoint, &model, now).failed(now, trip),
            What::Succeeds => breakers.enter(&endpoint, &model, now).succeeded(now),
            What::Leaves => {
                drop(breakers.enter(&endpoint, &model, now));
                None
            }
            What::Nothing => None,
        };
        let is_open = |standing: Standing| matches!(standing, Standing::Open { .. });
        let opened = matches!(change, Some(BreakerChange::Opened { .. }));
        assert_eq!(
            opened,
            matches!(what, What::Fails(_)) && is_open(*then) && !is_open(before),
            "at {second} s after {what:?}: {change:?}"
        );
        let closed = change == Some(BreakerChange::Closed);
        let closes = matches!(what, What::Succeeds) && before != Standing::Closed;
        assert_eq!(closed, closes, "at {second} s after {what:?}: {change:?}");
        assert_eq!(
            breakers.standing(&endpoint, &model, now),
            *then,
            "at {second} s after {what:?}"
        );
    }
}

#[derive(Debug)]
enum What {
    Fails(Trip),
    Succeeds,
    Leaves,
    Nothing,
}
use Standing::{Closed, HalfOpen};
use What::{Fails, Leaves, Nothing, Succeeds};

fn open(until: i64) -> Standing {
    Standing::Open { until: at(until) }
}

#[test]
fn three_consecutive_failures_open_it_and_a_success_resets_them() {
    check(&[
        (0, Fails(trip(TRANSIENT)), Closed),
        (1, Fails(trip(TRANSIENT)), Closed),
        (2, Succeeds, Closed),
        (3, Fails(trip(TRANSIENT)), Closed),
        (4, Fails(trip(TRANSIENT)), Closed),
        (5, Fails(trip(TRANSIENT)), open(35)),
        (34, Nothing, open(35)),
        (35, Nothing, HalfOpen),
    ]);
}

#[test]
fn a_declared_outage_makes_one_failure_enough() {
    let declared = Trip {
        threshold: FAILURES_IN_DECLARED_OUTAGE,
        ..trip(TRANSIENT)
    };
    check(&[(0, Fails(declared), open(30))]);
}

#[test]
fn a_quick_failure_is_probed_every_thirty_seconds() {
    let once = |t| Trip {
        threshold: 1,
        ..trip(t)
    };
    check(&[
        (0, Fails(once(TRANSIENT)), open(30)),
        (30, Fails(once(TRANSIENT)), open(60)),
        (60, Fails(once(TRANSIENT)), open(90)),
        (90, Succeeds, Closed),
    ]);
}

#[test]
fn the_cooldown_after_a_timeout_doubles_up_to_five_minutes() {
    let timed_out = || Trip {
        threshold: 1,
        ..trip(FailureClass::Timeout)
    };
    check(&[
        (0, Fails(timed_out()), open(30)),
        (30, Fails(timed_out()), open(90)),
        (90, Fails(timed_out()), open(210)),
        (210, Fails(timed_out()), open(450)),
        (450, Fails(timed_out()), open(750)),
        (750, Fails(timed_out()), open(1050)),
        (1050, Succeeds, Closed),
        (1051, Fails(timed_out()), open(1081)),
    ]);
}

#[test]
fn a_timeout_after_another_failure_opens_it_and_a_long_timeout_does_so_at_once() {
    let timed_out = |timeout_length| Trip {
        timeout_length: Some(timeout_length),
        ..trip(FailureClass::Timeout)
    };
    check(&[
        (0, Fails(timed_out(TimeoutLength::Usual)), Closed),
        (45, Fails(timed_out(TimeoutLength::Usual)), open(75)),
    ]);
    check(&[
        (0, Fails(trip(TRANSIENT)), Closed),
        (1, Fails(timed_out(TimeoutLength::Usual)), open(31)),
    ]);
    check(&[(0, Fails(timed_out(TimeoutLength::Long)), open(30))]);
    // A response in one document may take long.
    check(&[
        (0, Fails(trip(FailureClass::Timeout)), Closed),
        (1, Fails(trip(FailureClass::Timeout)), Closed),
        (2, Fails(trip(FailureClass::Timeout)), open(32)),
    ]);
}

#[test]
fn a_full_length_timeout_counts_for_five_minutes_and_shorter_ones_do_not_prolong_that() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let fails = |second, timeout_length| {
        let timed_out = Trip {
            timeout_length: Some(timeout_length),
            ..trip(FailureClass::Timeout)
        };
        let now = at(second);
        breakers
            .enter(&endpoint, &model, now)
            .failed(now, &timed_out);
    };
    let known =
        |breakers: &Breakers, second| breakers.has_recent_timeout(&endpoint, &model, at(second));
    fails(0, TimeoutLength::Usual);
    assert!(!known(&breakers, 0), "one wait may have been too short");
    fails(50, TimeoutLength::Usual);
    assert!(known(&breakers, 50), "two in a row have opened it");
    fails(200, TimeoutLength::Long);
    fails(350, TimeoutLength::Usual);
    assert!(known(&breakers, 499));
    assert!(!known(&breakers, 500));
    // Ledgers of earlier versions have this name.
    let stored = breakers.kept();
    assert!(
        stored
            .iter()
            .any(|kept| kept.state.contains("\"silent_at\":\"")),
        "{stored:?}"
    );
    let restarted = Breakers::default();
    restarted.restore(breakers.kept(), at(301));
    assert!(known(&restarted, 499) && !known(&restarted, 500));

    fails(600, TimeoutLength::Long);
    assert!(known(&breakers, 601));
    breakers.half_open(&endpoint, &model, at(602));
    assert!(!known(&breakers, 603), "a probe was answered");
    fails(700, TimeoutLength::Long);
    breakers
        .enter(&endpoint, &model, at(701))
        .succeeded(at(701));
    assert!(!known(&breakers, 702), "it answered");
}

#[test]
fn quota_opens_at_once_for_five_minutes_doubling_to_an_hour() {
    check(&[
        (0, Fails(trip(FailureClass::Quota)), open(300)),
        (300, Fails(trip(FailureClass::Quota)), open(900)),
        (900, Fails(trip(FailureClass::Quota)), open(2100)),
        (2100, Fails(trip(FailureClass::Quota)), open(4500)),
        (4500, Fails(trip(FailureClass::Quota)), open(8100)),
        (8100, Fails(trip(FailureClass::Quota)), open(11700)),
    ]);
}

#[test]
fn a_long_retry_after_opens_at_once_and_is_capped_at_an_hour() {
    let limited = |seconds| Trip {
        retry_after: Some(Duration::from_secs(seconds)),
        ..trip(FailureClass::RateLimit)
    };
    check(&[(0, Fails(limited(2)), Closed)]);
    check(&[(0, Fails(limited(120)), open(120))]);
    check(&[(0, Fails(limited(10)), open(30))]);
    check(&[(0, Fails(limited(1_000_000)), open(3600))]);
}

#[test]
fn a_limit_opens_at_once_and_exactly_until_its_reset() {
    let limit = |until| Trip {
        resets_at: Some(at(until)),
        retry_after: Some(Duration::from_secs(7200)),
        ..trip(FailureClass::Limit)
    };
    check(&[
        (0, Fails(limit(10_000)), open(10_000)),
        (9_999, Nothing, open(10_000)),
        (10_000, Nothing, HalfOpen),
        // Not doubled: the provider stated the time.
        (10_001, Fails(limit(10_020)), open(10_020)),
        (10_021, Succeeds, Closed),
    ]);
    // The last candidate got a request anyway, and the reset time changed.
    check(&[
        (0, Fails(limit(10_000)), open(10_000)),
        (100, Fails(limit(5_000)), open(5_000)),
        (200, Fails(limit(20_000)), open(20_000)),
        (300, Fails(trip(TRANSIENT)), open(20_000)),
    ]);
    // Several days.
    check(&[(0, Fails(limit(600_000)), open(600_000))]);
    // Without a reset time in the future it counts as a quota.
    let unknown = |resets_at| Trip {
        resets_at,
        ..trip(FailureClass::Limit)
    };
    check(&[(0, Fails(unknown(None)), open(300))]);
    check(&[(0, Fails(unknown(Some(at(-5)))), open(300))]);
    // Three failures opened it with a shorter cooldown.
    check(&[
        (0, Fails(trip(TRANSIENT)), Closed),
        (1, Fails(trip(TRANSIENT)), Closed),
        (2, Fails(trip(TRANSIENT)), open(32)),
        (33, Fails(limit(1_000)), open(1_000)),
    ]);
}

#[test]
fn a_request_at_fault_changes_nothing() {
    for class in [
        FailureClass::Caller,
        FailureClass::ContextTooLong,
        FailureClass::ContentPolicy,
    ] {
        let fails = || Fails(trip(class));
        check(&[
            (0, fails(), Closed),
            (1, fails(), Closed),
            (2, fails(), Closed),
            (3, fails(), Closed),
        ]);
    }
}

#[test]
fn a_probe_whose_client_disconnects_lets_the_next_probe() {
    let once = Trip {
        threshold: 1,
        ..trip(TRANSIENT)
    };
    check(&[
        (0, Fails(once), open(30)),
        (31, Leaves, HalfOpen),
        (32, Succeeds, Closed),
    ]);
}

#[test]
fn one_probe_at_a_time_and_only_it_decides() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let once = Trip {
        threshold: 1,
        ..trip(TRANSIENT)
    };
    let early = breakers.enter(&endpoint, &model, at(0));
    breakers
        .enter(&endpoint, &model, at(0))
        .failed(at(0), &once);
    let probe = breakers.enter(&endpoint, &model, at(30));
    assert!(probe.is_probe());
    assert_eq!(
        breakers.standing(&endpoint, &model, at(30)),
        Standing::Probing
    );
    assert!(!breakers.enter(&endpoint, &model, at(31)).is_probe());
    early.failed(at(32), &once);
    assert_eq!(
        breakers.standing(&endpoint, &model, at(32)),
        Standing::Probing
    );
    probe.failed(at(33), &once);
    assert_eq!(breakers.standing(&endpoint, &model, at(33)), open(63));
    assert_eq!(breakers.views(at(33)).len(), 1);
}

#[test]
fn a_failed_last_resort_does_not_extend_the_cooldown() {
    let once = || Trip {
        threshold: 1,
        ..trip(TRANSIENT)
    };
    check(&[
        (0, Fails(once()), open(30)),
        (20, Fails(once()), open(30)),
        (
            25,
            Fails(Trip {
                retry_after: Some(Duration::from_secs(100)),
                ..once()
            }),
            open(125),
        ),
    ]);
}

#[test]
fn breakers_survive_a_restart() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let other = ModelId::new("twice failed");
    for second in [0, 30] {
        let timed_out = Trip {
            threshold: 1,
            ..trip(FailureClass::Timeout)
        };
        breakers
            .enter(&endpoint, &model, at(second))
            .failed(at(second), &timed_out);
        breakers
            .enter(&endpoint, &other, at(second))
            .failed(at(second), &trip(TRANSIENT));
    }
    let restarted = Breakers::default();
    restarted.restore(breakers.kept(), at(301));
    assert_eq!(restarted.views(at(40)), breakers.views(at(40)));
    assert_eq!(restarted.standing(&endpoint, &model, at(89)), open(90));
    // The doubling continues after the restart, and the third failure in a row counts as the third.
    for model in [&model, &other] {
        let again = Trip {
            threshold: FAILURES,
            ..trip(FailureClass::Timeout)
        };
        restarted
            .enter(&endpoint, model, at(90))
            .failed(at(90), &again);
    }
    assert_eq!(restarted.standing(&endpoint, &model, at(91)), open(210));
    assert_eq!(restarted.standing(&endpoint, &other, at(91)), open(120));
}

#[test]
fn a_limit_survives_a_restart() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let limit = Trip {
        resets_at: Some(at(10_000)),
        ..trip(FailureClass::Limit)
    };
    breakers
        .enter(&endpoint, &model, at(0))
        .failed(at(0), &limit);
    let restarted = Breakers::default();
    restarted.restore(breakers.kept(), at(301));
    let views = restarted.views(at(40));
    assert_eq!(views, breakers.views(at(40)));
    assert_eq!(
        (views[0].class, views[0].resets_at, views[0].standing),
        (Some(FailureClass::Limit), Some(at(10_000)), open(10_000))
    );
    // A later failure with another cause is no evidence about a limit.
    restarted
        .enter(&endpoint, &model, at(10_001))
        .failed(at(10_001), &trip(TRANSIENT));
    assert_eq!(restarted.views(at(10_002))[0].resets_at, None);
}

#[test]
fn after_a_restart_the_next_request_replaces_an_open_probe() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    breakers
        .enter(&endpoint, &model, at(0))
        .failed(at(0), &trip(FailureClass::Quota));
    let probe = breakers.enter(&endpoint, &model, at(300));
    let restarted = Breakers::default();
    restarted.restore(breakers.kept(), at(301));
    assert_eq!(restarted.standing(&endpoint, &model, at(301)), HalfOpen);
    drop(probe);
}

#[test]
fn an_unreadable_state_starts_closed() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    breakers.restore(
        vec![KeptBreaker {
            endpoint: endpoint.clone(),
            model: model.clone(),
            state: "{\"failures\":".to_owned(),
            until: Some(at(1000)),
        }],
        at(0),
    );
    assert_eq!(breakers.standing(&endpoint, &model, at(0)), Closed);
}

#[test]
fn a_failed_probe_counts_as_a_failed_request_and_extends_nothing() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    for second in 0..3 {
        assert_eq!(breakers.standing(&endpoint, &model, at(second)), Closed);
        breakers.probe_failed(&endpoint, &model, at(second), &trip(TRANSIENT));
    }
    assert_eq!(breakers.standing(&endpoint, &model, at(2)), open(32));
    breakers.probe_failed(&endpoint, &model, at(20), &trip(TRANSIENT));
    assert_eq!(breakers.standing(&endpoint, &model, at(20)), open(32));
    breakers.probe_failed(&endpoint, &model, at(40), &trip(TRANSIENT));
    assert_eq!(breakers.standing(&endpoint, &model, at(40)), HalfOpen);
}

#[test]
fn try_now_half_opens() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    breakers
        .enter(&endpoint, &model, at(0))
        .failed(at(0), &trip(FailureClass::Credential));
    breakers.half_open(&endpoint, &model, at(1));
    assert_eq!(breakers.standing(&endpoint, &model, at(1)), HalfOpen);
}

/// A model that no request uses: only probes close its breaker.
#[test]
fn a_probe_that_succeeds_half_opens_and_one_at_a_half_open_breaker_closes_it() {
    let breakers = Breakers::default();
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let fail = |second| {
        breakers.probe_failed(&endpoint, &model, at(second), &trip(TRANSIENT));
    };
    let standing = |second| breakers.standing(&endpoint, &model, at(second));
    (0..3).for_each(fail);
    breakers.probe_answered(&endpoint, &model, at(5));
    assert_eq!(standing(5), HalfOpen);
    breakers.probe_answered(&endpoint, &model, at(30));
    assert_eq!((standing(30), breakers.views(at(30)).len()), (Closed, 0));

    // The cooldown has ended, one probe fails and the next succeeds.
    (40..43).for_each(fail);
    fail(80);
    assert_eq!(standing(80), HalfOpen);
    breakers.probe_answered(&endpoint, &model, at(105));
    assert_eq!(standing(105), Closed);
}

/// A probe uses the stored key: it does not close a breaker that a client's login or a quota opened.
#[test]
fn a_probe_does_not_close_a_breaker_that_an_account_fault_opened() {
    for class in [
        FailureClass::Quota,
        FailureClass::Credential,
        FailureClass::Limit,
        FailureClass::RateLimit,
    ] {
        let breakers = Breakers::default();
        let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
        for second in 0..3 {
            breakers
                .enter(&endpoint, &model, at(second))
                .failed(at(second), &trip(class));
        }
        for second in [10, 20, 30] {
            breakers.probe_answered(&endpoint, &model, at(second));
            assert_eq!(
                breakers.standing(&endpoint, &model, at(second)),
                HalfOpen,
                "{class:?}"
            );
        }
    }
}

#[test]
fn an_unused_model_is_forgotten_after_its_cooldown_also_over_a_restart() {
    let (endpoint, model) = (EndpointId::new("e"), ModelId::new("m"));
    let breakers = Breakers::default();
    breakers
        .enter(&endpoint, &model, at(0))
        .failed(at(0), &trip(FailureClass::Quota));
    let restarted = Breakers::default();
    restarted.restore(breakers.kept(), at(10));
    for breakers in [breakers, restarted] {
        let standings = |second| -> Vec<Standing> {
            breakers
                .views(at(second))
                .into_iter()
                .map(|view| view.standing)
                .collect()
        };
        assert_eq!(standings(299), [open(300)]);
        assert_eq!(standings(300), [HalfOpen]);
        assert_eq!(standings(899), [HalfOpen]);
        assert_eq!(standings(900), []);
        assert_eq!(breakers.standing(&endpoint, &model, at(900)), Closed);
        assert_eq!(breakers.kept(), []);
    }
}

#[test]
fn invented_model_names_do_not_fill_the_memory() {
    let breakers = Breakers::default();
    let endpoint = EndpointId::new("e");
    for n in 0..REMEMBERED + 50 {
        let model = ModelId::new(format!("made-up-{n}"));
        breakers
            .enter(&endpoint, &model, at(0))
            .failed(at(0), &trip(FailureClass::ModelGone));
    }
    assert_eq!(breakers.views(at(0)).len(), REMEMBERED);
}
