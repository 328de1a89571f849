mod figures;
mod steps;

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Duration, Utc};

use super::paging::plan;
use super::{fresh, t0};
use crate::retention::{ENDS, Keeps, NEVER, RULES};
use crate::{End, Ledger, Limits, Progress};

pub(super) fn days(count: i64) -> Duration {
    Duration::days(count)
}

/// Everything before this instant is deleted.
pub(super) fn all_before(limit: DateTime<Utc>) -> Limits {
    Limits {
        exchanges: Some(limit),
        incidents: Some(limit),
        daily: None,
        effects: None,
        observations: limit,
    }
}

/// Days of 24 hours from `t0()`, except the fourth, which has 25, as a day on which clocks go back.
pub(super) fn day_of(at: DateTime<Utc>) -> Range<DateTime<Utc>> {
    let midnight = |day: i64| t0() + days(day) + Duration::hours(i64::from(day > 3));
    let day = (at - t0()).num_seconds().div_euclid(86_400);
    let day = if at < midnight(day) { day - 1 } else { day };
    midnight(day)..midnight(day + 1)
}

/// Runs all steps. Returns how many rows were deleted.
pub(super) fn delete(ledger: &mut Ledger, limits: &Limits) -> u64 {
    let mut deleted = 0;
    let mut next = Some(Progress::default());
    while let Some(progress) = next {
        let step = ledger
            .delete_expired(limits, &day_of, progress, 20)
            .unwrap();
        deleted += step.rows;
        next = step.next;
    }
    deleted
}

pub(super) fn count(ledger: &Ledger, of: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {of}");
    ledger.conn.query_row(&sql, (), |row| row.get(0)).unwrap()
}

#[test]
fn every_table_has_a_rule() {
    let ledger = fresh();
    let mut tables = ledger
        .conn
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let tables: BTreeSet<String> = tables
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.table.to_owned()).collect();
    assert_eq!(ruled, tables);
}

#[test]
fn rows_without_an_age_are_deleted_with_their_parent() {
    let ledger = fresh();
    for rule in RULES {
        let Keeps::With(parent) = rule.keeps else {
            continue;
        };
        let cascade: String = ledger
            .conn
            .query_row(
                "SELECT on_delete FROM pragma_foreign_key_list(?1) WHERE \"table\" = ?2",
                [rule.table, parent],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(cascade, "CASCADE", "{}", rule.table);
        assert!(
            RULES
                .iter()
                .any(|rule| rule.table == parent && matches!(rule.keeps, Keeps::Aged(_)))
        );
    }
}

#[test]
fn expired_rows_are_found_by_an_index() {
    let ledger = fresh();
    for rule in RULES {
        let Keeps::Aged(aged) = &rule.keeps else {
            continue;
        };
        assert!(aged.unless == NEVER || aged.unless.contains("old."));
        let plan = plan(&ledger, &aged.expired(rule.table));
        let wanted = format!("({}>? AND {}<?)", aged.age, aged.age);
        assert!(
            plan.starts_with("SEARCH old USING"),
            "{}: {plan}",
            rule.table
        );
        assert!(plan.contains(&wanted), "{}: {plan}", rule.table);
    }
}

#[test]
fn every_end_of_an_exchange_has_a_column() {
    for end in End::ALL {
        let column = ENDS.iter().find(|(name, _)| *name == end.as_str());
        let (_, value) = column.unwrap_or_else(|| panic!("no column for {end:?}"));
        assert_eq!(*value, format!("old.ended = '{}'", end.as_str()));
        let (_, other) = ENDS.iter().find(|(name, _)| *name == "other").unwrap();
        assert!(other.contains(&format!("'{}'", end.as_str())));
    }
}
