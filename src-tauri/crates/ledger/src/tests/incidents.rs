use catalog::REHEARSAL;
use chrono::{DateTime, Utc};
use health::{
    Blame, CallOutcome, CallSource, Change, FailureKind, Level, Note, OpenIncident, PageIncident,
    Unknown, Verdict,
};

use super::{fresh, minutes, opened, recovered, t0, transition};
use crate::{IncidentWithTimeline, Ledger, LoggedTransition, TimelineSource};

fn rose(at: DateTime<Utc>) -> LoggedTransition {
    let change = Change::Rose {
        from: Level::PartialOutage,
        to: Level::MajorOutage,
    };
    transition("lead", at, Level::MajorOutage, change, "12 of 14 failed.")
}

fn eased(at: DateTime<Utc>) -> LoggedTransition {
    let change = Change::Eased {
        from: Level::MajorOutage,
        to: Level::Degraded,
    };
    let mut eased = transition("lead", at, Level::Degraded, change, "1 of 9 failed.");
    eased.transition.verdict.blame = Blame::Undetermined;
    eased
}

/// The page's text.
fn noted(at: DateTime<Utc>, text: &str) -> LoggedTransition {
    let change = Change::Noted(Note::Page(text.to_owned()));
    let noted = transition("lead", at, Level::MajorOutage, change, "12 of 14 failed.");
    LoggedTransition {
        entry: text.to_owned(),
        ..noted
    }
}

fn found(incident_with_timeline: &IncidentWithTimeline) -> String {
    let line = |row: &crate::TimelineRow| {
        let after = (row.at - t0()).num_minutes();
        format!("{after:>3} {:?} {:?} {}\n", row.source, row.level, row.text)
    };
    incident_with_timeline.timeline.iter().map(line).collect()
}

const OUTAGE: &str = "  0 Understudy Some(PartialOutage) Lead: it is them.
  4 Understudy Some(MajorOutage) 12 of 14 failed.
  9 StatusPage None Identified: we found the cause.
 30 Understudy Some(Degraded) 1 of 9 failed.
 45 Understudy Some(Operational) Lead works again.
";

#[test]
fn an_outage_is_one_incident_with_a_timeline() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for next in [
        rose(t0() + minutes(4)),
        noted(t0() + minutes(9), "Identified: we found the cause."),
        eased(t0() + minutes(30)),
        recovered("lead", t0(), t0() + minutes(45)),
    ] {
        assert_eq!(ledger.apply(&next).unwrap(), Some(id));
    }
    let incident_with_timeline = ledger.incident(id).unwrap().unwrap();
    assert_eq!(found(&incident_with_timeline), OUTAGE);
    let incident = incident_with_timeline.incident;
    assert_eq!(incident.opened, t0());
    assert_eq!(incident.closed, Some(t0() + minutes(45)));
    assert_eq!(incident.level, Some(Level::Operational));
    assert_eq!(incident.peak, Some(Level::MajorOutage));
    assert_eq!(incident.blame, Blame::Them, "easing acquits nobody");
    assert_eq!(incident.evidence, "1 of 9 failed.");
    assert!(!incident.past);
    assert_eq!(ledger.open_incidents().unwrap(), []);
    let again = ledger.apply(&opened("lead", t0() + minutes(90))).unwrap();
    assert_ne!(again, Some(id), "the next outage is another incident");
}

#[test]
fn later_details_are_added_to_the_incident() {
    let mut ledger = fresh();
    let mut unclear = opened("lead", t0());
    unclear.transition.verdict.blame = Blame::Undetermined;
    let id = ledger.apply(&unclear).unwrap().unwrap();
    let known = |ledger: &Ledger| {
        let incident = ledger.incident(id).unwrap().unwrap().incident;
        (incident.blame, incident.evidence)
    };
    assert_eq!(known(&ledger).0, Blame::Undetermined);
    // The evidence itself has changed. The page's reading is not evidence for the blame.
    let change = Change::Noted(Note::Verdict);
    let at = t0() + minutes(2);
    ledger
        .apply(&transition(
            "lead",
            at,
            Level::MajorOutage,
            change,
            "12 of 14 failed.",
        ))
        .unwrap();
    assert_eq!(known(&ledger), (Blame::Them, "12 of 14 failed.".to_owned()));
    // A change without a timeline entry updates it too.
    let at = t0() + minutes(3);
    let (level, text) = (Level::MajorOutage, "14 of 16 failed.");
    let updated = transition("lead", at, level, Change::Updated, text);
    assert_eq!(ledger.apply(&updated).unwrap(), Some(id));
    assert_eq!(known(&ledger).1, "14 of 16 failed.");
    let timeline = ledger.incident(id).unwrap().unwrap().timeline;
    assert_eq!(timeline.len(), 2);
    let mut page = noted(t0() + minutes(3), "Status page: We are looking.");
    page.evidence = "3 of 3 failed.".to_owned();
    ledger.apply(&page).unwrap();
    assert_eq!(known(&ledger).1, "14 of 16 failed.");
}

