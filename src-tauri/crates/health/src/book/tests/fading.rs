//! A verdict from requests alone fades ten minutes after its last failure: it becomes unknown, and the
//! incident ends at that failure.

use super::*;
use crate::LastRequest;

const DOWN: &[Row<'_>] = &[
    ("20:00", "network", "up", "unlooked -", ""),
    ("20:00", "page", "api=ok code=ok", "ok -", ""),
    ("20:01", "call", "529", "ok -", ""),
    ("20:02", "call", "529", "ok -", ""),
    ("20:03", "call", "529", "major them", "opened!"),
];

fn claude(book: &Book) -> Verdict {
    book.verdicts().providers["anthropic"].verdict
}

fn faded(time: &str) -> Verdict {
    Verdict::Unknown(Unknown::Faded {
        last_failure: at(time),
    })
}

#[test]
fn ten_minutes_after_the_last_failure_it_is_unknown_and_the_incident_ended_then() {
    let mut book = book();
    check(&mut book, DOWN);
    check(&mut book, &[("20:03:10", "clock", "", "major them", "")]);
    assert_eq!(book.next_due(), Some(at("20:13")));
    check(&mut book, &[("20:12:59", "clock", "", "major them", "")]);
    let reported = check(&mut book, &[("20:13", "clock", "", "faded -", "faded!")]);
    assert_eq!(claude(&book), faded("20:03"));
    assert_eq!(reported[0].at, at("20:03"), "dollars stop there");
    let ended = Change::Faded {
        since: at("20:01"),
        peak: Level::MajorOutage,
    };
    assert_eq!(reported[0].change, ended);
    // 30 minutes after the failure, the verdict follows the page, at lower confidence.
    check(
        &mut book,
        &[
            ("20:25", "page", "api=ok code=ok", "faded -", ""),
            ("20:33", "clock", "", "ok -", ""),
        ],
    );
    let claude = book.verdicts().providers["anthropic"].clone();
    assert_eq!(claude.basis, Basis::PageOnly);
    let last_request = LastRequest {
        at: at("20:03"),
        answered: false,
    };
    assert_eq!(claude.evidence.last_request, Some(last_request));
}

#[test]
fn one_success_ends_the_red_state() {
    let mut book = book();
    check(&mut book, DOWN);
    check(
        &mut book,
        &[
            ("20:04", "call", "ok", "partial them", "eased"),
            ("20:12", "page", "api=ok code=ok", "partial them", ""),
            ("20:13", "clock", "", "faded -", "faded!"),
            ("20:20", "call", "ok", "ok -", ""),
        ],
    );
}

#[test]
fn without_a_page_it_stays_unknown_with_its_last_failure() {
    let mut book = book();
    let call = |time, reported| (time, "openrouter call", "529", "unlooked -", reported);
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            call("20:01", ""),
            call("20:02", ""),
            call("20:03", "opened!"),
            ("20:13", "clock", "", "unlooked -", "faded!"),
            ("21:00", "clock", "", "unlooked -", ""),
        ],
    );
    let openrouter = |book: &Book| book.verdicts().providers["openrouter"].verdict;
    assert_eq!(openrouter(&book), faded("20:03"));
    // Later failures start a new incident, which is not confirmed either.
    check(&mut book, &[call("21:01", ""), call("21:02", "")]);
    assert_eq!(openrouter(&book), faded("21:02"));
    check(&mut book, &[call("21:03", "opened!")]);
}

