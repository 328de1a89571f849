//! Every reading that health judged: all of them for a day, then thinned, and deleted after thirty days
//! ([`OBSERVATIONS_KEPT`]).

use catalog::{ProviderId, REHEARSAL};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use health::{CallOutcome, CallSource, Controls, Observation, OurFault, Page, Unreadable};
use rusqlite::{Transaction, named_params};

use crate::column::{Col, level_word};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: "
CREATE TABLE observations (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL, -- ms
    source   TEXT NOT NULL,    -- page, probe, traffic, network
    provider TEXT NOT NULL,    -- empty: our own network
    subject  TEXT NOT NULL,    -- a surface, or endpoint and model with a blank between; empty: the whole page
    said     TEXT NOT NULL,    -- a level; ok, failed, ours, neutral; unreadable; up, down
    ttft_ms  INTEGER,
    detail   TEXT,
    readings INTEGER NOT NULL DEFAULT 1 -- how many this row stands for
) STRICT;
CREATE INDEX observations_by_time ON observations (at);
CREATE INDEX observations_by_subject ON observations (provider, subject, at);
",
}];

/// Younger readings are all kept.
const RAW: Duration = Duration::hours(24);
/// Older readings are deleted by the steps of `retention`, after their states are summed.
pub const OBSERVATIONS_KEPT: Duration = Duration::days(30);
/// Older than a day, one row for each subject and result is kept for each stretch of this many milliseconds.
const STRETCH_MS: i64 = 10 * 60 * 1000;
/// Where the last thinning ended, in ms: stretches before it are done.
const THINNED: &str = "observations.thinned";

impl Ledger {
    /// Stores a reading, except those of the rehearsal provider.
    pub fn record(&mut self, seen: &Observation) -> Result<(), LedgerError> {
        let tx = self.write()?;
        match seen {
            Observation::Page {
                at,
                provider,
                reading,
            } => record_page(&tx, *at, provider, reading)?,
            Observation::Call {
                at,
                provider,
                endpoint,
                model,
                source,
                outcome,
            } => record_call(
                &tx,
                *at,
                provider,
                &format!("{endpoint} {model}"),
                *source,
                outcome,
            )?,
            Observation::Network { at, controls } => {
                let text = match controls {
                    Controls::Up => "up",
                    Controls::Down => "down",
                };
                let reading = Reading {
                    at: *at,
                    source: "network",
                    provider: "",
                    subject: "",
                    text,
                    ttft_ms: None,
                    detail: None,
                };
                reading.insert(&tx)?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Thins old readings. After a day, the first of every ten minutes with the same subject and result represents the
    /// others and counts them. Cheap when called every hour. Returns how many rows were deleted.
    pub fn thin(&mut self, now: DateTime<Utc>) -> Result<u64, LedgerError> {
        let until = stretch_start((now - RAW).timestamp_millis());
        let from: i64 = self
            .meta(THINNED)?
            .and_then(|ms| ms.parse().ok())
            .unwrap_or(0);
        let tx = self.write()?;
        let mut gone = 0;
        if from < until {
            tx.prepare_cached(COUNT_INTO_THE_FIRST)?
                .execute((from, until, STRETCH_MS))?;
            gone = tx
                .prepare_cached(DROP_THE_OTHERS)?
                .execute((from, until, STRETCH_MS))?;
            tx.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
                .execute((THINNED, until.to_string()))?;
        }
        tx.commit()?;
        Ok(gone as u64)
    }
}

const COUNT_INTO_THE_FIRST: &str = "
UPDATE observations SET readings = stretch.readings
  FROM (
    SELECT min(id) AS first, sum(readings) AS readings
      FROM observations
     WHERE at >= ?1 AND at < ?2
     GROUP BY source, provider, subject, said, at / ?3
    HAVING count(*) > 1
  ) AS stretch
 WHERE observations.id = stretch.first";

const DROP_THE_OTHERS: &str = "
DELETE FROM observations
 WHERE at >= ?1 AND at < ?2
   AND id NOT IN (
    SELECT min(id)
      FROM observations
     WHERE at >= ?1 AND at < ?2
     GROUP BY source, provider, subject, said, at / ?3
   )";

/// One row of the table.
struct Reading<'a> {
    at: DateTime<Utc>,
    source: &'static str,
    provider: &'a str,
    subject: &'a str,
    text: &'a str,
    ttft_ms: Option<u64>,
    detail: Option<&'a str>,
}

impl Reading<'_> {
    fn insert(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        tx.prepare_cached(
            "INSERT INTO observations (at, source, provider, subject, said, ttft_ms, detail)
             VALUES (:at, :source, :provider, :subject, :said, :ttft_ms, :detail)",
        )?
        .execute(named_params! {
            ":at": Col(self.at),
            ":source": self.source,
            ":provider": self.provider,
            ":subject": self.subject,
            ":said": self.text,
            ":ttft_ms": self.ttft_ms.map(Col),
            ":detail": self.detail,
        })?;
        Ok(())
    }
}

fn record_page(
    tx: &Transaction<'_>,
    at: DateTime<Utc>,
    provider: &ProviderId,
    reading: &Result<Page, Unreadable>,
) -> rusqlite::Result<()> {
    let blank = Reading {
        at,
        source: "page",
        provider: provider.as_str(),
        subject: "",
        text: "unreadable",
        ttft_ms: None,
        detail: None,
    };
    if provider.as_str() == REHEARSAL {
        return Ok(());
    }
    match reading {
        Ok(page) => page.surfaces.iter().try_for_each(|(surface, level)| {
            let reading = Reading {
                subject: surface.as_str(),
                text: level_word(*level),
                ..blank
            };
            reading.insert(tx)
        }),
        Err(unreadable) => {
            let detail = match unreadable {
                Unreadable::Offline => "offline",
                Unreadable::Unreachable(why)
                | Unreadable::Blocked(why)
                | Unreadable::NotThePage(why) => why,
            };
            let reading = Reading {
                detail: Some(detail),
                ..blank
            };
            reading.insert(tx)
        }
    }
}

fn record_call(
    tx: &Transaction<'_>,
    at: DateTime<Utc>,
    provider: &ProviderId,
    subject: &str,
    source: CallSource,
    outcome: &CallOutcome,
) -> rusqlite::Result<()> {
    if provider.as_str() == REHEARSAL {
        return Ok(());
    }
    let (text, ttft_ms, detail) = match outcome {
        CallOutcome::Ok { ttft_ms, .. } => ("ok", *ttft_ms, None),
        CallOutcome::Failed { detail, .. } => ("failed", None, Some(detail.clone())),
        CallOutcome::Ours(OurFault::Limit { until }) => {
            let until = until.map(|until| {
                format!(
                    " until {}",
                    until.to_rfc3339_opts(SecondsFormat::Secs, true)
                )
            });
            let detail = format!("Limit{}", until.unwrap_or_default());
            ("ours", None, Some(detail))
        }
        CallOutcome::Ours(fault) => ("ours", None, Some(format!("{fault:?}"))),
        CallOutcome::Neutral => ("neutral", None, None),
    };
    let reading = Reading {
        at,
        source: match source {
            CallSource::Probe => "probe",
            CallSource::Traffic => "traffic",
        },
        provider: provider.as_str(),
        subject,
        text,
        ttft_ms,
        detail: detail.as_deref(),
    };
    reading.insert(tx)
}

fn stretch_start(ms: i64) -> i64 {
    ms - ms.rem_euclid(STRETCH_MS)
}
