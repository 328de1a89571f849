use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{After, Look, Plan, Rhythm};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn page(provider: &str) -> Look {
    Look::Page(provider.into())
}

fn probe(endpoint: &str) -> Look {
    Look::Probe(endpoint.into(), "model".into())
}

fn plan(provider: &str, host: &str, every: u64) -> Plan {
    Plan {
        provider: provider.into(),
        host: host.to_owned(),
        every: s(every),
    }
}

fn rhythm(now: Instant, plans: &[(Look, Plan)]) -> Rhythm {
    let mut rhythm = Rhythm::new(7);
    rhythm.keep(now, plans.iter().cloned().collect());
    rhythm
}

/// One page of provider `a`, polled every 120 s, and a probe of it, every 300 s.
fn usual(now: Instant) -> Rhythm {
    rhythm(
        now,
        &[
            (page("a"), plan("a", "status.a", 120)),
            (probe("a"), plan("a", "api.a", 300)),
        ],
    )
}

/// Seconds until the next check of `look` after this result.
fn next_after(rhythm: &mut Rhythm, now: Instant, look: &Look, after: After) -> f64 {
    rhythm.due_now(now, look);
    assert!(rhythm.due(now).contains(look));
    rhythm.done(now, look, after);
    (rhythm.entries[look].due - now).as_secs_f64()
}

#[test]
fn everything_is_due_once_at_the_start() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    assert_eq!(rhythm.next_due(), Some(now));
    assert_eq!(rhythm.due(now), [page("a"), probe("a")]);
    assert_eq!(rhythm.due(now), []);
    assert_eq!(rhythm.next_due(), None, "both are under way");
}

#[test]
fn the_interval_depends_on_the_last_result() {
    let refused = |retry_after| After::Refused { retry_after };
    for (look, after, shortest, longest) in [
        (page("a"), After::Quiet, 96.0, 144.0),
        (probe("a"), After::Quiet, 240.0, 360.0),
        (page("a"), After::Bad, 48.0, 72.0),
        (probe("a"), After::Bad, 48.0, 72.0),
        (page("a"), After::Failed, 192.0, 288.0),
        (page("a"), refused(None), 900.0, 1080.0),
        (page("a"), refused(Some(s(1800))), 1800.0, 2160.0),
        // Never earlier than planned, never later than six hours.
        (page("a"), refused(Some(s(1))), 120.0, 144.0),
        (page("a"), refused(Some(s(7 * 86_400))), 21_600.0, 25_920.0),
    ] {
        let now = Instant::now();
        for seed in 0..50 {
            let mut rhythm = usual(now);
            rhythm.random = seed;
            let wait = next_after(&mut rhythm, now, &look, after);
            assert!(
                (shortest..=longest).contains(&wait),
                "{look:?} after {after:?}: {wait}"
            );
        }
    }
}

#[test]
fn jitter_spreads_and_is_the_same_for_the_same_seed() {
    let now = Instant::now();
    let waits = |seed| -> Vec<u64> {
        let mut rhythm = usual(now);
        rhythm.random = seed;
        (0..20)
            .map(|_| {
                rhythm.all_due(now);
                rhythm.due(now);
                rhythm.done(now, &probe("a"), After::Quiet);
                rhythm.done(now, &page("a"), After::Quiet);
                (rhythm.entries[&page("a")].due - now).as_millis() as u64
            })
            .collect()
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
    let (low, high) = (waits(3).into_iter().min(), waits(3).into_iter().max());
    assert!(
        low < Some(108_000) && high > Some(132_000),
        "{low:?} {high:?}"
    );
}

#[test]
fn failures_back_off_to_15_minutes_and_one_success_resets_it() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    let mut at = now;
    let mut waits = Vec::new();
    for after in [After::Failed; 6].into_iter().chain([After::Quiet]) {
        at += s(10_000);
        assert!(rhythm.due(at).contains(&page("a")));
        rhythm.done(at, &page("a"), after);
        rhythm.done(at, &probe("a"), After::Quiet);
        waits.push((rhythm.entries[&page("a")].due - at).as_secs_f64());
    }
    for (wait, expected) in waits
        .iter()
        .zip([240.0, 480.0, 900.0, 900.0, 900.0, 900.0, 120.0])
    {
        let ratio = wait / expected;
        assert!((0.8..=1.2).contains(&ratio), "{waits:?}");
    }
}