#[test]
fn evidence_of_probes_and_pages_does_not_fade() {
    let mut probed = book();
    check(&mut probed, &DOWN[..4]);
    check(
        &mut probed,
        &[
            ("20:03", "probe", "529", "major them", "opened!"),
            ("20:14", "page", "api=ok code=ok", "major them", ""),
            ("20:32", "clock", "", "major them", ""),
            ("20:33", "clock", "", "ok -", "recovered!"),
        ],
    );
    let mut declared = book();
    check(&mut declared, DOWN);
    check(
        &mut declared,
        &[
            ("20:05", "page", "api=partial code=ok", "major them", ""),
            ("20:13", "clock", "", "partial them", "eased"),
            ("20:20", "page", "api=ok code=ok", "partial them", ""),
            ("20:22", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn the_end_is_the_last_evidence_of_any_source() {
    let mut book = book();
    check(&mut book, DOWN);
    let reported = check(
        &mut book,
        &[
            ("20:04", "page", "api=partial code=ok", "major them", ""),
            ("20:06", "page", "api=ok code=ok", "major them", ""),
            ("20:08", "page", "api=ok code=ok", "major them", ""),
            ("20:13", "clock", "", "ok -", "recovered!"),
        ],
    );
    let end = reported.last().unwrap();
    assert_eq!(end.at, at("20:08"), "the page took it back then");
}

#[test]
fn a_later_success_of_another_model_makes_it_operational() {
    let mut book = book();
    check(&mut book, DOWN);
    let reported = check(
        &mut book,
        &[
            ("20:04", "call", "sonnet:ok", "partial them", "eased"),
            ("20:13", "clock", "", "ok -", "recovered!"),
        ],
    );
    assert_eq!(reported.last().unwrap().at, at("20:03"));
}

#[test]
fn a_suspend_does_not_keep_it_open() {
    let mut book = book();
    check(&mut book, DOWN);
    check(
        &mut book,
        &[
            ("20:05", "woke", "", "stale -", "noted"),
            ("20:13", "clock", "", "faded -", "faded!"),
        ],
    );
}

/// The fading is reported before any later reading.
#[test]
fn fading_is_reported_before_later_events() {
    let mut book = book();
    check(&mut book, DOWN);
    check(
        &mut book,
        &[
            ("20:20", "call", "ok", "ok -", "faded!"),
            ("20:21", "call", "529", "ok -", ""),
        ],
    );
}

/// A restart keeps an incident but not its runs of calls. The incident fades by the last failure in the log.
#[test]
fn an_incident_from_before_a_restart_fades_too() {
    let open = OpenIncident {
        provider: "openrouter".into(),
        since: at("11:40"),
        level: Level::MajorOutage,
        peak: Level::MajorOutage,
        last_failure: Some(at("11:58")),
    };
    let ended = |reported: &[Transition]| {
        let end = reported.last().unwrap();
        (end.at, matches!(end.change, Change::Faded { .. }))
    };
    let mut book = restored(vec![open.clone()]);
    assert_eq!(book.next_due(), Some(at("12:08")));
    let reported = check(&mut book, &[("12:08", "clock", "", "unlooked -", "faded!")]);
    assert_eq!(ended(&reported), (at("11:58"), true));
    // The last failure is old: pages and probes are read first.
    let long_ago = OpenIncident {
        last_failure: Some(at("11:45")),
        ..open.clone()
    };
    let book = restored(vec![long_ago]);
    assert_eq!(book.next_due(), Some(at("12:01")));
    // A success ends the incident after a restart too, and a failure keeps it open.
    let call = |time, shown, reported| (time, "openrouter call", shown, "unlooked -", reported);
    let mut well = restored(vec![open.clone()]);
    let rows = [call("12:02", "ok", ""), call("12:03", "ok", "recovered!")];
    let reported = check(&mut well, &rows);
    assert_eq!(ended(&reported), (at("11:58"), false));
    let mut once = restored(vec![open.clone()]);
    let rows = [
        call("12:02", "529", ""),
        ("12:08", "clock", "", "unlooked -", "faded!"),
    ];
    assert_eq!(ended(&check(&mut once, &rows)), (at("12:02"), true));
    let mut failing = restored(vec![open]);
    check(
        &mut failing,
        &[
            ("12:02", "network", "up", "unlooked -", ""),
            call("12:02", "529", ""),
            call("12:03", "529", ""),
            call("12:04", "529", "noted"),
            ("12:08", "clock", "", "unlooked -", ""),
            ("12:14", "clock", "", "unlooked -", "faded!"),
        ],
    );
}
