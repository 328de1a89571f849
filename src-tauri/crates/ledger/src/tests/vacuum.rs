use std::fs;

use super::retention::{all_before, days, delete};
use super::{answered, minutes, t0};
use crate::{Ledger, OpenError, compact};

fn filled(ledger: &mut Ledger) {
    for minute in 0..3_000 {
        let mut row = answered(t0() + minutes(minute));
        row.detail = Some("x".repeat(2_000));
        ledger.book_exchange(&row).unwrap();
    }
}

#[test]
fn a_new_file_shrinks_in_steps_after_a_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    filled(&mut ledger);
    let full = ledger.size().unwrap();
    assert!(full.shrinks && full.bytes > 6 << 20, "{full:?}");
    assert!(!ledger.shrink(100).unwrap(), "nothing is free");
    delete(&mut ledger, &all_before(t0() + days(9)));
    assert!(ledger.size().unwrap().free > 5 << 20);
    let before = ledger.size().unwrap();
    assert!(ledger.shrink(100).unwrap());
    assert_eq!(before.bytes - ledger.size().unwrap().bytes, 100 * 4_096);
    while ledger.shrink(100).unwrap() {}
    let small = ledger.size().unwrap();
    assert_eq!(small.free, 256 * 4_096, "for new rows");
    drop(ledger);
    assert_eq!(fs::metadata(&file).unwrap().len(), small.bytes);
}

#[test]
fn a_file_of_an_earlier_version_shrinks_after_it_is_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.execute_batch(include_str!("../../fixtures/v8.sql"))
        .unwrap();
    drop(conn);
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    assert!(!ledger.size().unwrap().shrinks);
    filled(&mut ledger);
    delete(&mut ledger, &all_before(t0() + days(9)));
    assert!(!ledger.shrink(100).unwrap(), "only a new file can");
    let requests = ledger.uptime(&crate::Slots::new(vec![t0() - days(1), t0() + days(9)]));
    let requests = requests.unwrap();
    drop(ledger);

    let compacted = compact(&file, t0()).unwrap();
    assert!(compacted.after * 4 < compacted.before, "{compacted:?}");
    let ledger = Ledger::open(&file, t0()).unwrap();
    assert!(ledger.size().unwrap().shrinks);
    assert_eq!(
        ledger
            .uptime(&crate::Slots::new(vec![t0() - days(1), t0() + days(9)]))
            .unwrap(),
        requests
    );
    assert_eq!(ledger.open_reviews().unwrap(), 1);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().contains("compacted")),
        "{left:?}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn a_file_that_is_no_ledger_is_not_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    fs::write(&file, "name,amount\n".repeat(500)).unwrap();
    assert!(matches!(
        compact(&file, t0()),
        Err(OpenError::Corrupt { .. })
    ));
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .starts_with("name,amount")
    );
    assert!(compact(&folder.path().join("none"), t0()).is_err());
    assert!(!folder.path().join("none").exists());
}
