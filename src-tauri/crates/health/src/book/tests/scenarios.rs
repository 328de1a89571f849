use super::*;

#[test]
fn a_declared_outage_counts_on_its_first_reading_and_ends_on_the_second_good_one() {
    check(
        &mut book(),
        &[
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            (
                "20:02",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            (
                "20:04",
                "page",
                "api=partial code=major",
                "major them",
                "rose!",
            ),
            (
                "20:06",
                "page",
                "api=partial code=partial",
                "major them",
                "",
            ),
            (
                "20:08",
                "page",
                "api=partial code=partial",
                "partial them",
                "eased",
            ),
            ("20:10", "page", "api=ok code=ok", "partial them", ""),
            ("20:12", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn an_outage_that_is_open_when_first_seen_opens_and_one_that_is_over_does_not() {
    check(
        &mut book(),
        &[
            ("20:00", "page", "api=ok code=ok -i1(api)", "ok -", "past"),
            ("20:02", "page", "api=ok code=ok -i1(api)", "ok -", ""),
            (
                "20:04",
                "page",
                "api=partial code=ok -i1(api) +i2(api)",
                "partial them",
                "opened! noted",
            ),
        ],
    );
    let expected_changes = check(
        &mut book(),
        &[(
            "20:00",
            "page",
            "api=major code=major +i1(api)",
            "major them",
            "opened! noted",
        )],
    );
    assert_eq!(
        expected_changes[0].verdict.since,
        Some(at("19:50")),
        "as the page tells it"
    );
}

#[test]
fn a_resolved_incident_ends_the_outage_at_once() {
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=partial code=ok +i1(api)",
                "partial them",
                "opened! noted",
            ),
            (
                "20:30",
                "page",
                "api=ok code=ok -i1(api)",
                "ok -",
                "recovered!",
            ),
        ],
    );
}

#[test]
fn the_end_of_an_incident_about_something_else_proves_nothing() {
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=partial code=ok +i1()",
                "partial them",
                "opened! noted",
            ),
            (
                "20:30",
                "page",
                "api=ok code=ok -i1()",
                "partial them",
                "noted",
            ),
            (
                "20:32",
                "page",
                "api=ok code=ok -i1()",
                "ok -",
                "recovered!",
            ),
        ],
    );
}

#[test]
fn a_surface_that_is_no_longer_listed_has_not_recovered() {
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:02", "page", "code=ok", "partial them", ""),
            ("20:04", "page", "code=ok", "partial them", ""),
            ("20:29", "page", "code=ok", "partial them", ""),
            // The page has not mentioned the API for 30 minutes: unknown, and the incident stays open.
            ("20:31", "page", "code=ok", "stale -", "noted"),
            ("20:32", "call", "ok", "ok -", ""),
            ("20:33", "call", "ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn an_unreadable_page_keeps_its_last_reading_until_it_is_stale() {
    check(
        &mut book(),
        &[
            ("19:00", "page", "unreadable", "unreadable -", ""),
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:10", "page", "unreadable", "ok -", ""),
            ("20:30", "clock", "", "unreadable -", ""),
            ("20:32", "page", "blocked", "unreadable -", ""),
            (
                "20:40",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:50", "page", "unreadable", "partial them", ""),
            ("21:10", "clock", "", "unreadable -", "noted"),
            ("21:12", "page", "unreadable", "unreadable -", ""),
            ("21:20", "page", "api=ok code=ok", "partial them", "noted"),
            ("21:22", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn three_failures_open_and_two_successes_close() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:01", "probe", "ok", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:03", "call", "529", "ok -", ""),
            ("20:04", "call", "ok", "ok -", ""),
            ("20:05", "call", "529", "ok -", ""),
            ("20:06", "probe", "529", "ok -", ""),
            ("20:07", "call", "529", "major them", "opened!"),
            ("20:08", "call", "ok", "partial them", "eased"),
            ("20:09", "call", "529", "partial them", ""),
            ("20:10", "call", "ok", "partial them", ""),
            ("20:11", "page", "api=ok code=ok", "partial them", ""),
            ("20:12", "call", "ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn account_faults_and_disconnected_clients_are_not_failures() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:01", "call", "key", "unlooked -", ""),
            ("20:02", "call", "key", "unlooked -", ""),
            ("20:03", "call", "quota", "unlooked -", ""),
            ("20:04", "call", "left", "unlooked -", ""),
            ("20:05", "call", "key", "unlooked -", ""),
            ("20:06", "call", "500", "unlooked -", ""),
            ("20:07", "call", "500", "unlooked -", ""),
            ("20:08", "call", "quota", "unlooked -", ""),
            ("20:09", "call", "500", "major them", "opened!"),
        ],
    );
}

#[test]
fn models_fail_and_recover_one_by_one() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "call", "haiku:ok", "ok -", ""),
            ("20:00", "call", "sonnet:ok", "ok -", ""),
            ("20:00", "call", "fable:ok", "ok -", ""),
            ("20:01", "call", "sonnet:529", "ok -", ""),
            ("20:02", "call", "sonnet:529", "ok -", ""),
            ("20:02", "call", "haiku:ok", "ok -", ""),
            ("20:02", "call", "fable:ok", "ok -", ""),
            ("20:03", "call", "sonnet:529", "degraded them", "opened!"),
            ("20:04", "call", "haiku:529", "degraded them", ""),
            ("20:05", "call", "haiku:529", "degraded them", ""),
            ("20:06", "call", "haiku:529", "partial them", "rose!"),
            ("20:07", "call", "fable:529", "partial them", ""),
            ("20:08", "call", "fable:529", "partial them", ""),
            ("20:09", "call", "fable:529", "major them", "rose!"),
            ("20:09", "call", "sonnet:529", "major them", ""),
            ("20:10", "call", "haiku:ok", "major them", ""),
            ("20:11", "call", "haiku:ok", "partial them", "eased"),
            ("20:12", "call", "fable:ok", "partial them", ""),
            ("20:13", "call", "fable:ok", "degraded them", "eased"),
            ("20:14", "call", "sonnet:ok", "degraded them", ""),
            ("20:15", "call", "sonnet:ok", "ok -", "recovered!"),
        ],
    );
}

