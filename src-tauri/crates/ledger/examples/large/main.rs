//! A large ledger, and how long it takes to open and to read. `make <file>` writes one, `year <file>` one of a usual year, and
//! `measure <file>` prints a table; `retain <file>` deletes what the default retention deletes. A third argument is the time at
//! which the ledger was made, as `make` prints it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program that prints how long reads take"
)]

mod measure;
mod retain;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use ledger::Ledger;
use rusqlite::Connection;

const ROWS: &str = include_str!("rows.sql");
const YEAR: &str = include_str!("year.sql");
const EXCHANGES: u32 = 200_000;
const INCIDENTS: u32 = 20_000;
/// 30 November 2026, 12:00 UTC.
const NOW: &str = "2026-11-30T12:00:00Z";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (command, file, now) = match args[..] {
        [command, file] => (command, Path::new(file), NOW),
        [command, file, now] => (command, Path::new(file), now),
        _ => ("", Path::new(""), NOW),
    };
    let done = match command {
        "make" => make(file, now, ROWS),
        "year" => make(file, now, YEAR).and_then(|()| count(file, now)),
        "measure" => measure::all(file, now),
        "retain" => retain::all(file, now),
        _ => Err("write `make`, `year`, `measure` or `retain`, then `<file> [<time>]`".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A running engine has counted each closed incident.
fn count(file: &Path, now: &str) -> Result<(), Box<dyn Error>> {
    let mut ledger = Ledger::open(file, now.parse()?)?;
    while ledger.has_uncounted_incidents()? {
        ledger.count_incidents(10)?;
    }
    Ok(())
}

fn make(file: &Path, now: &str, rows: &str) -> Result<(), Box<dyn Error>> {
    let now: DateTime<Utc> = now.parse()?;
    drop(Ledger::open(file, now)?);
    let conn = Connection::open(file)?;
    conn.execute_batch(
        "CREATE TEMP TABLE wanted (now INTEGER, exchanges INTEGER, incidents INTEGER)",
    )?;
    conn.execute(
        "INSERT INTO wanted VALUES (?1, ?2, ?3)",
        (now.timestamp_millis(), EXCHANGES, INCIDENTS),
    )?;
    conn.execute_batch(&format!("BEGIN; {rows} COMMIT;"))?;
    println!("{} made at {}", file.display(), now.to_rfc3339());
    Ok(())
}
