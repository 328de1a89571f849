//! A price as a person writes it: US dollars per million tokens. Its checks keep the cost monotone in each count of tokens.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Days, Factor, HourPrice, Hours, LongPrompt, Price, PriceSource, Rates};
use crate::MicroDollars;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenPrice {
    /// The first day, in UTC. Absent: no earlier price is known.
    pub from: Option<String>,
    pub input: f64,
    pub output: f64,
    /// Absent: the price of other input tokens.
    pub cache_read: Option<f64>,
    /// Absent: the price of other input tokens.
    pub cache_write: Option<f64>,
    /// Absent: the price of other cache writes.
    pub cache_write_hour: Option<f64>,
    /// Absent: a long prompt has the same price per token.
    pub long_prompt: Option<WrittenLongPrompt>,
    /// Absent: the same all day.
    pub hours: Option<WrittenHours>,
    /// Multiples of the other service tiers. Without one, the price of a tier is unknown.
    #[serde(default)]
    pub tiers: BTreeMap<String, f64>,
    /// The day on which it was read.
    pub as_of: Option<String>,
}

/// The prices of all tokens if the prompt has more than `above`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenLongPrompt {
    pub above: u64,
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
    pub cache_write_hour: Option<f64>,
}

/// The prices of requests that begin at these hours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenHours {
    /// Spans such as "01:00-04:00" in UTC.
    pub utc: Vec<String>,
    #[serde(default)]
    pub days: Days,
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
    pub cache_write_hour: Option<f64>,
    /// Required if the price at other hours has one.
    pub long_prompt: Option<WrittenLongPrompt>,
}

impl WrittenPrice {
    /// # Errors What is wrong and how to write it.
    pub fn read(self, source: PriceSource) -> Result<Price, String> {
        let own = [
            Some(self.input),
            Some(self.output),
            self.cache_read,
            self.cache_write,
            self.cache_write_hour,
        ];
        let rates = rates(own)?;
        let long_prompt = long_prompt(self.long_prompt, &rates)?;
        let hours = match self.hours {
            None => None,
            Some(written) => Some(hours(written, long_prompt.is_some())?),
        };
        let tiers = self.tiers.into_iter().map(|(name, factor)| {
            let read = Factor::new(factor).ok_or_else(|| {
                format!(
                    "the tier `{name}` is a multiple of the price, greater than 0 and at most 100"
                )
            });
            read.map(|factor| (name, factor))
        });
        let from = self
            .from
            .as_deref()
            .map(|text| date("from", text, "begins"));
        if let Some(text) = &self.as_of {
            date("as_of", text, "was read")?;
        }
        Ok(Price {
            from: from.transpose()?,
            rates,
            long_prompt,
            hours,
            tiers: tiers.collect::<Result<_, _>>()?,
            as_of: self.as_of,
            source,
        })
    }
}

/// Input, output, cache read, cache write, cache write for an hour.
fn rates([input, output, read, write, hour]: [Option<f64>; 5]) -> Result<Rates, String> {
    let mut reported = [input, output, read, write, hour].into_iter().flatten();
    if !reported.all(|dollars| dollars > 0.0 && dollars < 1e6) {
        return Err(
            "prices are US dollars per million tokens and greater than 0; leave `price` out when it is unknown"
                .to_owned(),
        );
    }
    let write = write.or(input);
    let micro = |dollars: Option<f64>| MicroDollars::from_dollars(dollars.unwrap_or_default());
    let rates = Rates {
        input: micro(input),
        output: micro(output),
        cache_read: micro(read.or(input)),
        cache_write: micro(write),
        cache_write_hour: micro(hour.or(write)),
    };
    if rates.cache_write_hour < rates.cache_write {
        return Err(
            "`cache_write_hour` is lower than `cache_write`: a token that is kept for longer costs at least as much"
                .to_owned(),
        );
    }
    Ok(rates)
}

fn long_prompt(
    written: Option<WrittenLongPrompt>,
    usual: &Rates,
) -> Result<Option<LongPrompt>, String> {
    let Some(written) = written else {
        return Ok(None);
    };
    let rates = rates([
        Some(written.input),
        Some(written.output),
        written.cache_read,
        written.cache_write,
        written.cache_write_hour,
    ])?;
    if !usual.is_at_most(&rates) {
        return Err(
            "a price of `long_prompt` is lower than the usual one: a longer prompt would cost less"
                .to_owned(),
        );
    }
    Ok(Some(LongPrompt {
        above: written.above,
        rates,
    }))
}

fn hours(written: WrittenHours, has_long_prompt: bool) -> Result<HourPrice, String> {
    if has_long_prompt != written.long_prompt.is_some() {
        return Err(
            "`hours` needs a `long_prompt` if the price at other hours has one, and only then"
                .to_owned(),
        );
    }
    let rates = rates([
        Some(written.input),
        Some(written.output),
        written.cache_read,
        written.cache_write,
        written.cache_write_hour,
    ])?;
    Ok(HourPrice {
        hours: Hours::parse(written.days, &written.utc)?,
        long_prompt: long_prompt(written.long_prompt, &rates)?,
        rates,
    })
}

fn date(key: &str, text: &str, what: &str) -> Result<NaiveDate, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // The parser also accepts "2026-8-1".
    date.filter(|date| date.to_string() == text).ok_or_else(|| {
        format!("`{key}` is the day on which the price {what}, as in \"2026-08-01\", not `{text}`")
    })
}