/// A success from before the outage is no evidence about it. The level follows the failing model, and the other models
/// are to be probed.
#[test]
fn a_success_from_before_the_outage_does_not_lower_its_level() {
    let mut book = book();
    let pair = |model: &str| (EndpointId::new("anthropic"), ModelId::new(model));
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "probe", "sonnet:ok", "ok -", ""),
            ("20:01", "call", "haiku:ok", "ok -", ""),
            ("20:02", "call", "haiku:529", "ok -", ""),
            ("20:03", "call", "haiku:529", "ok -", ""),
            ("20:04", "call", "haiku:529", "major them", "opened!"),
        ],
    );
    assert_eq!(book.doubtful(at("20:04")), [pair("sonnet")]);
    assert!(
        book.verdicts().providers["anthropic"]
            .evidence
            .answering
            .is_empty()
    );
    check(
        &mut book,
        &[("20:05", "probe", "sonnet:ok", "partial them", "eased")],
    );
    assert_eq!(book.doubtful(at("20:05")), []);
    // It does not refute the page's outage either.
    let mut declared = self::book();
    check(
        &mut declared,
        &[
            ("20:00", "call", "ok", "ok -", ""),
            (
                "20:01",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
        ],
    );
    assert_eq!(declared.doubtful(at("20:01")), [pair("haiku")]);
    check(
        &mut declared,
        &[("20:02", "probe", "ok", "partial -", "noted")],
    );
}

/// Every change of the evidence is reported, so that an incident's record always matches the verdict.
#[test]
fn the_evidence_of_an_open_incident_is_updated() {
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:01", "call", "529", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:03", "call", "529", "major them", "opened!"),
        ],
    );
    let changes = |expected_changes: &[Transition]| {
        expected_changes
            .iter()
            .map(|t| t.change.clone())
            .collect::<Vec<_>>()
    };
    let fourth = check(&mut book, &[("20:04", "call", "529", "major them", "")]);
    assert_eq!(changes(&fourth), [Change::Updated]);
    let calls = fourth[0].verdict.evidence.calls.unwrap();
    assert_eq!(calls.requests.failed, 4);
    let page = check(
        &mut book,
        &[("20:05", "page", "api=major code=ok", "major them", "")],
    );
    assert_eq!(changes(&page), [Change::Updated]);
    let claim = page[0].verdict.evidence.page.claim().unwrap();
    assert_eq!(claim.level, Level::MajorOutage);
    let same = check(&mut book, &[("20:05", "clock", "", "major them", "")]);
    assert_eq!(changes(&same), []);
    // With any other change, the new evidence is part of that change.
    let eased = check(&mut book, &[("20:06", "call", "ok", "major them", "")]);
    assert_eq!(changes(&eased), [Change::Updated]);
}

