//! Figures as text.

use chrono::TimeDelta;

/// "$6,400", "$0.42", "€6,400", "CHF 12"; below a cent "under $0.01".
pub(crate) fn money(micro: i64, currency: &str) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let amount = micro.unsigned_abs();
    let unit = |text: String| match currency {
        "USD" => format!("${text}"),
        "EUR" => format!("€{text}"),
        "GBP" => format!("£{text}"),
        other => format!("{other} {text}"),
    };
    if (1..10_000).contains(&amount) {
        return format!("{sign}under {}", unit("0.01".to_owned()));
    }
    let cents = (amount + 5_000) / 10_000;
    let mut text = grouped(cents / 100);
    if !cents.is_multiple_of(100) {
        text += &format!(".{:02}", cents % 100);
    }
    format!("{sign}{}", unit(text))
}

pub(crate) fn usd(micro: i64) -> String {
    money(micro, "USD")
}

/// "12,400"
pub(crate) fn grouped(count: u64) -> String {
    let mut digits = count.to_string();
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, ',');
    }
    digits
}

/// "99.94 %". Never rounded up to 100 %.
pub(crate) fn percent(share: f64) -> String {
    let hundredths = (share * 10_000.0).round();
    let hundredths = match share < 1.0 {
        true => hundredths.min(9_999.0),
        false => hundredths,
    };
    match hundredths % 100.0 == 0.0 {
        true => format!("{:.0} %", hundredths / 100.0),
        false => format!("{:.2} %", hundredths / 100.0),
    }
}

/// "3.2 %", of the complete cost.
pub(crate) fn share(share: f64) -> String {
    match share {
        small if small > 0.0 && small < 0.0005 => "under 0.1 %".to_owned(),
        share => format!("{:.1} %", share * 100.0),
    }
}

/// "40 s", "4 min", "1 h 20 min", "3 d 4 h"
pub(crate) fn duration(seconds: i64) -> String {
    let length = TimeDelta::seconds(seconds.max(0));
    let (days, hours) = (length.num_days(), length.num_hours() % 24);
    let (minutes, seconds) = (length.num_minutes() % 60, length.num_seconds() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// "1 request", "57 requests"
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    let what = if count == 1 { one } else { many };
    format!("{} {what}", grouped(count))
}

/// "Claude", "Claude and OpenAI", "Claude, OpenAI and Gemini"
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Text of clients and providers: without control characters and marks of direction.
pub(crate) fn shown(text: &str) -> String {
    api::escape(text).into_owned()
}
