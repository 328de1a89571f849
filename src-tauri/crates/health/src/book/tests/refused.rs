//! Failures to connect mean that the provider is unreachable, and any response refutes that. A local model server is
//! the usual case: no page, no key, and only our calls as evidence.

use super::*;

/// The owner's Ollama, in addition to the catalogue's providers.
fn book() -> Book {
    let id = "local";
    let local = catalog::Provider {
        id: id.into(),
        name: "Local".to_owned(),
        product: "Ollama".to_owned(),
        keys_page: None,
        status: None,
        surfaces: Vec::new(),
        endpoints: vec![catalog::Endpoint::new(
            id.into(),
            id.into(),
            "http://127.0.0.1:11434",
            [catalog::Dialect::OpenaiChat],
        )],
        models: Vec::new(),
        tiers: Default::default(),
    };
    let catalog = Arc::new(Catalog::bundled().with_own(&[local]));
    let mut mine = mine();
    mine.0.insert(id.into(), BTreeSet::new());
    Book::new(
        catalog,
        Thresholds::default(),
        mine,
        Vec::new(),
        at("12:00"),
    )
}

/// Time, source, input → the verdict on the local server, and the transitions.
fn feed(book: &mut Book, rows: &[Row<'_>]) {
    for &(time, source, input, verdict, expected_changes) in rows {
        let now = at(time);
        let transitions = match source {
            "clock" => book.due(now),
            _ => book.observe(now, observation(now, source, input)),
        };
        let verdicts = book.verdicts();
        let local = &verdicts.providers["local"];
        assert_eq!(
            (verdict_text(local), transitions_text(&transitions)),
            (verdict.to_owned(), expected_changes.to_owned()),
            "{time} {source} {input}: {:?}",
            local.evidence
        );
    }
}

const DOWN: &[Row<'_>] = &[
    ("20:00", "network", "up", "unlooked -", ""),
    ("20:00", "local call", "refused", "unlooked -", ""),
    ("20:01", "local call", "refused", "unlooked -", ""),
    ("20:02", "local call", "refused", "major -", "opened!"),
];

#[test]
fn successes_end_the_incident() {
    let mut book = book();
    feed(&mut book, DOWN);
    feed(
        &mut book,
        &[
            ("20:05", "local call", "ok", "partial -", "eased"),
            ("20:06", "local call", "ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn any_response_ends_failures_to_connect_and_proves_nothing_else() {
    let mut book = book();
    feed(&mut book, DOWN);
    feed(
        &mut book,
        &[
            ("20:05", "local call", "left", "major -", ""),
            ("20:06", "local call", "key", "unlooked -", "recovered!"),
            // Refuted failures do not count together with later ones.
            ("20:07", "local call", "refused", "unlooked -", ""),
            ("20:08", "local call", "refused", "unlooked -", ""),
            ("20:09", "local call", "key", "unlooked -", ""),
            ("20:10", "local call", "refused", "unlooked -", ""),
            ("20:11", "clock", "", "unlooked -", ""),
        ],
    );
}

#[test]
fn the_incident_also_ends_after_its_failures_became_stale() {
    let mut book = book();
    feed(&mut book, DOWN);
    feed(
        &mut book,
        &[
            ("20:03", "local probe", "refused", "major -", ""),
            ("20:40", "clock", "", "stale -", "noted"),
            ("20:45", "local call", "key", "stale -", "recovered!"),
        ],
    );
}

#[test]
fn a_model_that_worked_before_counts_as_working_again() {
    let mut book = book();
    feed(
        &mut book,
        &[
            ("19:50", "local call", "ok", "ok -", ""),
            ("20:00", "network", "up", "ok -", ""),
            ("20:00", "local call", "refused", "ok -", ""),
            ("20:01", "local call", "refused", "ok -", ""),
            ("20:02", "local call", "refused", "major -", "opened!"),
            ("20:06", "local call", "key", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn other_kinds_of_failure_are_not_refuted_by_a_response() {
    for kind in ["529", "cut", "silent"] {
        let mut book = book();
        feed(
            &mut book,
            &[
                ("20:00", "network", "up", "unlooked -", ""),
                ("20:00", "local call", "refused", "unlooked -", ""),
                ("20:01", "local call", kind, "unlooked -", ""),
            ],
        );
        book.observe(
            at("20:02"),
            observation(at("20:02"), "local call", "refused"),
        );
        book.due(at("20:03"));
        let expected_changes =
            book.observe(at("20:06"), observation(at("20:06"), "local call", "key"));
        assert_eq!(transitions_text(&expected_changes), "", "{kind}");
        let verdict = book.verdicts().providers["local"].verdict;
        assert_eq!(verdict, Verdict::Known(Level::MajorOutage), "{kind}");
    }
}

#[test]
fn another_failing_model_keeps_the_incident_open() {
    let mut book = book();
    feed(&mut book, DOWN);
    for time in ["20:03", "20:04", "20:05"] {
        book.observe(at(time), observation(at(time), "local probe", "llama:500"));
    }
    feed(
        &mut book,
        &[
            ("20:06", "local call", "key", "major them", ""),
            // Its failures become stale; no success ever refuted them.
            ("20:50", "clock", "", "stale -", "noted"),
            ("20:51", "local call", "key", "stale -", ""),
            ("20:52", "local call", "llama:ok", "ok -", ""),
            ("20:53", "local call", "llama:ok", "ok -", "recovered!"),
        ],
    );
}
