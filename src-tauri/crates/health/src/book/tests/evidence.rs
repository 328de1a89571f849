//! The evidence of verdicts, compared as data.

use super::*;
use crate::{Evidence, FailedCalls, Failures, PageClaim, PageEvidence};

/// Feeds in the readings and compares Claude's evidence.
fn check_evidence(readings: &[(&str, &str, &str)], expected: &Evidence) {
    let mut book = book();
    assert_eq!(after(&mut book, readings), *expected, "{readings:?}");
}

fn after(book: &mut Book, readings: &[(&str, &str, &str)]) -> Evidence {
    for (time, source, input) in readings {
        book.observe(at(time), observation(at(time), source, input));
    }
    book.verdicts().providers["anthropic"].evidence.clone()
}

/// `since`: the start of an outage.
fn claim(level: Level, since: &str, read_at: &str) -> PageEvidence {
    PageEvidence::Claim(PageClaim {
        level,
        since: (level > Level::Maintenance).then(|| at(since)),
        read_at: at(read_at),
    })
}

/// Claude's page, not read yet.
fn unread() -> Evidence {
    Evidence {
        page: PageEvidence::NotRead,
        ..Evidence::default()
    }
}

fn models<const N: usize>(names: [&str; N]) -> BTreeSet<ModelId> {
    names.map(Into::into).into()
}

fn failures(failed: u32, total: u32, kind: Option<FailureKind>) -> Failures {
    Failures {
        failed,
        total,
        kind,
    }
}

#[test]
fn the_evidence_contains_every_source() {
    let mut readings = vec![
        ("20:00", "network", "up"),
        ("20:04", "page", "api=partial code=partial"),
    ];
    readings.extend([("20:05", "probe", "cut"); 3]);
    readings.extend([("20:05", "call", "529"); 6]);
    readings.push(("20:06", "call", "ok"));
    readings.extend([("20:06", "call", "cut"); 3]);
    readings.push(("20:06", "call", "ok"));
    readings.extend([("20:07", "call", "cut"); 3]);
    check_evidence(
        &readings,
        &Evidence {
            page: claim(Level::PartialOutage, "20:04", "20:04"),
            calls: Some(FailedCalls {
                probes: failures(3, 3, Some(FailureKind::Cut)),
                requests: failures(12, 14, None),
                since: at("20:05"),
                last: at("20:07"),
            }),
            failing: models(["haiku"]),
            together: ["api", "claude-code"].map(Into::into).into(),
            network_up: true,
            ..Evidence::default()
        },
    );
}

#[test]
fn each_verdict_has_its_own_evidence() {
    let up = ("20:00", "network", "up");
    let green = ("20:00", "page", "api=ok code=ok");
    check_evidence(&[], &unread());
    let page = Evidence {
        page: claim(Level::Operational, "20:00", "20:00"),
        ..Evidence::default()
    };
    check_evidence(&[green], &page);
    let answers = Evidence {
        answering: models(["haiku"]),
        ..unread()
    };
    check_evidence(&[("20:01", "call", "ok")], &answers);
    check_evidence(
        &[("20:01", "call", "ok"), ("20:02", "call", "key")],
        &Evidence {
            ours: Some(("anthropic".into(), OurFault::Credential)),
            ..answers.clone()
        },
    );
    check_evidence(
        &[("20:00", "page", "blocked")],
        &Evidence {
            page: PageEvidence::Unreadable(Unreadable::Blocked("403".to_owned())),
            ..Evidence::default()
        },
    );
    check_evidence(
        &[
            ("20:00", "page", "api=degraded code=ok"),
            ("20:01", "call", "ok"),
        ],
        &Evidence {
            page: claim(Level::Degraded, "20:00", "20:00"),
            answering: models(["haiku"]),
            ..Evidence::default()
        },
    );
    let mut calls = vec![up, green];
    calls.extend([("20:05", "call", "529"); 4]);
    let failing = Evidence {
        calls: Some(FailedCalls {
            probes: Failures::default(),
            requests: failures(4, 4, Some(FailureKind::Status(529))),
            since: at("20:05"),
            last: at("20:05"),
        }),
        failing: models(["haiku"]),
        network_up: true,
        ..page
    };
    check_evidence(&calls, &failing);
    check_evidence(
        &calls[1..],
        &Evidence {
            network_up: false,
            ..failing.clone()
        },
    );
    calls.push(("20:06", "call", "sonnet:ok"));
    check_evidence(
        &calls,
        &Evidence {
            answering: models(["sonnet"]),
            ..failing
        },
    );
}

/// A refused key counts for 30 minutes, a limit until its reset.
#[test]
fn a_limit_counts_until_its_reset() {
    let mut book = book();
    let limit = OurFault::Limit {
        until: Some(at("22:00")),
    };
    let readings = [("20:01", "call", "ok"), ("20:02", "call", "limit")];
    let ours = after(&mut book, &readings).ours;
    assert_eq!(ours, Some(("anthropic".into(), limit)));
    let mut at_time = |time| after(&mut book, &[(time, "probe", "sonnet:ok")]).ours;
    assert_eq!(at_time("21:59"), ours);
    assert_eq!(at_time("22:00"), None);
}