/// "Operational since" is when an outage ended, never when the engine started.
#[test]
fn a_provider_that_was_operational_when_first_seen_has_no_beginning() {
    let mut book = book();
    let since = |book: &Book| {
        let claude = &book.verdicts().providers["anthropic"];
        (claude.since, claude.surfaces["api"].since)
    };
    check(
        &mut book,
        &[
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:01", "call", "ok", "ok -", ""),
        ],
    );
    assert_eq!(since(&book), (None, None));
    check(
        &mut book,
        &[
            (
                "20:10",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:12", "page", "api=ok code=ok", "partial them", ""),
            ("20:14", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
    assert_eq!(since(&book), (Some(at("20:14")), Some(at("20:14"))));
    // There were no readings for some time: the provider may have been operational throughout.
    check(
        &mut book,
        &[
            ("20:50", "clock", "", "stale -", ""),
            ("20:55", "call", "ok", "ok -", ""),
        ],
    );
    assert_eq!(since(&book).0, None);
}

#[test]
fn recovery_needs_both_the_page_and_the_calls() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            (
                "20:00",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:01", "call", "cut", "partial them", ""),
            ("20:02", "call", "cut", "partial them", ""),
            ("20:03", "network", "up", "partial them", ""),
            ("20:03", "call", "cut", "major them", "rose!"),
            ("20:04", "page", "api=ok code=ok", "major them", ""),
            ("20:05", "page", "api=ok code=ok", "major them", ""),
            ("20:06", "call", "ok", "partial them", "eased"),
            ("20:07", "call", "ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn offline_no_provider_is_blamed_and_no_incident_opens() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:01", "call", "ok", "ok -", ""),
            // The wireless network drops: two failures before a network check, one after it.
            ("20:02", "call", "refused", "ok -", ""),
            ("20:03", "call", "silent", "ok -", ""),
            ("20:04", "network", "down", "offline us", ""),
            ("20:05", "call", "refused", "offline us", ""),
            ("20:06", "page", "offline", "offline us", ""),
            ("20:40", "clock", "", "offline us", ""),
            ("20:41", "network", "up", "offline -", ""),
            ("20:42", "call", "refused", "offline -", ""),
            ("20:43", "page", "api=ok code=ok", "ok -", ""),
        ],
    );
}

#[test]
fn failures_that_a_network_outage_could_explain_wait_for_a_check() {
    // The check fails: the network is down. No provider is blamed.
    let start = [
        ("20:00", "network", "up", "unlooked -", ""),
        ("20:01", "call", "ok", "ok -", ""),
        ("20:02", "call", "cut", "ok -", ""),
        ("20:02:01", "call", "refused", "ok -", ""),
        ("20:02:02", "call", "refused", "ok -", ""),
    ];
    let mut down = book();
    check(&mut down, &start);
    check(
        &mut down,
        &[("20:02:03", "network", "down", "offline us", "")],
    );
    check(&mut down, &[("20:05", "network", "up", "ok -", "")]);
    // The check succeeds: the network is up.
    let mut up = book();
    check(&mut up, &start);
    check(
        &mut up,
        &[("20:02:03", "network", "up", "major -", "opened!")],
    );
    // No check finishes.
    let mut no_check = book();
    check(&mut no_check, &start);
    assert_eq!(no_check.next_due(), Some(at("20:02:12")));
    check(
        &mut no_check,
        &[("20:02:12", "clock", "", "major -", "opened!")],
    );
}

#[test]
fn an_open_incident_stays_open_while_offline() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            (
                "20:01",
                "page",
                "api=major code=major",
                "major them",
                "opened!",
            ),
            ("20:02", "network", "down", "offline us", ""),
            ("20:03", "page", "api=ok code=ok", "major them", ""),
            ("20:04", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn two_failing_surfaces_blame_the_provider_even_before_a_network_check() {
    check(
        &mut book(),
        &[(
            "20:00",
            "page",
            "api=partial code=partial",
            "partial them",
            "opened!",
        )],
    );
    // Our calls to the API's host are one source, the page's claude.ai another.
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=ok code=ok claude-ai=major",
                "ok -",
                "",
            ),
            ("20:01", "call", "529", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:03", "call", "529", "major them", "opened!"),
        ],
    );
    // The API and Claude Code share a host: requests to it are one source, and the network's state is unknown.
    check(
        &mut book(),
        &[
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:01", "call", "529", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:03", "call", "529", "major -", "opened!"),
            ("20:04", "network", "up", "major them", "noted"),
        ],
    );
}

