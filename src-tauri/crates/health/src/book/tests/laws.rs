use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

/// An event, and the seconds that passed before it.
#[derive(Clone, Debug)]
struct Step {
    after: i64,
    source: &'static str,
    input: &'static str,
}

fn any_step() -> impl Strategy<Value = Step> {
    let readings: &[(&str, &str)] = &[
        ("page", "api=ok code=ok"),
        ("page", "api=partial code=ok"),
        ("page", "api=major code=major +i1(api)"),
        ("page", "api=ok code=ok -i1(api)"),
        ("page", "code=ok"),
        ("page", "feed"),
        ("page", "feed +i1()"),
        ("page", "unreadable"),
        ("page", "offline"),
        ("openai page", "responses=major"),
        ("openai page", "responses=ok"),
        ("call", "ok"),
        ("call", "529"),
        ("call", "cut"),
        ("call", "sonnet:ok"),
        ("probe", "sonnet:refused"),
        ("call", "key"),
        ("call", "sonnet:key"),
        ("call", "left"),
        ("openai call", "silent"),
        ("openrouter call", "500"),
        ("openrouter call", "ok"),
        ("network", "up"),
        ("network", "down"),
        ("clock", ""),
        ("woke", ""),
    ];
    (any_wait(), proptest::sample::select(readings)).prop_map(|(after, (source, input))| Step {
        after,
        source,
        input,
    })
}

/// Seconds. Often shorter than a doubt, or exactly at the limit where readings become stale.
fn any_wait() -> impl Strategy<Value = i64> {
    prop_oneof![2 => 0..12i64, 1 => 1795..1805i64, 2 => 0..3000i64]
}

/// All transitions, step by step, with the verdicts after each.
fn feed(steps: &[Step]) -> Vec<(Vec<Transition>, Arc<Verdicts>)> {
    let mut book = book();
    let mut now = at("12:00");
    steps
        .iter()
        .map(|step| {
            now += TimeDelta::seconds(step.after);
            let expected_changes = match step.source {
                "clock" => book.due(now),
                "woke" => book.woke(now),
                _ => book.observe(now, observation(now, step.source, step.input)),
            };
            (expected_changes, book.verdicts())
        })
        .collect()
}

fn is_outage(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Known(level) if level >= Level::Degraded)
}

proptest! {
    /// Openings and closings alternate, whatever happens between them. The same holds for announced ones.
    #[test]
    fn every_incident_opens_once_and_closes_once(steps in prop::collection::vec(any_step(), 0..90)) {
        let mut open = BTreeMap::new();
        for transition in feed(&steps).into_iter().flat_map(|(expected_changes, _)| expected_changes) {
            let incident = open.entry(transition.provider.clone()).or_insert(false);
            match transition.change {
                Change::Opened { .. } => {
                    prop_assert!(!*incident, "opened twice");
                    prop_assert!(transition.announce);
                    *incident = true;
                }
                Change::Recovered { .. } | Change::Faded { .. } => {
                    prop_assert!(*incident, "closed without being open");
                    prop_assert!(transition.announce);
                    *incident = false;
                }
                Change::Rose { from, to } => prop_assert!(*incident && to > from),
                Change::Eased { from, to } => prop_assert!(*incident && to < from),
                Change::Noted(_) => prop_assert!(!transition.announce),
                Change::Updated => prop_assert!(*incident && !transition.announce),
                Change::Past(_) => prop_assert!(!transition.announce),
            }
        }
    }

    /// Only a reading from outside makes a provider operational or bad.
    #[test]
    fn without_readings_or_offline_no_level_changes(steps in prop::collection::vec(any_step(), 0..90)) {
        // Time alone can end a doubt and make a verdict bad, so it passes in separate steps before the reading.
        let steps: Vec<Step> = steps
            .into_iter()
            .flat_map(|input| [Step { source: "clock", input: "", ..input }, Step { after: 0, ..input }])
            .collect();
        let mut before = book().verdicts();
        for (step, (expected_changes, after)) in steps.iter().zip(feed(&steps)) {
            let no_check = ["clock", "woke"].contains(&step.source)
                || matches!(step.input, "unreadable" | "offline" | "down" | "left" | "key" | "sonnet:key");
            for (id, verdict) in &after.providers {
                let was = before.providers[id].verdict;
                if no_check && !is_outage(was) && step.source != "clock" {
                    prop_assert!(!is_outage(verdict.verdict), "{step:?}: {:?}", verdict.evidence);
                }
                if no_check && matches!(was, Verdict::Unknown(_)) && step.source != "clock" {
                    prop_assert!(matches!(verdict.verdict, Verdict::Unknown(_)), "{step:?}: {:?}", verdict.evidence);
                }
                if after.offline {
                    prop_assert_eq!(verdict.verdict, Verdict::Unknown(Unknown::Offline));
                    prop_assert_eq!(verdict.blame, Blame::Us);
                }
            }
            if after.offline {
                let opened = expected_changes.iter().any(|t| matches!(t.change, Change::Opened { .. }));
                prop_assert!(!opened, "{step:?}");
            }
            before = after;
        }
    }

    /// Every bad verdict names a source that supports it.
    #[test]
    fn every_bad_verdict_has_a_source(steps in prop::collection::vec(any_step(), 0..40)) {
        for (_, verdicts) in feed(&steps) {
            for verdict in verdicts.providers.values() {
                let crate::Evidence { page, calls, failing, .. } = &verdict.evidence;
                prop_assert_eq!(calls.is_some(), !failing.is_empty());
                if is_outage(verdict.verdict) {
                    let declared = page.claim().is_some_and(|claim| claim.level > Level::Maintenance);
                    prop_assert!(declared || calls.is_some_and(|calls| calls.all().failed > 0), "{verdict:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_readings_give_the_same_verdicts(steps in prop::collection::vec(any_step(), 0..40)) {
        prop_assert_eq!(feed(&steps), feed(&steps));
    }

    /// Calling `due` when nothing is due changes nothing, so `next_due` misses nothing.
    #[test]
    fn nothing_happens_before_it_is_due(steps in prop::collection::vec(any_step(), 1..60), wait in 1..7200i64) {
        let mut book = book();
        let mut now = at("12:00");
        for step in &steps {
            now += TimeDelta::seconds(step.after);
            match step.source {
                "clock" => drop(book.due(now)),
                "woke" => drop(book.woke(now)),
                _ => drop(book.observe(now, observation(now, step.source, step.input))),
            }
        }
        let later = now + TimeDelta::seconds(wait);
        if book.next_due().is_none_or(|due| due > later) {
            let before = book.verdicts();
            let expected_changes = book.due(later);
            prop_assert!(expected_changes.is_empty(), "{expected_changes:?}");
            let beliefs = |v: &Verdicts| -> Vec<_> { v.providers.values().map(|p| (p.verdict, p.since)).collect() };
            prop_assert_eq!(beliefs(&before), beliefs(&book.verdicts()));
        }
    }
}
