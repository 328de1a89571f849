//! Requests and their attempts, newest first, with filters.

use std::process::ExitCode;

use api::ExchangePage;
use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use clap::Args;

use super::client::{CallError, Engine};
use super::print_line::print_line;
use super::show::{finish, local, print_json, query_of};
use crate::clock;

#[derive(Debug, Args)]
pub(super) struct TrafficArgs {
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Only requests that began at or after this time: 30m, 2h, 7d, 2026-06-21 or 2026-06-21T14:00 (local time)
    #[arg(long, value_name = "WHEN", value_parser = Since::parse)]
    since: Option<Since>,
    /// Only requests that failed
    #[arg(long)]
    failed: bool,
    /// Only requests of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Only requests with the token of this name; "this computer" for the installation's own
    #[arg(long, value_name = "NAME")]
    token: Option<String>,
    /// Only requests with this text in their id, client, session, model, pipeline, item, token's name or error
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    #[arg(long)]
    json: bool,
}

impl TrafficArgs {
    fn query(&self, now: DateTime<Utc>) -> String {
        let since = self.since.map(|since| since.instant(now).to_rfc3339());
        let limit = self.limit.to_string();
        let mut pairs = vec![("limit", limit.as_str())];
        pairs.extend(self.find.as_deref().map(|text| ("q", text)));
        pairs.extend(self.failed.then_some(("failed", "true")));
        pairs.extend(self.pipeline.as_deref().map(|name| ("pipeline", name)));
        pairs.extend(self.token.as_deref().map(|name| ("token", name)));
        pairs.extend(since.as_deref().map(|at| ("since", at)));
        query_of(&pairs)
    }

    fn is_filtered(&self) -> bool {
        self.failed
            || self.since.is_some()
            || self.pipeline.is_some()
            || self.token.is_some()
            || self.find.is_some()
    }
}

/// A moment in a form that a person types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    Ago(TimeDelta),
    Local(NaiveDateTime),
}

impl Since {
    fn parse(text: &str) -> Result<Since, String> {
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Ok(Since::Local(day.and_time(NaiveTime::MIN)));
        }
        for format in ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"] {
            if let Ok(at) = NaiveDateTime::parse_from_str(text, format) {
                return Ok(Since::Local(at));
            }
        }
        let unit = text.chars().last().and_then(|unit| {
            Some(match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return None,
            })
        });
        let ago = unit.and_then(|seconds: i64| {
            let count: i64 = text[..text.len() - 1].parse().ok()?;
            TimeDelta::try_seconds(count.checked_mul(seconds)?)
                .filter(|ago| *ago >= TimeDelta::zero())
        });
        ago.map(Since::Ago).ok_or_else(|| {
            "write a duration (30m, 2h, 7d) or a local time (2026-06-21, 2026-06-21T14:00)"
                .to_owned()
        })
    }

    /// A local time that a clock change skips becomes the next minute that exists.
    fn instant(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Since::Ago(ago) => now.checked_sub_signed(ago).unwrap_or(DateTime::UNIX_EPOCH),
            Since::Local(at) => at
                .and_local_timezone(Local)
                .earliest()
                .or_else(|| {
                    let later = at + TimeDelta::hours(1);
                    later.and_local_timezone(Local).earliest()
                })
                .map_or(DateTime::UNIX_EPOCH, |at| at.to_utc()),
        }
    }
}

/// A page searches a limited number of requests: further pages are read until there are enough, or no older ones.
async fn found(args: &TrafficArgs, engine: &Engine) -> Result<ExchangePage, CallError> {
    let query = args.query(clock::wall()());
    let mut found: ExchangePage = engine.get(&format!("/exchanges?{query}")).await?;
    let wanted = args.limit as usize;
    while let (Some(before), true) = (found.next, found.exchanges.len() < wanted) {
        let path = format!("/exchanges?{query}&before={before}");
        let page: ExchangePage = engine.get(&path).await?;
        found.exchanges.extend(page.exchanges);
        found.unreadable += page.unreadable;
        found.next = page.next;
    }
    if found.exchanges.len() > wanted {
        found.exchanges.truncate(wanted);
        found.next = found.exchanges.last().map(|last| last.id);
    }
    Ok(found)
}

pub(super) async fn run(args: TrafficArgs) -> ExitCode {
    finish(args.json, async {
        let page = found(&args, &Engine::find()?).await?;
        if args.json {
            print_json(&page);
            return Ok(ExitCode::SUCCESS);
        }
        if page.exchanges.is_empty() && args.is_filtered() {
            print_line!("No request matches.");
        } else if page.exchanges.is_empty() {
            print_line!("No requests yet. `understudyd url` prints the URL for an agent.");
        }
        for exchange in &page.exchanges {
            let number = exchange.id.to_string();
            let client = match &exchange.token {
                Some(token) => format!("{} ({token})", exchange.client),
                None => exchange.client.clone(),
            };
            print_line!(
                "{:<8}  {}  {:<14} {:<28} {:>6} ms  {}",
                exchange.request_id.as_deref().unwrap_or(&number),
                local(exchange.started),
                client,
                exchange.model,
                exchange.total_ms,
                exchange.story
            );
        }
        if let Some(text) = unreadable(page.unreadable) {
            print_line!("{text}");
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn unreadable(count: u64) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 request cannot be read: its row in the ledger was changed from outside, or is damaged.".into()),
        _ => Some(format!(
            "{count} requests cannot be read: their rows in the ledger were changed from outside, or are damaged."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_in_the_forms_that_users_type() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("2h", 7_200),
            ("7d", 604_800),
            ("1w", 604_800),
        ] {
            let since = Since::parse(text).map(|since| since.instant(now));
            assert_eq!(since, Ok(now - TimeDelta::seconds(seconds)), "{text}");
        }
        let midnight = "2026-06-21T00:00:00".parse().map(Since::Local);
        assert_eq!(Since::parse("2026-06-21").ok(), midnight.ok());
        for text in [
            "2026-06-21T14:05",
            "2026-06-21 14:05",
            "2026-06-21T14:05:00",
        ] {
            let expected = "2026-06-21T14:05:00".parse().map(Since::Local);
            assert_eq!(Since::parse(text).ok(), expected.ok());
        }
        for text in [
            "",
            "h",
            "soon",
            "-2h",
            "2 h",
            "2y",
            "99999999999999999w",
            "2026-13-01",
            "é",
        ] {
            assert!(Since::parse(text).is_err(), "{text}");
        }
    }
}