#[test]
fn a_declared_outage_without_failing_calls_has_no_blame_yet() {
    check(
        &mut book(),
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "call", "ok", "ok -", ""),
            (
                "20:01",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:01", "call", "ok", "partial -", "noted"),
            ("20:02", "call", "529", "partial -", ""),
            ("20:03", "call", "529", "partial -", ""),
            ("20:04", "call", "529", "major them", "rose! noted"),
        ],
    );
}

#[test]
fn many_unrelated_failures_at_once_blame_shared_infrastructure() {
    let row = |time, source| (time, source, "529", "unlooked -", "");
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            row("20:01", "openai call"),
            row("20:02", "openai call"),
            ("20:03", "openai call", "529", "unlooked -", "opened!"),
            row("20:01", "openrouter call"),
            row("20:02", "openrouter call"),
            ("20:03", "openrouter call", "529", "unlooked -", "opened!"),
            row("20:04", "call"),
            row("20:05", "call"),
            // With the third failing provider, the blame of all three changes.
            (
                "20:06",
                "call",
                "529",
                "major shared",
                "opened! noted noted",
            ),
        ],
    );
    let shared = &book.verdicts().providers["anthropic"].evidence.shared;
    let together: Vec<ProviderId> = ["anthropic", "openai", "openrouter"].map(Into::into).into();
    assert_eq!(*shared, together);
}

#[test]
fn pages_alone_never_point_at_shared_infrastructure() {
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            (
                "20:01",
                "openai page",
                "responses=major",
                "unlooked -",
                "opened!",
            ),
            ("20:01", "github page", "copilot=major", "unlooked -", ""),
            ("20:01", "cursor page", "cursor=major", "unlooked -", ""),
            ("20:01", "page", "api=major", "major them", "opened!"),
        ],
    );
}

#[test]
fn flapping_is_announced_once_and_its_recovery_after_it_lasts() {
    let mut rows: Vec<Row<'_>> = vec![("20:00", "page", "api=ok code=ok", "ok -", "")];
    for (down, up1, up2) in [("20:02", "20:04", "20:06"), ("20:12", "20:14", "20:16")] {
        rows.push((
            down,
            "page",
            "api=partial code=ok",
            "partial them",
            "opened!",
        ));
        rows.push((up1, "page", "api=ok code=ok", "partial them", ""));
        rows.push((up2, "page", "api=ok code=ok", "ok -", "recovered!"));
    }
    // The third opening within the hour.
    rows.extend([
        (
            "20:22",
            "page",
            "api=partial code=ok",
            "partial them",
            "opened!",
        ),
        ("20:24", "page", "api=ok code=ok", "partial them", ""),
        ("20:26", "page", "api=ok code=ok", "ok -", "noted"),
        (
            "20:32",
            "page",
            "api=major code=ok",
            "major them",
            "noted rose",
        ),
        ("20:34", "page", "api=ok code=ok", "major them", ""),
        ("20:36", "page", "api=ok code=ok", "ok -", "noted"),
        ("21:00", "page", "api=ok code=ok", "ok -", ""),
        ("21:25", "page", "api=ok code=ok", "ok -", ""),
    ]);
    let mut book = book();
    check(&mut book, &rows);
    assert!(book.verdicts().providers["anthropic"].unstable);
    assert_eq!(book.next_due(), Some(at("21:36")));
    let end = check(&mut book, &[("21:36", "clock", "", "ok -", "recovered!")]);
    assert_eq!(end[0].at, at("20:36"), "dated back to when it happened");
    assert!(!book.verdicts().providers["anthropic"].unstable);
}

