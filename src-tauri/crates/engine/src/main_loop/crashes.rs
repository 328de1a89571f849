//! The list of crashes, for the incident log.

use api::UnexpectedEnd;
use chrono::{DateTime, Utc};

use super::MainLoop;
use crate::desk::keys::CRASHES;

/// Older ones are dropped.
const MOST: usize = 20;

impl MainLoop {
    pub(super) fn record_crash(&mut self) {
        let Some(ended) = self.state().crashed else {
            return;
        };
        let started = self.state().started;
        let earlier = self.ledger.meta(CRASHES);
        let written = earlier.and_then(|earlier| {
            let list = with(&earlier.unwrap_or_default(), ended, started);
            self.ledger.set_meta(CRASHES, &list)
        });
        self.trouble("record that the last run crashed", written);
    }

    /// Newest first.
    pub(super) fn crashes(&self) -> Result<Vec<UnexpectedEnd>, ledger::LedgerError> {
        let list = self.ledger.meta(CRASHES)?;
        Ok(parse(&list.unwrap_or_default()))
    }
}

/// A line for each, newest first: when it ended, and when the next run started.
fn with(earlier: &str, ended: DateTime<Utc>, started: DateTime<Utc>) -> String {
    let newest = format!("{} {}", ended.to_rfc3339(), started.to_rfc3339());
    let earlier = earlier.lines().map(str::to_owned);
    let list = std::iter::once(newest).chain(earlier).take(MOST);
    list.collect::<Vec<_>>().join("\n")
}

fn parse(list: &str) -> Vec<UnexpectedEnd> {
    let time = |text: &str| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
    let crash = |line: &str| {
        let (ended, started) = line.split_once(' ')?;
        Some(UnexpectedEnd {
            ended: time(ended)?,
            started: time(started)?,
        })
    };
    list.lines().filter_map(crash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_crashes_are_kept() {
        let at = |s: i64| DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(s);
        let list = (0..30).fold(String::new(), |list, n| {
            with(&list, at(n * 10), at(n * 10 + 2))
        });
        let crashes = parse(&list);
        assert_eq!(crashes.len(), MOST);
        assert_eq!((crashes[0].ended, crashes[0].started), (at(290), at(292)));
        assert_eq!(crashes[MOST - 1].ended, at(100));
        assert!(parse("not a time\n").is_empty());
    }
}
