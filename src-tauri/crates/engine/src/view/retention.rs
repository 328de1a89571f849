//! How long the history is kept, the file's size, and the first deletion.

use api::History;
use chrono::{DateTime, Utc};

use crate::desk::first_deletion;
use crate::settings::Retention;
use crate::state::State;

const MB: f64 = 1_000_000.0;

/// Title and text of the notification before the first deletion.
pub(crate) fn announcement(state: &State, now: DateTime<Utc>) -> (String, String) {
    let day = day(state, first_deletion(now));
    (
        format!("Old requests will be deleted on {day}"),
        sentence(state, first_deletion(now)),
    )
}

pub(crate) fn history(state: &State, now: DateTime<Utc>) -> History {
    let kept = state.settings.retention;
    let days = |days: u32| (days > 0).then_some(days);
    let first = state.retention.stored.first_deletion(now);
    let first = first.filter(|at| *at > now && !state.retention.expired.is_empty());
    History {
        exchanges_days: days(kept.exchanges_days),
        incidents_days: days(kept.incidents_days),
        daily_days: days(kept.daily_days),
        kept: kept_for(kept),
        size: state.retention.size.map(|size| file_size(size.bytes)),
        first_deletion: first.map(|at| sentence(state, at)),
    }
}

fn sentence(state: &State, at: DateTime<Utc>) -> String {
    let expired = state.retention.expired;
    let kept = state.settings.retention;
    let part = |what: &str, days: u32, count: u64| {
        (count > 0).then(|| format!("{what} older than {days} days ({})", grouped(count)))
    };
    let parts = [
        part("requests", kept.exchanges_days, expired.exchanges),
        part("incidents", kept.incidents_days, expired.incidents),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!(
        "On {} Understudy deletes {}. Daily sums stay. Keep them: Settings → History.",
        day(state, at),
        parts.join(" and ")
    )
}

/// "7 December"
fn day(state: &State, at: DateTime<Utc>) -> String {
    state.zone.local(at).format("%-d %B").to_string()
}

fn kept_for(kept: Retention) -> String {
    let span = |days: u32| match days {
        0 => "without a limit".to_owned(),
        days => format!("for {days} days"),
    };
    format!(
        "Requests are kept {}, incidents {}, daily sums {}",
        span(kept.exchanges_days),
        span(kept.incidents_days),
        span(kept.daily_days)
    )
}

/// "12.3 MB"
pub(crate) fn file_size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let size = bytes as f64 / MB;
    format!("{size:.1} MB")
}

/// "12,345"
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        let counts = [7, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(counts, ["7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn the_limits_are_one_sentence() {
        let kept = Retention {
            effects_days: 14,
            exchanges_days: 90,
            incidents_days: 0,
            daily_days: 730,
        };
        assert_eq!(
            kept_for(kept),
            "Requests are kept for 90 days, incidents without a limit, daily sums for 730 days"
        );
        assert_eq!(file_size(12_345_678), "12.3 MB");
    }
}
