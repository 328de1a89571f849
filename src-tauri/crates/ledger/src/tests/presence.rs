//! The file is deleted or replaced while it is open, or could not be opened at the start.

use std::fs;
use std::path::{Path, PathBuf};

use super::{answered, carried, fresh, minutes, opened, t0};
use crate::{Ledger, Presence};

fn with_rows(path: &Path, count: i64) -> Ledger {
    let mut ledger = Ledger::open(path, t0()).unwrap();
    for n in 0..count {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
    }
    ledger
}

fn count(ledger: &Ledger) -> usize {
    ledger.exchanges(100, None).unwrap().rows.len()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    crate::files::beside(path, end)
}

/// It continues at its path, and the file there is complete.
fn continues(mut ledger: Ledger, path: &Path, rows: usize) {
    assert_eq!(ledger.presence(), Presence::Here);
    ledger.book_exchange(&answered(t0())).unwrap();
    drop(ledger);
    let reopened = Ledger::open(path, t0()).unwrap();
    assert_eq!(count(&reopened), rows + 1);
}

#[test]
fn a_deleted_file_is_put_back_with_every_row() {
    let kinds: [(&str, &[&str]); 4] = [
        ("all three files", &["", "-wal", "-shm"]),
        ("the file alone", &[""]),
        ("its log alone", &["-wal"]),
        ("its folder", &["folder"]),
    ];
    for (what, removed) in kinds {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("ledger.sqlite");
        let mut ledger = with_rows(&path, 5);
        assert_eq!(ledger.presence(), Presence::Here, "{what}");
        for end in removed {
            match *end {
                "folder" => fs::remove_dir_all(&folder).unwrap(),
                end => fs::remove_file(beside(&path, end)).unwrap(),
            }
        }
        assert_eq!(ledger.presence(), Presence::Deleted, "{what}");
        ledger.book_exchange(&answered(t0())).unwrap();
        assert_eq!(ledger.put_back(t0()).unwrap(), None, "{what}");
        continues(ledger, &path, 6);
    }
}

#[test]
fn a_file_in_its_place_is_kept_under_another_name() {
    for with_log in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let (path, other) = (home.path().join("ledger.sqlite"), home.path().join("other"));
        let mut ledger = with_rows(&path, 5);
        let theirs = with_rows(&other, 2);
        if with_log {
            fs::copy(beside(&other, "-wal"), beside(&other, ".log")).unwrap();
            fs::copy(&other, beside(&other, ".copy")).unwrap();
            drop(theirs);
            fs::rename(beside(&other, ".copy"), &path).unwrap();
            fs::rename(beside(&other, ".log"), beside(&path, "-wal")).unwrap();
        } else {
            drop(theirs);
            fs::rename(&other, &path).unwrap();
        }
        assert_eq!(ledger.presence(), Presence::Replaced);
        let kept = ledger.put_back(t0()).unwrap().unwrap();
        assert_eq!(count(&Ledger::open(&kept, t0()).unwrap()), 2, "{with_log}");
        continues(ledger, &path, 5);
    }
}

#[test]
fn a_ledger_that_cannot_be_put_back_is_still_used() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("ledger.sqlite");
    let mut ledger = with_rows(&path, 5);
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file").unwrap();
    assert_eq!(ledger.presence(), Presence::Deleted);
    ledger.put_back(t0()).unwrap_err();
    ledger.book_exchange(&answered(t0())).unwrap();
    fs::remove_file(&folder).unwrap();
    ledger.put_back(t0()).unwrap();
    continues(ledger, &path, 6);
}

#[test]
fn a_ledger_in_memory_is_carried_into_a_file() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ledger.sqlite");
    let mut file = with_rows(&path, 2);
    file.apply(&opened("lead", t0())).unwrap();
    file.set_meta("answer", "no").unwrap();
    let mut memory = fresh();
    let rows = [answered(t0() + minutes(5)), carried(t0() + minutes(6))];
    for row in &rows {
        memory.book_exchange(row).unwrap();
    }
    for provider in ["lead", "second"] {
        memory.apply(&opened(provider, t0())).unwrap();
    }
    memory.set_meta("answer", "yes").unwrap();
    let key = crate::ReplayKey {
        scope: [1; 32],
        request: [2; 32],
    };
    memory.begin_replay(&key, None, t0()).unwrap();

    file.carry_over(&memory).unwrap();
    let found = file.exchanges(2, None).unwrap().rows;
    let found: Vec<_> = found.into_iter().map(|(_, row)| row).rev().collect();
    assert_eq!(found, rows, "with their attempts");
    assert_eq!(count(&file), 4);
    let open = file.open_incidents().unwrap();
    let mut open: Vec<_> = open.iter().map(|(_, one)| one.provider.as_str()).collect();
    open.sort_unstable();
    assert_eq!(open, ["lead", "second"], "one for each provider");
    assert_eq!(file.meta("answer").unwrap().as_deref(), Some("yes"));
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
    assert!(left.len() <= 3, "{left:?}");
    file.check_writes().unwrap();
    assert_eq!(file.meta("write check").unwrap(), None);
}
