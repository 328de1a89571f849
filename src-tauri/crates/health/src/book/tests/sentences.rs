use chrono::FixedOffset;

use super::*;

/// Play the readings and compare Claude's sentence.
fn says(readings: &[(&str, &str, &str)], expected: &str) {
    let mut book = book();
    assert_eq!(after(&mut book, readings), expected);
}

fn after(book: &mut Book, readings: &[(&str, &str, &str)]) -> String {
    for (time, source, said) in readings {
        book.observe(at(time), observation(at(time), source, said));
    }
    book.verdicts().providers["anthropic"].evidence.clone()
}

#[test]
fn the_whole_sentence_names_every_source() {
    let mut readings = vec![
        ("20:00", "network", "up"),
        ("20:04", "page", "api=partial code=partial"),
    ];
    readings.extend([("20:05", "probe", "cut"); 3]);
    readings.extend([("20:05", "call", "529"); 6]);
    readings.push(("20:06", "call", "ok"));
    readings.extend([("20:06", "call", "cut"); 3]);
    readings.push(("20:06", "call", "ok"));
    readings.extend([("20:06", "call", "cut"); 3]);
    says(
        &readings,
        "Claude: it is them. Status page partial outage since 20:04 UTC, 3 of 3 probes cut mid-stream, 12 of 14 requests \
         failed; Claude API and Claude Code together, so the fault is upstream.",
    );
}

#[test]
fn one_sentence_for_every_belief() {
    let up = ("20:00", "network", "up");
    let green = ("20:00", "page", "api=ok code=ok");
    says(&[], "Claude: unknown, nothing has been read yet.");
    says(&[green], "Claude: operational, by its status page only.");
    says(
        &[green, ("20:01", "call", "ok")],
        "Claude: operational: our own calls get through, and the status page reports no outage.",
    );
    says(
        &[("20:01", "call", "ok")],
        "Claude: operational: our own calls get through.",
    );
    says(
        &[("20:01", "call", "ok"), ("20:02", "call", "key")],
        "Claude: operational: our own calls get through; a problem of ours at anthropic: the key is refused.",
    );
    says(
        &[("20:00", "network", "down")],
        "Claude: unknown, since this machine is offline.",
    );
    says(
        &[("20:00", "page", "blocked")],
        "Claude: unknown, since the status page refuses to be read (403).",
    );
    says(
        &[("20:00", "page", "api=maintenance code=ok")],
        "Claude: maintenance, by its status page only.",
    );
    says(
        &[("20:00", "page", "api=degraded code=ok")],
        "Claude: it is them. Status page degraded since 20:00 UTC.",
    );
    says(
        &[
            ("20:00", "page", "api=degraded code=ok"),
            ("20:01", "call", "ok"),
        ],
        "Claude: it does not reach us so far. Status page degraded since 20:00 UTC, our own calls get through.",
    );
    let mut calls = vec![up, green];
    calls.extend([("20:05", "call", "529"); 4]);
    says(
        &calls,
        "Claude: it is them. 4 of 4 requests answered with 529 since 20:05 UTC; the status page does not say so yet.",
    );
    says(
        &calls[1..],
        "Claude: it is not clear whose fault it is. 4 of 4 requests answered with 529 since 20:05 UTC; the status page does \
         not say so yet; whether our own network is up is not known.",
    );
    calls.push(("20:05", "call", "sonnet:ok"));
    says(
        &calls,
        "Claude: it is them. 4 of 4 requests answered with 529 since 20:05 UTC, haiku fails while sonnet answers; the status \
         page does not say so yet.",
    );
}

/// A refused key speaks for half an hour, a limit until its reset.
#[test]
fn a_limit_is_told_until_its_reset() {
    let mut book = book();
    let told = "Claude: operational: our own calls get through; a problem of ours at anthropic: the limit is reached until \
                22:00 UTC.";
    let readings = [("20:01", "call", "ok"), ("20:02", "call", "limit")];
    assert_eq!(after(&mut book, &readings), told);
    let well = |book: &mut Book, now| {
        book.observe(at(now), observation(at(now), "probe", "sonnet:ok"));
        book.verdicts().providers["anthropic"].evidence.clone()
    };
    assert_eq!(well(&mut book, "21:59"), told);
    let over = "Claude: operational: our own calls get through.";
    assert_eq!(well(&mut book, "22:00"), over);
}

#[test]
fn times_are_the_owners() {
    let mut book = book();
    book.speak(Words {
        offset: FixedOffset::east_opt(2 * 3600).unwrap(),
    });
    let readings = [("20:04", "page", "api=degraded code=ok")];
    assert_eq!(
        after(&mut book, &readings),
        "Claude: it is them. Status page degraded since 22:04."
    );
    // 22:30 UTC is half past midnight there: the beginning was yesterday.
    book.observe(
        at("22:30"),
        observation(at("22:30"), "page", "api=degraded"),
    );
    assert_eq!(
        book.verdicts().providers["anthropic"].evidence,
        "Claude: it is them. Status page degraded since 28 Apr 22:04."
    );
}

#[test]
fn surfaces_and_models_have_evidence_of_their_own() {
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
    let surface = |id: &str| claude.surfaces[id].evidence.as_str();
    let model = |id: &str| {
        claude.models[&("anthropic".into(), id.into())]
            .evidence
            .as_str()
    };
    assert_eq!(
        surface("api"),
        "status page: partial outage since 20:04 UTC; our own calls fail: 3 of 3 probes cut mid-stream"
    );
    // Claude Code is served by the same host, claude.ai is not.
    assert_eq!(
        surface("claude-code"),
        "status page: operational; our own calls fail: 3 of 3 probes cut mid-stream"
    );
    assert_eq!(surface("claude-ai"), "status page: operational");
    assert_eq!(surface("console"), "unknown, nothing has been read yet");
    assert_eq!(
        model("haiku"),
        "3 of 3 probes cut mid-stream since 20:05 UTC"
    );
    assert_eq!(model("sonnet"), "our own calls get through");
}

/// Anthropic's page as recorded on 28 April 2026 (kjanat/claude-down, MIT), as its reader reports it.
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
    let told = book.observe(at("17:55"), read(&recorded, at("17:55")));
    assert_eq!(tale(&told), "opened! noted noted noted");
    let opened = Change::Opened {
        level: Level::PartialOutage,
        since: at("17:41"),
    };
    assert_eq!(told[0].change, opened);
    assert_eq!(told[0].verdict.since, at("17:41"));
    assert_eq!(
        told[0].verdict.evidence,
        "Claude: it is them. Status page partial outage since 17:41 UTC; Claude API, Claude Code, claude.ai and Claude Cowork \
         together, so the fault is upstream."
    );
    assert!(
        book.observe(at("17:57"), read(&recorded, at("17:57")))
            .is_empty()
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
        tale(&book.observe(at("19:15"), read(&operational, at("19:15")))),
        ""
    );
    let told = book.observe(at("19:17"), read(&operational, at("19:17")));
    assert_eq!(tale(&told), "recovered!");
    let recovered = Change::Recovered {
        since: at("17:41"),
        peak: Level::PartialOutage,
    };
    assert_eq!(told[0].change, recovered);
}
