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

/// Time, source, reading → the verdict on the local server, and the transitions.
fn play(book: &mut Book, rows: &[Row<'_>]) {
    for &(time, source, said, verdict, told) in rows {
        let now = at(time);
        let transitions = match source {
            "clock" => book.due(now),
            _ => book.observe(now, observation(now, source, said)),
        };
        let verdicts = book.verdicts();
        let local = &verdicts.providers["local"];
        assert_eq!(
            (belief(local), tale(&transitions)),
            (verdict.to_owned(), told.to_owned()),
            "{time} {source} {said}: {:?}",
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
fn good_answers_end_it() {
    let mut book = book();
    play(&mut book, DOWN);
    play(
        &mut book,
        &[
            ("20:05", "local call", "ok", "partial -", "eased"),
            ("20:06", "local call", "ok", "ok -", "recovered!"),
        ],
    );
}

#[test]
fn an_answer_of_any_worth_ends_it_and_proves_nothing() {
    let mut book = book();
    play(&mut book, DOWN);
    play(
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
fn it_ends_also_after_its_failures_went_stale() {
    let mut book = book();
    play(&mut book, DOWN);
    play(
        &mut book,
        &[
            ("20:03", "local probe", "refused", "major -", ""),
            ("20:40", "clock", "", "stale -", "noted"),
            ("20:45", "local call", "key", "stale -", "recovered!"),
        ],
    );
}

#[test]
fn what_had_worked_before_is_believed_again() {
    let mut book = book();
    play(
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
fn failures_of_any_other_kind_are_not_taken_back() {
    for kind in ["529", "cut", "silent"] {
        let mut book = book();
        play(
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
        let told = book.observe(at("20:06"), observation(at("20:06"), "local call", "key"));
        assert_eq!(tale(&told), "", "{kind}");
        let verdict = book.verdicts().providers["local"].verdict;
        assert_eq!(verdict, Verdict::Known(Level::MajorOutage), "{kind}");
    }
}

#[test]
fn another_model_that_fails_in_its_own_way_keeps_it_open() {
    let mut book = book();
    play(&mut book, DOWN);
    for time in ["20:03", "20:04", "20:05"] {
        book.observe(at(time), observation(at(time), "local probe", "llama:500"));
    }
    play(
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
