//! Which sessions an incident interrupted, and whether their delivered tool calls have results.

use catalog::ModelId;

use super::{fresh, minutes, opened, recovered, t0};
use crate::{DeliveredCall, End, Interrupted, OpenInterruptions};

fn call(id: &str) -> DeliveredCall {
    DeliveredCall {
        call: id.to_owned(),
        name: "Bash".to_owned(),
        arguments: None,
        result: None,
    }
}

fn cut(session: &str, minute: i64, calls: &[&str]) -> Interrupted {
    Interrupted {
        client: "Claude Code".to_owned(),
        session: session.to_owned(),
        model: ModelId::new("lead-large"),
        provider: "lead".into(),
        at: t0() + minutes(minute),
        end: End::Cut,
        calls: calls.iter().map(|id| call(id)).collect(),
    }
}

#[test]
fn a_sessions_failures_are_one_interruption_until_a_success() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let id = ledger.interrupt(&cut("s", 1, &["c1"])).unwrap();
    let again = Interrupted {
        end: End::Exhausted,
        ..cut("s", 2, &["c1", "c2"])
    };
    assert_eq!(ledger.interrupt(&again).unwrap(), id);
    let (found, row) = ledger.interruptions(incident).unwrap().remove(0);
    assert_eq!((found, row.times, row.end), (id, 2, End::Exhausted));
    assert_eq!(
        (row.first, row.last),
        (t0() + minutes(1), t0() + minutes(2))
    );
    let ids: Vec<&str> = row.calls.iter().map(|c| c.call.as_str()).collect();
    assert_eq!(ids, ["c1", "c2"]);

    let model = ModelId::new("lead-large");
    let at = t0() + minutes(3);
    assert_eq!(
        ledger
            .resumed("Claude Code", "s", &"lead-small".into(), at)
            .unwrap(),
        0
    );
    assert_eq!(
        ledger.resumed("Claude Code", "other", &model, at).unwrap(),
        0
    );
    assert_eq!(ledger.resumed("Claude Code", "s", &model, at).unwrap(), 1);
    assert_ne!(
        ledger.interrupt(&cut("s", 4, &[])).unwrap(),
        id,
        "a new one"
    );
}

#[test]
fn a_tool_result_is_recorded_once_and_only_for_its_session() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for session in ["s", "t"] {
        ledger.interrupt(&cut(session, 1, &["c1", "c2"])).unwrap();
    }
    let at = t0() + minutes(2);
    let ids = ["c2".to_owned(), "unknown".to_owned()];
    ledger.results_seen("s", &ids, at).unwrap();
    ledger.results_seen("s", &ids, at + minutes(9)).unwrap();
    let results: Vec<_> = ledger
        .interruptions(incident)
        .unwrap()
        .into_iter()
        .map(|(_, row)| (row.session, row.calls[0].result, row.calls[1].result))
        .collect();
    assert_eq!(
        results,
        [
            ("t".to_owned(), None, None),
            ("s".to_owned(), None, Some(at))
        ]
    );
}

#[test]
fn an_incident_has_only_interruptions_of_its_provider_in_its_time() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(30)))
        .unwrap();
    for (session, minute) in [
        ("long before", -11),
        ("opens it", -3),
        ("in it", 5),
        ("after", 31),
    ] {
        ledger.interrupt(&cut(session, minute, &[])).unwrap();
    }
    let elsewhere = Interrupted {
        provider: "second".into(),
        ..cut("elsewhere", 5, &[])
    };
    ledger.interrupt(&elsewhere).unwrap();
    let sessions: Vec<String> = ledger
        .interruptions(incident)
        .unwrap()
        .into_iter()
        .map(|(_, row)| row.session)
        .collect();
    assert_eq!(sessions, ["in it", "opens it"]);
}

#[test]
fn an_interruption_is_checked_once() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let id = ledger.interrupt(&cut("s", 1, &["c1"])).unwrap();
    assert!(ledger.check_interruption(id, t0() + minutes(2)).unwrap());
    assert!(ledger.check_interruption(id, t0() + minutes(3)).unwrap());
    assert!(!ledger.check_interruption(77, t0()).unwrap());
    let (_, row) = ledger.interruptions(incident).unwrap().remove(0);
    assert_eq!(row.checked, Some(t0() + minutes(2)));
}

#[test]
fn only_sessions_that_need_the_owner_count() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let open = |ledger: &crate::Ledger| ledger.met(incident).unwrap().unwrap().interrupted;
    assert_eq!(open(&ledger), OpenInterruptions::default());
    let codex = Interrupted {
        client: "Codex".to_owned(),
        ..cut("x", 0, &[])
    };
    ledger.interrupt(&codex).unwrap();
    for minute in 1..=6 {
        ledger
            .interrupt(&cut(&format!("s{minute}"), minute, &["c"]))
            .unwrap();
    }
    // A second model of a session is no second session.
    let title = Interrupted {
        model: ModelId::new("lead-small"),
        ..cut("s6", 7, &[])
    };
    let title = ledger.interrupt(&title).unwrap();
    let found = open(&ledger);
    assert_eq!(
        found.sessions,
        [("Claude Code".to_owned(), 6), ("Codex".to_owned(), 1)]
    );
    let listed = |found: &OpenInterruptions| -> Vec<String> {
        let rows = found.latest.iter();
        rows.map(|(_, row)| row.session.clone()).collect()
    };
    assert_eq!(listed(&found), ["s6", "s6", "s5", "s4", "s3"]);
    assert_eq!(found.more, 3);
    assert_eq!(found.latest[1].1.calls, [call("c")]);

    let at = t0() + minutes(8);
    ledger.check_interruption(title, at).unwrap();
    let model = ModelId::new("lead-large");
    for session in ["s5", "s6"] {
        ledger.resumed("Claude Code", session, &model, at).unwrap();
    }
    let found = open(&ledger);
    assert_eq!(
        found.sessions,
        [("Claude Code".to_owned(), 4), ("Codex".to_owned(), 1)]
    );
    assert_eq!(listed(&found), ["s4", "s3", "s2", "s1", "x"]);
    assert_eq!(found.more, 0);
}
