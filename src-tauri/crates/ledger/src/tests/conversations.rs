//! Parts of conversations are found for a day, within the size limit, and their bytes are overwritten afterwards.

use std::fs;

use chrono::TimeDelta;
use rusqlite::Connection;

use super::{fresh, minutes, t0};
use crate::schema::{self, Step};
use crate::tables::TABLES;
use crate::{CONVERSATIONS_KEPT, ConversationPart, Digest, Ledger, open};

fn part(name: u8, body: &str) -> ConversationPart {
    ConversationPart {
        name: [name; 32],
        body: body.into(),
    }
}

fn found(ledger: &Ledger, name: u8, after: TimeDelta) -> Option<String> {
    let names: [Digest; 1] = [[name; 32]];
    let found = ledger.conversation_parts(&names, t0() + after).unwrap();
    found[0]
        .clone()
        .map(|body| String::from_utf8(body).unwrap())
}

fn total(ledger: &Ledger) -> (i64, i64) {
    let counted = "SELECT total, (SELECT coalesce(sum(size), 0) FROM conversation_parts) FROM conversation_bytes";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    ledger.conn.query_row(counted, (), row).unwrap()
}

#[test]
fn parts_are_found_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    {
        let mut ledger = Ledger::open(&file, t0()).unwrap();
        ledger
            .keep_conversation(&[part(1, "Hi"), part(2, "")], t0())
            .unwrap();
    }
    let ledger = Ledger::open(&file, t0()).unwrap();
    let names = [[2; 32], [3; 32], [1; 32]];
    let found = ledger.conversation_parts(&names, t0()).unwrap();
    assert_eq!(found, [Some(Vec::new()), None, Some(b"Hi".to_vec())]);
}

/// Small servers number their responses from one, so a name with two bodies identifies neither.
#[test]
fn a_name_with_two_bodies_is_ambiguous_until_it_expires() {
    let mut ledger = fresh();
    for (name, body) in [(1, "a"), (1, "a"), (2, "b"), (2, "c"), (2, "b")] {
        ledger.keep_conversation(&[part(name, body)], t0()).unwrap();
        let (found, counted) = total(&ledger);
        assert_eq!(found, counted);
    }
    assert_eq!(found(&ledger, 1, minutes(1)).as_deref(), Some("a"));
    assert_eq!(found(&ledger, 2, minutes(1)), None);
    let later = CONVERSATIONS_KEPT + minutes(2);
    ledger
        .keep_conversation(&[part(2, "b")], t0() + later)
        .unwrap();
    assert_eq!(found(&ledger, 2, later).as_deref(), Some("b"));
}

#[test]
fn a_part_is_kept_for_a_day_after_its_last_response() {
    let mut ledger = fresh();
    ledger
        .keep_conversation(&[part(1, "of one turn"), part(2, "of two")], t0())
        .unwrap();
    let again = TimeDelta::hours(20);
    ledger
        .keep_conversation(&[part(2, "of two")], t0() + again)
        .unwrap();
    assert!(found(&ledger, 1, CONVERSATIONS_KEPT).is_some());
    let over = CONVERSATIONS_KEPT + minutes(1);
    assert_eq!(
        found(&ledger, 1, over),
        None,
        "also where nobody deleted it"
    );
    assert!(found(&ledger, 2, over).is_some());
    ledger.expire_conversations(t0() + over).unwrap();
    assert_eq!(found(&ledger, 1, minutes(0)), None);
    assert!(found(&ledger, 2, again + CONVERSATIONS_KEPT).is_some());
    assert_eq!(found(&ledger, 2, again + over), None);
}

#[test]
fn the_oldest_parts_are_deleted_for_new_ones() {
    let mut ledger = fresh();
    let body = "x".repeat(1000);
    for n in 0..8 {
        let at = t0() + minutes(i64::from(n));
        ledger
            .write_conversation(&[part(n, &body)], at, 4000)
            .unwrap();
    }
    for n in 0..8 {
        assert_eq!(found(&ledger, n, minutes(9)).is_some(), n >= 5, "{n}");
    }
    let (found, counted) = total(&ledger);
    assert!(found == counted && found <= 4000, "{found} {counted}");
}

#[test]
fn deleted_conversations_are_no_longer_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let secret = "a secret of the client's, long enough to fill pages of its own. ".repeat(400);
    // In the file and in its log.
    let is_there = || {
        let names = ["ledger.sqlite", "ledger.sqlite-wal"];
        let files = names.map(|name| fs::read(folder.path().join(name)).unwrap_or_default());
        let part = &secret.as_bytes()[..24];
        files
            .iter()
            .any(|bytes| bytes.windows(24).any(|found| found == part))
    };
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    ledger
        .keep_conversation(&[part(1, &secret), part(2, "other")], t0())
        .unwrap();
    assert!(is_there());
    ledger.forget_conversations().unwrap();
    assert_eq!(found(&ledger, 1, minutes(0)), None);
    assert_eq!(total(&ledger), (0, 0));
    assert!(!is_there());
    drop(ledger);
    assert!(!is_there());
}

/// A backup may stay beside the ledger for years.
#[test]
fn the_backup_before_a_migration_contains_no_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    ledger
        .keep_conversation(&[part(1, "a secret of the client's")], t0())
        .unwrap();
    drop(ledger);
    let known = schema::known(TABLES);
    let next = [Step {
        version: known + 1,
        sql: "CREATE TABLE moods (mood TEXT) STRICT;",
    }];
    let mut tables = TABLES.to_vec();
    tables.push(&next);
    let ledger = Ledger::settle(Connection::open(&file).unwrap(), &file, &tables, t0()).unwrap();
    assert!(found(&ledger, 1, minutes(0)).is_some());
    let copy = open::backup_of(&file, known);
    let bytes = fs::read(&copy).unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"a secret"));
    let copy = Ledger::open(&copy, t0()).unwrap();
    assert_eq!(found(&copy, 1, minutes(0)), None);
    assert_eq!(total(&copy), (0, 0));
}