#[test]
fn a_restart_during_an_outage_continues_its_incident() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    ledger.apply(&rose(t0() + minutes(4))).unwrap();
    drop(ledger);

    let mut ledger = Ledger::open(&file, t0() + minutes(8)).unwrap();
    let open = OpenIncident {
        provider: "lead".into(),
        since: t0(),
        level: Level::MajorOutage,
        peak: Level::MajorOutage,
        last_failure: None,
    };
    assert_eq!(ledger.open_incidents().unwrap(), [(id, open)]);
    for next in [
        noted(t0() + minutes(9), "Identified: we found the cause."),
        eased(t0() + minutes(30)),
        recovered("lead", t0(), t0() + minutes(45)),
    ] {
        assert_eq!(ledger.apply(&next).unwrap(), Some(id));
    }
    assert_eq!(found(&ledger.incident(id).unwrap().unwrap()), OUTAGE);
}

#[test]
fn an_open_incident_has_its_last_failed_request_if_only_requests_failed() {
    let mut ledger = fresh();
    let call = |minute, source, outcome| health::Observation::Call {
        at: t0() + minutes(minute),
        provider: "lead".into(),
        endpoint: "lead".into(),
        model: "m".into(),
        source,
        outcome,
    };
    let failed = || CallOutcome::Failed {
        kind: FailureKind::Status(529),
        detail: String::new(),
    };
    let ok = CallOutcome::Ok {
        ttft_ms: None,
        total_ms: 900,
    };
    let last = |ledger: &Ledger| ledger.open_incidents().unwrap()[0].1.last_failure;
    ledger
        .record(&call(-30, CallSource::Probe, failed()))
        .unwrap();
    ledger.apply(&opened("lead", t0())).unwrap();
    assert_eq!(last(&ledger), None);
    ledger
        .record(&call(2, CallSource::Traffic, failed()))
        .unwrap();
    ledger.record(&call(3, CallSource::Traffic, ok)).unwrap();
    assert_eq!(last(&ledger), Some(t0() + minutes(2)));
    ledger
        .record(&call(4, CallSource::Probe, failed()))
        .unwrap();
    assert_eq!(last(&ledger), None);
}

#[test]
fn a_provider_has_one_open_incident() {
    let mut ledger = fresh();
    let first = ledger.apply(&opened("lead", t0())).unwrap();
    let other = ledger.apply(&opened("second", t0())).unwrap();
    assert_ne!(first, other);
    assert_eq!(
        ledger.apply(&opened("lead", t0() + minutes(1))).unwrap(),
        first
    );
    assert_eq!(ledger.open_incidents().unwrap().len(), 2);
    let twice = ledger.conn.execute(
        "INSERT INTO incidents (provider, opened_at, past, blame, evidence) VALUES ('lead', 0, 0, 'them', '')",
        (),
    );
    assert!(twice.is_err(), "the file itself refuses a second one");
}

#[test]
fn an_incident_without_a_stored_opening_is_created() {
    let mut ledger = fresh();
    assert_eq!(ledger.apply(&noted(t0(), "nothing is open")).unwrap(), None);
    let id = ledger.apply(&rose(t0())).unwrap().unwrap();
    assert_eq!(ledger.open_incidents().unwrap()[0].0, id);

    let late = recovered("second", t0() - minutes(20), t0());
    let id = ledger.apply(&late).unwrap().unwrap();
    let incident = ledger.incident(id).unwrap().unwrap().incident;
    assert_eq!(incident.opened, t0() - minutes(20));
    assert_eq!(incident.closed, Some(t0()));
    assert_eq!(incident.peak, Some(Level::PartialOutage));
}

#[test]
fn a_clock_set_back_ends_no_incident_before_its_beginning() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    ledger
        .apply(&recovered("lead", t0(), t0() - minutes(60)))
        .unwrap();
    let incident = ledger.incident(id).unwrap().unwrap().incident;
    assert_eq!(incident.closed, Some(incident.opened));
}

#[test]
fn a_record_may_end_before_its_outage() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let why = "No longer watched: the record of this incident ends here.";
    ledger.apply(&noted(t0() + minutes(5), why)).unwrap();
    let mut abandoned = recovered("lead", t0(), t0() + minutes(5));
    abandoned.transition.verdict.verdict = Verdict::Known(Level::PartialOutage);
    ledger.apply(&abandoned).unwrap();
    let incident_with_timeline = ledger.incident(id).unwrap().unwrap();
    assert_eq!(
        incident_with_timeline.incident.closed,
        Some(t0() + minutes(5))
    );
    assert_eq!(
        incident_with_timeline.incident.level,
        Some(Level::PartialOutage)
    );
    assert_eq!(incident_with_timeline.timeline.last().unwrap().text, why);
}

