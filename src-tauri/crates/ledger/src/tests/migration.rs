//! A ledger of every released version opens without loss.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use health::Level;
use rusqlite::Connection;

use super::{answered, fresh, minutes, t0};
use crate::schema::{self, Step};
use crate::tables::TABLES;
use crate::{AttemptOutcome, Ledger, OpenError, Slots, TimelineSource, open};

/// A ledger of each version, as that version wrote it. Add one with every new version; never edit one.
const FIXTURES: &[(u32, &str)] = &[
    (1, include_str!("../../fixtures/v1.sql")),
    (2, include_str!("../../fixtures/v2.sql")),
    (3, include_str!("../../fixtures/v3.sql")),
    (4, include_str!("../../fixtures/v4.sql")),
    (5, include_str!("../../fixtures/v5.sql")),
    (6, include_str!("../../fixtures/v6.sql")),
    (7, include_str!("../../fixtures/v7.sql")),
    (8, include_str!("../../fixtures/v8.sql")),
    (9, include_str!("../../fixtures/v9.sql")),
    (10, include_str!("../../fixtures/v10.sql")),
    (11, include_str!("../../fixtures/v11.sql")),
    (12, include_str!("../../fixtures/v12.sql")),
    (13, include_str!("../../fixtures/v13.sql")),
    (14, include_str!("../../fixtures/v14.sql")),
    (15, include_str!("../../fixtures/v15.sql")),
];

fn written(folder: &Path, sql: &str) -> PathBuf {
    let file = folder.join("ledger.sqlite");
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(sql).unwrap();
    file
}

/// Every column and index, whichever steps created it.
fn shape(conn: &Connection) -> Vec<String> {
    let mut lines = conn
        .prepare(
            "SELECT concat_ws(' ', t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk) AS line
               FROM pragma_table_list t, pragma_table_xinfo(t.name) c
              WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'
             UNION ALL
             SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
             ORDER BY line",
        )
        .unwrap();
    lines
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn there_is_a_fixture_of_every_version() {
    let versions: Vec<u32> = FIXTURES.iter().map(|(version, _)| *version).collect();
    let steps = TABLES.iter().copied().flatten();
    let known: BTreeSet<u32> = steps.map(|step| step.version).collect();
    assert_eq!(versions, Vec::from_iter(known));
}

#[test]
fn a_ledger_of_every_version_opens_without_loss() {
    for (version, sql) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), sql);
        let ledger = Ledger::open(&file, t0()).unwrap();

        assert_eq!(
            schema::version(&ledger.conn).unwrap(),
            schema::known(TABLES)
        );
        assert_eq!(
            shape(&ledger.conn),
            shape(&fresh().conn),
            "a step of version {version} was edited after its release"
        );
        let orphans: i64 = ledger
            .conn
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", (), |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(orphans, 0);
        let backed_up = open::backup_of(&file, *version).exists();
        assert_eq!(backed_up, *version < schema::known(TABLES));

        let exchanges = ledger.exchanges(10, None).unwrap().rows;
        assert_eq!(exchanges.len(), 2);
        assert_eq!(exchanges[0].1.attempts.len(), 2);
        let new_with_4 = u32::from(*version >= 4);
        assert_eq!(exchanges[0].1.restarts, new_with_4);
        assert_eq!(exchanges[0].1.attempts[0].tokens_estimated, new_with_4 == 1);
        let new_with_5 = usize::from(*version >= 5);
        assert_eq!(exchanges[0].1.passed_over.len(), new_with_5);
        assert_eq!(exchanges[0].1.attempts[1].left_out.len(), 2 * new_with_5);
        assert_eq!(exchanges[0].1.attempts[1].by_subscription, new_with_5 == 1);
        let named = exchanges.iter().filter(|(_, e)| e.request_id.is_some());
        assert_eq!(named.count(), 2 * usize::from(*version >= 7));
        assert_eq!(exchanges[0].1.parked.is_some(), *version >= 7);
        let token = exchanges[0].1.token.as_deref();
        assert_eq!(token, (*version >= 11).then_some("Anna's laptop"));
        let open = ledger.open_incidents().unwrap();
        assert_eq!(open[0].1.peak, Level::MajorOutage);
        let incident_with_timeline = ledger.incident(open[0].0).unwrap().unwrap();
        assert_eq!(incident_with_timeline.timeline.len(), 2);
        let met = ledger.met(open[0].0).unwrap().unwrap();
        assert_eq!((met.traffic.hit, met.pipelines[0].safe), (1, 1));
        assert_eq!(met.peaks.len(), usize::from(*version >= 12));
        assert_eq!(ledger.pending_notifications(t0()).unwrap().len(), 1);
        assert_eq!(ledger.breakers().unwrap().len(), 1);
        let mut name = [0; 32];
        name[31] = 0xe1;
        let parts = ledger.conversation_parts(&[name], t0()).unwrap();
        assert_eq!(parts[0].is_some(), *version >= 6);
        assert_eq!(ledger.probes_spent(t0()).unwrap().0, 40);
        let tests = ledger.fallback_tests().unwrap();
        assert_eq!(tests.len(), 2 * usize::from(*version >= 6));
        let effects = ledger.effects(true, 10, None).unwrap().rows;
        assert_eq!(effects.len(), 2 * usize::from(*version >= 13));
        let march = t0() - minutes(100 * 24 * 60);
        let spring = Slots::new(vec![march, t0() - minutes(60)]);
        let uptime = ledger.uptime(&spring).unwrap();
        let calls: u64 = uptime.iter().map(|point| point.calls).sum();
        assert_eq!(calls, if *version >= 9 { 4 } else { 0 });
        if *version >= 9 {
            let lead = &uptime[0];
            assert_eq!((lead.failed, lead.uncarried, lead.carried), (1, 0, 1));
            let new_with_15 = u64::from(*version >= 15);
            assert_eq!((lead.limits, lead.local), (2 * new_with_15, new_with_15));
            let cost = ledger.cost(&spring).unwrap();
            assert_eq!((cost[0].own + cost[0].probes).0, 15_780);
            assert_eq!((cost[1].own.0, cost[1].fallback.0), (0, 5_260));
        }
    }
}

