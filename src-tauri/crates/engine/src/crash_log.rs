//! The crashes of earlier runs, as text in the ledger.

use api::UnexpectedEnd;
use chrono::{DateTime, Utc};

/// Older ones are dropped.
const MOST: usize = 20;

/// A line for each, newest first: when it ended, and when the next run started.
pub(crate) fn with(earlier: &str, ended: DateTime<Utc>, started: DateTime<Utc>) -> String {
    let newest = format!("{} {}", ended.to_rfc3339(), started.to_rfc3339());
    let earlier = earlier.lines().map(str::to_owned);
    let list = std::iter::once(newest).chain(earlier).take(MOST);
    list.collect::<Vec<_>>().join("\n")
}

pub(crate) fn parse(list: &str) -> Vec<UnexpectedEnd> {
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