#[test]
fn surfaces_and_models_have_separate_evidence() {
    let mut book = book();
    let mut readings = vec![
        ("20:00", "network", "up"),
        ("20:04", "page", "api=partial code=ok claude-ai=ok"),
    ];
    readings.extend([("20:05", "probe", "cut"); 3]);
    readings.push(("20:06", "network", "up"));
    readings.push(("20:07", "call", "sonnet:ok"));
    after(&mut book, &readings);
    let verdicts = book.verdicts();
    let claude = &verdicts.providers["anthropic"];
    let failed = FailedCalls {
        probes: failures(3, 3, Some(FailureKind::Cut)),
        requests: Failures::default(),
        since: at("20:05"),
        last: at("20:05"),
    };
    let api = Evidence {
        page: claim(Level::PartialOutage, "20:04", "20:04"),
        calls: Some(failed),
        failing: models(["haiku"]),
        answering: models(["sonnet"]),
        network_up: true,
        ..Evidence::default()
    };
    assert_eq!(claude.surfaces["api"].evidence, api);
    // Claude Code is on the same host, claude.ai is not.
    let by_page = |level, since| Evidence {
        page: claim(level, since, "20:04"),
        network_up: true,
        ..Evidence::default()
    };
    let code = Evidence {
        page: claim(Level::Operational, "20:04", "20:04"),
        ..api
    };
    assert_eq!(claude.surfaces["claude-code"].evidence, code);
    let claude_ai = by_page(Level::Operational, "20:04");
    assert_eq!(claude.surfaces["claude-ai"].evidence, claude_ai);
    let page = &claude.surfaces["console"].evidence.page;
    assert_eq!(*page, PageEvidence::NoState);
    let model = |id: &str| &claude.models[&("anthropic".into(), id.into())].evidence;
    assert_eq!(model("haiku").calls, Some(failed));
    assert_eq!(model("sonnet").answering, models(["sonnet"]));
}

/// Anthropic's page as recorded on 28 April 2026 (kjanat/claude-down, MIT), as its parser returns it.
#[test]
fn the_recorded_outage_of_28_april_2026() {
    let recorded = Page {
        surfaces: BTreeMap::from([
            ("api".into(), Level::PartialOutage),
            ("claude-code".into(), Level::PartialOutage),
            ("claude-ai".into(), Level::MajorOutage),
            ("console".into(), Level::Operational),
            ("cowork".into(), Level::MajorOutage),
            ("government".into(), Level::Operational),
        ]),
        incidents: vec![PageIncident {
            id: "9l93x2ht4s5w".to_owned(),
            title: "Claude.ai unavailable and elevated errors on the API".to_owned(),
            url: None,
            surfaces: vec![
                "claude-ai".into(),
                "api".into(),
                "claude-code".into(),
                "cowork".into(),
            ],
            started: at("17:41"),
            resolved: None,
            updates: vec![
                (at("17:41"), "We are investigating an issue.".to_owned()),
                (at("17:51"), "We have identified an issue.".to_owned()),
            ],
        }],
        ..Page::default()
    };
    let read = |page: &Page, now| Observation::Page {
        at: now,
        provider: "anthropic".into(),
        reading: Ok(page.clone()),
    };
    let mut book = book();
    let expected_changes = book.observe(at("17:55"), read(&recorded, at("17:55")));
    assert_eq!(
        transitions_text(&expected_changes),
        "opened! noted noted noted"
    );
    let opened = Change::Opened {
        level: Level::PartialOutage,
        since: at("17:41"),
    };
    assert_eq!(expected_changes[0].change, opened);
    assert_eq!(expected_changes[0].verdict.since, Some(at("17:41")));
    let expected = Evidence {
        page: claim(Level::PartialOutage, "17:41", "17:55"),
        together: ["api", "claude-code", "claude-ai", "cowork"]
            .map(Into::into)
            .into(),
        ..Evidence::default()
    };
    assert_eq!(expected_changes[0].verdict.evidence, expected);
    assert_eq!(
        transitions_text(&book.observe(at("17:57"), read(&recorded, at("17:57")))),
        ""
    );
    let operational = Page {
        surfaces: recorded
            .surfaces
            .keys()
            .map(|id| (id.clone(), Level::Operational))
            .collect(),
        ..Page::default()
    };
    assert_eq!(
        transitions_text(&book.observe(at("19:15"), read(&operational, at("19:15")))),
        ""
    );
    let expected_changes = book.observe(at("19:17"), read(&operational, at("19:17")));
    assert_eq!(transitions_text(&expected_changes), "recovered!");
    let recovered = Change::Recovered {
        since: at("17:41"),
        peak: Level::PartialOutage,
    };
    assert_eq!(expected_changes[0].change, recovered);
}