/// The present schema and one later step.
fn with_next(sql: &'static str) -> (u32, [Step; 1]) {
    let version = schema::known(TABLES) + 1;
    (version, [Step { version, sql }])
}

fn reopen(file: &Path, next: &[Step]) -> Result<Ledger, OpenError> {
    let mut tables = TABLES.to_vec();
    tables.push(next);
    Ledger::settle(Connection::open(file).unwrap(), file, &tables, t0())
}

#[test]
fn a_migration_backs_the_file_up_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    for n in 0..300 {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
    }
    drop(ledger);
    let before = schema::known(TABLES);
    let backup = open::backup_of(&file, before);
    fs::write(format!("{}.unfinished", backup.display()), "of a crash").unwrap();

    let (version, next) = with_next("ALTER TABLE exchanges ADD COLUMN mood TEXT");
    let ledger = reopen(&file, &next).unwrap();
    assert_eq!(schema::version(&ledger.conn).unwrap(), version);
    assert_eq!(ledger.exchanges(500, None).unwrap().rows.len(), 300);
    let dated = ledger.meta(&format!("schema.{version}")).unwrap();
    assert_eq!(dated.as_deref(), Some("2026-06-21T20:00:00+00:00"));
    drop(ledger);

    assert!(matches!(
        Ledger::open(&file, t0()),
        Err(OpenError::Newer { .. })
    ));
    let restored = Ledger::open(&backup, t0()).unwrap();
    assert_eq!(schema::version(&restored.conn).unwrap(), before);
    assert_eq!(restored.exchanges(500, None).unwrap().rows.len(), 300);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    ledger.book_exchange(&answered(t0())).unwrap();
    drop(ledger);
    let (_, next) = with_next("ALTER TABLE exchanges ADD COLUMN mood TEXT; DROP TABLE nowhere");
    assert!(reopen(&file, &next).is_err());
    let ledger = Ledger::open(&file, t0()).unwrap();
    assert_eq!(shape(&ledger.conn), shape(&fresh().conn));
    assert_eq!(ledger.exchanges(10, None).unwrap().rows.len(), 1);
}

#[test]
fn a_ledger_of_the_newest_version_is_not_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    drop(Ledger::open(&file, t0()).unwrap());
    let again = Ledger::open(&file, t0() + minutes(1)).unwrap();
    let first = again.meta("schema.1").unwrap();
    assert_eq!(first.as_deref(), Some("2026-06-21T20:00:00+00:00"));
    assert!(!open::backup_of(&file, schema::known(TABLES)).exists());
    assert!(!open::backup_of(&file, 0).exists());
}

#[test]
fn the_entries_of_an_older_ledger_get_their_source() {
    let folder = tempfile::tempdir().unwrap();
    let (_, sql) = FIXTURES[6];
    let file = written(
        folder.path(),
        &format!(
            "{sql}
             INSERT INTO incidents (id, provider, opened_at, closed_at, past, blame, evidence)
                 VALUES (90, 'lead', 0, 1, 1, 'them', '');
             INSERT INTO timeline (incident, at, said) VALUES
                 (1, 1782072400000, 'Status page: We are looking.'), (90, 0, 'Investigating.');"
        ),
    );
    let ledger = Ledger::open(&file, t0()).unwrap();
    let sources = |id| -> Vec<TimelineSource> {
        let entries = ledger.incident(id).unwrap().unwrap().timeline;
        entries.iter().map(|entry| entry.source).collect()
    };
    use TimelineSource::{StatusPage, Understudy};
    assert_eq!(sources(1), [Understudy, Understudy, StatusPage]);
    assert_eq!(sources(90), [StatusPage]);
}

#[test]
fn an_attempt_with_an_unknown_outcome_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let (_, sql) = FIXTURES[6];
    let ledger = Ledger::open(&written(folder.path(), sql), t0()).unwrap();
    let rows = ledger.exchanges(10, None).unwrap().rows;
    let outcomes: Vec<AttemptOutcome> = rows
        .iter()
        .flat_map(|(_, exchange)| &exchange.attempts)
        .map(|attempt| attempt.outcome)
        .collect();
    // The ledger contains "overloaded", "truncated" and "complete".
    use AttemptOutcome::{Complete, Other};
    assert_eq!(outcomes, [Other, Other, Complete]);
}