#[test]
fn an_open_incident_shortens_only_its_providers_intervals() {
    let now = Instant::now();
    let mut rhythm = rhythm(
        now,
        &[
            (page("a"), plan("a", "status.a", 120)),
            (page("b"), plan("b", "status.b", 120)),
        ],
    );
    for look in rhythm.due(now) {
        rhythm.done(now, &look, After::Quiet);
    }
    rhythm.incident(now, &"a".into(), true);
    assert!(rhythm.entries[&page("a")].due <= now + s(60));
    assert!(rhythm.entries[&page("b")].due >= now + s(96));
    assert!(next_after(&mut rhythm, now, &page("a"), After::Quiet) <= 72.0);
    rhythm.incident(now, &"a".into(), false);
    assert!(next_after(&mut rhythm, now, &page("a"), After::Quiet) >= 96.0);
}

#[test]
fn a_page_in_trouble_is_polled_often_while_it_cannot_be_read() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    next_after(&mut rhythm, now, &page("a"), After::Bad);
    let wait = next_after(&mut rhythm, now, &page("a"), After::Failed);
    assert!((96.0..=144.0).contains(&wait), "twice 60 s: {wait}");
}

#[test]
fn targets_on_one_host_alternate() {
    let now = Instant::now();
    let shared = |provider| (page(provider), plan(provider, "shared", 120));
    let mut rhythm = rhythm(now, &[shared("a"), shared("b"), shared("c")]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let due = rhythm.due(now);
        assert_eq!(due.len(), 1);
        assert_eq!(rhythm.due(now), []);
        assert_eq!(rhythm.next_due(), None, "the host is busy");
        rhythm.done(now, &due[0], After::Quiet);
        seen.extend(due);
    }
    seen.sort();
    assert_eq!(seen, [page("a"), page("b"), page("c")]);
}

#[test]
fn offline_the_network_is_checked_and_pages_are_read_in_turn() {
    let now = Instant::now();
    let mut rhythm = rhythm(
        now,
        &[
            (page("a"), plan("a", "status.a", 120)),
            (page("b"), plan("b", "status.b", 120)),
            (probe("a"), plan("a", "api.a", 300)),
        ],
    );
    let due = rhythm.due(now);
    rhythm.offline(now, true);
    for look in due {
        rhythm.done(now, &look, After::Failed);
    }
    let mut at = now;
    let mut read = Vec::new();
    for _ in 0..100 {
        assert_eq!(rhythm.next_due(), Some(at + s(15)));
        at += s(15);
        let due = rhythm.due(at);
        assert_eq!(due.len(), 2, "{due:?}");
        assert_eq!(due[0], Look::Controls);
        assert_eq!(rhythm.due(at), [], "under way");
        for look in &due {
            rhythm.done(at, look, After::Failed);
        }
        read.push(due[1].clone());
    }
    let of_a = read.iter().filter(|look| **look == page("a")).count();
    let of_b = read.iter().filter(|look| **look == page("b")).count();
    assert_eq!(of_a + of_b, 100, "no probe is sent");
    assert!(
        of_a.abs_diff(of_b) < 20,
        "they take turns: {of_a} and {of_b}"
    );
    rhythm.offline(at, false);
    assert_eq!(rhythm.due(at), [page("a"), page("b"), probe("a")]);
}