#[test]
fn an_hour_in_a_bad_state_is_stable_too() {
    let mut book = book();
    let bad = |time, expected_changes| {
        (
            time,
            "page",
            "api=partial code=ok",
            "partial them",
            expected_changes,
        )
    };
    let good = |time, verdict, expected_changes| {
        (time, "page", "api=ok code=ok", verdict, expected_changes)
    };
    check(
        &mut book,
        &[
            bad("20:00", "opened!"),
            good("20:01", "partial them", ""),
            good("20:02", "ok -", "recovered!"),
            bad("20:10", "opened!"),
            good("20:11", "partial them", ""),
            good("20:12", "ok -", "recovered!"),
            bad("20:20", "opened!"),
            bad("20:45", ""),
            bad("21:10", ""),
            bad("21:21", ""),
        ],
    );
    assert!(!book.verdicts().providers["anthropic"].unstable);
    check(
        &mut book,
        &[
            good("21:30", "partial them", ""),
            good("21:32", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn an_incident_from_before_a_restart_is_not_announced_again() {
    let open = OpenIncident {
        provider: "anthropic".into(),
        since: at("11:00"),
        level: Level::PartialOutage,
        peak: Level::MajorOutage,
        last_failure: None,
    };
    let mut still = restored(vec![open.clone()]);
    check(
        &mut still,
        &[
            (
                "12:01",
                "page",
                "api=partial code=ok",
                "partial them",
                "noted",
            ),
            // Not worse than it was before, so it is not announced.
            ("12:02", "page", "api=major code=ok", "major them", "rose"),
        ],
    );
    let mut over = restored(vec![open]);
    let expected_changes = check(
        &mut over,
        &[
            ("12:01", "page", "api=ok code=ok", "ok -", ""),
            ("12:03", "page", "api=ok code=ok", "ok -", "recovered!"),
        ],
    );
    let recovered = Change::Recovered {
        since: at("11:00"),
        peak: Level::MajorOutage,
    };
    assert_eq!(expected_changes[0].change, recovered);
}

/// The verdict, the opening, the restored incident and its end name the same beginning.
#[test]
fn an_incident_has_one_beginning() {
    let mut book = book();
    let since = |book: &Book| book.verdicts().providers["anthropic"].since;
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "page", "api=ok code=ok", "ok -", ""),
            ("20:05", "call", "529", "ok -", ""),
            ("20:06", "call", "529", "ok -", ""),
            ("20:07", "call", "529", "major them", "opened!"),
        ],
    );
    assert_eq!(
        since(&book),
        Some(at("20:05")),
        "the first failure, not the third"
    );
    let open = OpenIncident {
        provider: "anthropic".into(),
        since: at("11:00"),
        level: Level::PartialOutage,
        peak: Level::PartialOutage,
        last_failure: None,
    };
    let mut restarted = restored(vec![open]);
    check(
        &mut restarted,
        &[(
            "12:01",
            "page",
            "api=partial code=ok",
            "partial them",
            "noted",
        )],
    );
    assert_eq!(
        since(&restarted),
        Some(at("11:00")),
        "a restart does not move it"
    );
    check(
        &mut restarted,
        &[
            ("12:31", "clock", "", "stale -", "noted"),
            (
                "12:40",
                "page",
                "api=partial code=ok",
                "partial them",
                "noted",
            ),
        ],
    );
    assert_eq!(
        since(&restarted),
        Some(at("11:00")),
        "nor does a gap in the readings"
    );
}

#[test]
fn without_a_page_two_successes_end_a_restored_incident() {
    let open = OpenIncident {
        provider: "openrouter".into(),
        since: at("11:00"),
        level: Level::MajorOutage,
        peak: Level::MajorOutage,
        last_failure: None,
    };
    check(
        &mut restored(vec![open]),
        &[
            ("12:01", "openrouter call", "ok", "unlooked -", ""),
            ("12:02", "openrouter call", "ok", "unlooked -", "recovered!"),
        ],
    );
}

#[test]
fn a_provider_that_is_not_watched_is_judged_without_announcements() {
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            (
                "20:01",
                "github page",
                "copilot=major +i1(copilot)",
                "unlooked -",
                "",
            ),
            (
                "20:02",
                "github page",
                "copilot=major -i2(copilot)",
                "unlooked -",
                "past",
            ),
        ],
    );
    let github = &book.verdicts().providers["github"];
    assert_eq!(verdict_text(github), "major them");
    // Watching it opens its incident. Watching it no longer ends the incident without an announcement.
    let mut all = mine();
    all.0
        .insert("github".into(), BTreeSet::from(["copilot".into()]));
    assert_eq!(transitions_text(&book.watch(all, at("20:03"))), "opened!");
    assert_eq!(
        transitions_text(&book.watch(mine(), at("20:04"))),
        "noted recovered"
    );
    assert_eq!(transitions_text(&book.due(at("20:05"))), "");
}