#[test]
fn an_incident_that_fades_ends_with_its_last_evidence() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let change = Change::Faded {
        since: t0(),
        peak: Level::PartialOutage,
    };
    let last = t0() + minutes(3);
    let text = "Last request failed, not confirmed.";
    let mut faded = transition("lead", last, Level::PartialOutage, change, text);
    faded.transition.verdict.verdict = Verdict::Unknown(Unknown::Faded { last_failure: last });
    ledger.apply(&faded).unwrap();
    let incident_with_timeline = ledger.incident(id).unwrap().unwrap();
    let incident = incident_with_timeline.incident;
    assert_eq!(incident.closed, Some(last));
    assert_eq!(incident.level, Some(Level::PartialOutage));
    assert_eq!(incident.evidence, "Lead: it is them.", "what it rested on");
    assert_eq!(incident_with_timeline.timeline.last().unwrap().text, text);
}

#[test]
fn a_recovery_with_an_earlier_date_is_sorted_by_that_date() {
    let mut ledger = fresh();
    let mut begun = opened("lead", t0());
    begun.transition.change = Change::Opened {
        level: Level::PartialOutage,
        since: t0() - minutes(3),
    };
    let id = ledger.apply(&begun).unwrap().unwrap();
    let calm = "Recovered, but it has been unstable.";
    ledger.apply(&noted(t0() + minutes(10), calm)).unwrap();
    let late = recovered("lead", t0() - minutes(3), t0() + minutes(10));
    ledger.apply(&late).unwrap();
    let incident_with_timeline = ledger.incident(id).unwrap().unwrap();
    assert_eq!(incident_with_timeline.incident.opened, t0() - minutes(3));
    assert_eq!(
        incident_with_timeline.incident.closed,
        Some(t0() + minutes(10))
    );
    let texts: Vec<_> = incident_with_timeline
        .timeline
        .iter()
        .map(|row| &*row.text)
        .collect();
    assert_eq!(texts, ["Lead: it is them.", calm, "Lead works again."]);
}

#[test]
fn an_incident_that_was_over_when_first_seen_is_kept_once() {
    let mut ledger = fresh();
    let mut page = PageIncident {
        id: "q1w2".to_owned(),
        title: "Elevated errors".to_owned(),
        url: Some("https://status.example/q1w2".to_owned()),
        surfaces: Vec::new(),
        started: t0() - minutes(300),
        resolved: Some(t0() - minutes(200)),
        updates: vec![(t0() - minutes(300), "Investigating.".to_owned())],
    };
    let past = |page: &PageIncident| {
        transition(
            "lead",
            t0(),
            Level::Operational,
            Change::Past(page.clone()),
            "",
        )
    };
    let open = ledger.apply(&opened("lead", t0())).unwrap();
    let id = ledger.apply(&past(&page)).unwrap().unwrap();
    assert_ne!(open, Some(id), "a past incident does not touch an open one");
    page.updates
        .push((t0() - minutes(200), "Resolved.".to_owned()));
    assert_eq!(ledger.apply(&past(&page)).unwrap(), Some(id));

    let incident_with_timeline = ledger.incident(id).unwrap().unwrap();
    assert!(incident_with_timeline.incident.past);
    assert_eq!(incident_with_timeline.incident.level, None);
    assert_eq!(
        incident_with_timeline.incident.title.as_deref(),
        Some("Elevated errors")
    );
    assert_eq!(incident_with_timeline.incident.opened, page.started);
    assert_eq!(incident_with_timeline.incident.closed, page.resolved);
    assert_eq!(incident_with_timeline.timeline.len(), 2);
    let last = &incident_with_timeline.timeline[1];
    assert_eq!(
        (&*last.text, last.source),
        ("Resolved.", TimelineSource::StatusPage)
    );
    assert_eq!(ledger.open_incidents().unwrap().len(), 1);
}

#[test]
fn an_outage_of_the_rehearsal_provider_is_not_an_incident() {
    let mut ledger = fresh();
    assert_eq!(ledger.apply(&opened(REHEARSAL, t0())).unwrap(), None);
    assert_eq!(
        ledger
            .apply(&recovered(REHEARSAL, t0(), t0() + minutes(5)))
            .unwrap(),
        None
    );
    assert_eq!(ledger.incidents(10, None).unwrap().rows, []);
}

#[test]
fn every_level_and_blame_survives() {
    let mut ledger = fresh();
    let levels = [
        Level::Operational,
        Level::Maintenance,
        Level::Degraded,
        Level::PartialOutage,
        Level::MajorOutage,
    ];
    let blames = [
        Blame::Them,
        Blame::Us,
        Blame::SharedInfrastructure,
        Blame::Undetermined,
    ];
    for (n, (level, blame)) in levels
        .iter()
        .flat_map(|l| blames.map(|b| (*l, b)))
        .enumerate()
    {
        let opened = Change::Opened { level, since: t0() };
        let mut open = transition(&format!("p{n}"), t0(), level, opened, "");
        open.transition.verdict.blame = blame;
        let id = ledger.apply(&open).unwrap().unwrap();
        let incident = ledger.incident(id).unwrap().unwrap().incident;
        assert_eq!((incident.level, incident.blame), (Some(level), blame));
    }
}