#[test]
fn offline_a_page_that_is_still_being_read_is_not_read_twice() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    rhythm.due(now);
    rhythm.offline(now, true);
    assert_eq!(rhythm.due(now + s(15)), [Look::Controls]);
    rhythm.done(now + s(20), &Look::Controls, After::Quiet);
    rhythm.done(now + s(20), &page("a"), After::Failed);
    assert_eq!(rhythm.due(now + s(35)), [Look::Controls, page("a")]);
}

#[test]
fn a_network_doubt_makes_one_page_due_at_most_every_15_s() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    for look in rhythm.due(now) {
        rhythm.done(now, &look, After::Quiet);
    }
    rhythm.verify(now);
    assert_eq!(rhythm.due(now), [page("a")]);
    rhythm.done(now + s(1), &page("a"), After::Failed);
    for second in [1, 2, 3] {
        rhythm.verify(now + s(second));
    }
    assert_eq!(rhythm.next_due(), Some(now + s(15)));
    assert_eq!(rhythm.due(now + s(15)), [page("a")]);
}

#[test]
fn after_a_suspend_everything_is_due_including_the_network_check() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    for look in rhythm.due(now) {
        rhythm.done(now, &look, After::Failed);
    }
    rhythm.all_due(now + s(1));
    assert_eq!(rhythm.due(now + s(1)).len(), 2);
    rhythm.offline(now, true);
    rhythm.all_due(now + s(2));
    assert_eq!(rhythm.due(now + s(2)), [Look::Controls]);
}

#[test]
fn client_requests_postpone_the_probe_and_never_the_page() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    for look in rhythm.due(now) {
        rhythm.done(now, &look, After::Bad);
    }
    rhythm.completed(now + s(10), &probe("a"));
    assert_eq!(rhythm.entries[&probe("a")].due, now + s(310));
    assert!(rhythm.entries[&page("a")].due <= now + s(72));
    rhythm.completed(now, &probe("unknown"));
}

#[test]
fn without_client_requests_probes_run_less_often_unless_there_is_an_incident() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    rhythm.idle(now, true);
    let wait = next_after(&mut rhythm, now, &probe("a"), After::Quiet);
    assert!((1440.0..=2160.0).contains(&wait), "{wait}");
    rhythm.done(now, &page("a"), After::Quiet);
    assert!(next_after(&mut rhythm, now, &page("a"), After::Quiet) <= 144.0);
    rhythm.incident(now, &"a".into(), true);
    assert!(next_after(&mut rhythm, now, &probe("a"), After::Quiet) <= 72.0);
    rhythm.incident(now, &"a".into(), false);
    next_after(&mut rhythm, now, &probe("a"), After::Quiet);
    rhythm.idle(now, false);
    assert!(rhythm.entries[&probe("a")].due <= now + s(300));
}

#[test]
fn a_new_plan_keeps_the_times_of_existing_targets() {
    let now = Instant::now();
    let mut rhythm = usual(now);
    for look in rhythm.due(now) {
        rhythm.done(now, &look, After::Quiet);
    }
    let due = rhythm.entries[&page("a")].due;
    let plans = BTreeMap::from([
        (page("a"), plan("a", "status.a", 120)),
        (page("b"), plan("b", "status.b", 120)),
    ]);
    rhythm.keep(now + s(1), plans);
    assert_eq!(rhythm.entries[&page("a")].due, due);
    assert_eq!(rhythm.due(now + s(1)), [page("b")]);
    assert!(!rhythm.entries.contains_key(&probe("a")));

    let faster = BTreeMap::from([(page("a"), plan("a", "status.a", 30))]);
    rhythm.keep(now + s(1), faster);
    assert_eq!(rhythm.entries[&page("a")].due, now + s(31));
    assert!(
        rhythm.entries.contains_key(&page("b")),
        "it is being looked at"
    );
    rhythm.done(now + s(2), &page("b"), After::Quiet);
    assert!(!rhythm.entries.contains_key(&page("b")));
    rhythm.done(now + s(2), &page("b"), After::Quiet);
}