#[test]
fn maintenance_is_not_an_outage() {
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=maintenance code=ok",
                "maintenance -",
                "",
            ),
            ("20:02", "page", "api=ok code=ok", "maintenance -", ""),
            ("20:04", "page", "api=ok code=ok", "ok -", ""),
        ],
    );
}

#[test]
fn a_feed_without_component_states_counts_by_its_incidents() {
    check(
        &mut book(),
        &[
            ("20:00", "page", "feed", "ok -", ""),
            (
                "20:02",
                "page",
                "feed +i1()",
                "degraded them",
                "opened! noted",
            ),
            ("20:04", "page", "feed +i1()", "degraded them", ""),
            ("20:30", "page", "feed -i1()", "ok -", "recovered!"),
        ],
    );
    // A feed cannot override component states.
    check(
        &mut book(),
        &[
            (
                "20:00",
                "page",
                "api=partial code=ok",
                "partial them",
                "opened!",
            ),
            ("20:02", "page", "feed", "partial them", ""),
            ("20:04", "page", "feed", "partial them", ""),
            ("20:06", "page", "feed", "partial them", ""),
        ],
    );
}

#[test]
fn calls_become_stale_and_a_failing_run_ends_with_them() {
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:00", "openrouter probe", "529", "unlooked -", ""),
            ("20:01", "openrouter probe", "529", "unlooked -", ""),
            ("20:02", "openrouter probe", "529", "unlooked -", "opened!"),
        ],
    );
    let openrouter = |book: &Book| verdict_text(&book.verdicts().providers["openrouter"]);
    assert_eq!(book.next_due(), Some(at("20:02:10")));
    check(&mut book, &[("20:02:10", "clock", "", "unlooked -", "")]);
    assert_eq!(book.next_due(), Some(at("20:32")));
    check(&mut book, &[("20:32", "clock", "", "unlooked -", "noted")]);
    assert_eq!(openrouter(&book), "stale -");
    check(
        &mut book,
        &[
            // One failure after the gap proves nothing yet.
            ("21:00", "openrouter probe", "529", "unlooked -", ""),
            ("21:01", "openrouter call", "ok", "unlooked -", ""),
            ("21:02", "openrouter call", "ok", "unlooked -", "recovered!"),
        ],
    );
    // The model is dropped a day later.
    book.due(at("+1 21:03"));
    assert!(book.verdicts().providers["openrouter"].models.is_empty());
    assert_eq!(book.next_due(), None);
}

#[test]
fn after_a_suspend_everything_must_be_read_again() {
    let mut book = book();
    check(
        &mut book,
        &[
            ("20:00", "network", "up", "unlooked -", ""),
            ("20:01", "page", "api=ok code=ok", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:02", "call", "529", "ok -", ""),
            ("20:03", "woke", "", "stale -", ""),
            // The two failures before the gap do not count together with the one after it.
            ("20:04", "call", "529", "stale -", ""),
            ("20:05", "page", "api=ok code=ok", "ok -", ""),
        ],
    );
}

/// Three failures that the local network could explain change no verdict until the doubt ends. Time then changes it,
/// whether `due` or a later reading comes first.
#[test]
fn a_doubt_ends_by_time_alone_before_any_later_reading() {
    for clock_first in [false, true] {
        let mut book = book();
        check(
            &mut book,
            &[
                ("20:00", "network", "up", "unlooked -", ""),
                ("20:00:01", "call", "cut", "unlooked -", ""),
                ("20:00:01", "call", "cut", "unlooked -", ""),
                ("20:00:01", "call", "cut", "unlooked -", ""),
                ("20:00:10", "page", "unreadable", "unreadable -", ""),
            ],
        );
        let opened = ["", "opened!"];
        if clock_first {
            check(
                &mut book,
                &[("20:00:11", "clock", "", "major -", opened[1])],
            );
        }
        let then = opened[usize::from(!clock_first)];
        check(
            &mut book,
            &[("20:00:11", "page", "unreadable", "major -", then)],
        );
    }
}
