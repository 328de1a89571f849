use std::error::Error;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Ledger, Limits, OBSERVATIONS_KEPT, Progress};

/// Rows of one step, as in the engine.
const ROWS: u32 = 500;
const PAGES: u32 = 256;

/// Deletes what is older than the default limits, as the engine does in its idle time.
pub(crate) fn all(file: &Path, now: &str) -> Result<(), Box<dyn Error>> {
    let now: DateTime<Utc> = now.parse()?;
    let mut ledger = Ledger::open(file, now)?;
    let days = |days: i64| Some(now - TimeDelta::days(days));
    let limits = Limits {
        exchanges: days(90),
        incidents: days(730),
        daily: days(730),
        effects: days(14),
        observations: now - OBSERVATIONS_KEPT,
    };
    let day_of = |at: DateTime<Utc>| {
        let begins = at.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        begins..begins + TimeDelta::days(1)
    };
    loop {
        let counted = ledger.has_uncounted_incidents()?;
        if !counted {
            break;
        }
        ledger.count_incidents(5)?;
    }
    let before = ledger.size()?;
    let (mut progress, mut rows) = (Progress::default(), 0);
    loop {
        let deleted = ledger.delete_expired(&limits, &day_of, progress, ROWS)?;
        rows += deleted.rows;
        match deleted.next {
            Some(next) => progress = next,
            None => break,
        }
    }
    while ledger.shrink(PAGES)? {}
    println!(
        "{rows} rows deleted: {before:?} before, {:?} after",
        ledger.size()?
    );
    Ok(())
}
