//! A model in a catalogue file: its abilities and its price.

use serde::Deserialize;
use toml::Spanned;

use super::check::{self, Problems};
use crate::{Ability, Effort, LongPrompt, MicroDollars, Model, ModelId, Price, Rates};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: Spanned<String>,
    context: Option<Spanned<u64>>,
    max_output: Option<Spanned<u64>>,
    #[serde(default)]
    lacks: Vec<Ability>,
    /// Absent: it accepts no effort, or no source documents one.
    #[serde(default)]
    efforts: Vec<Effort>,
    price: Option<Spanned<ListPrice>>,
    #[serde(alias = "maker_id")]
    vendor_model_id: Option<Spanned<String>>,
}

/// US dollars per million tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListPrice {
    input: f64,
    output: f64,
    /// Absent: the price of other input tokens.
    cache_read: Option<f64>,
    /// Absent: the price of other input tokens.
    cache_write: Option<f64>,
    /// Absent: a long prompt has the same price per token.
    long_prompt: Option<LongListPrice>,
    as_of: String,
}

/// The prices of all tokens if the prompt has more than `above`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongListPrice {
    above: u64,
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

pub(super) fn model(read: Entry, problems: &mut Problems<'_>) -> Model {
    let context = tokens("context", read.context, problems);
    let max_output = tokens("max_output", read.max_output, problems);
    Model {
        id: ModelId::new(read.id.get_ref()),
        context,
        max_output,
        lacks: read.lacks,
        efforts: read.efforts,
        price: read.price.map(|price| list_price(price, problems)),
        vendor_model_id: read.vendor_model_id.map(|id| {
            problems.filled("maker_id", &id);
            ModelId::new(id.get_ref())
        }),
    }
}

fn tokens(what: &str, read: Option<Spanned<u64>>, problems: &mut Problems<'_>) -> Option<u64> {
    let read = read?;
    if *read.get_ref() == 0 {
        problems.add(
            read.span().start,
            format!("`{what}` is 0; leave it out when it is unknown"),
        );
    }
    Some(read.into_inner())
}

fn list_price(read: Spanned<ListPrice>, problems: &mut Problems<'_>) -> Price {
    let at = read.span().start;
    let read = read.into_inner();
    let mut rates = |input, output, cache_read, cache_write| {
        let reported = [Some(input), Some(output), cache_read, cache_write];
        let mut reported = reported.into_iter().flatten();
        if !reported.all(|dollars: f64| dollars > 0.0 && dollars < 1e6) {
            problems.add(
                at,
                "prices are US dollars per million tokens and greater than 0; leave `price` out when it is unknown",
            );
        }
        Rates {
            input: MicroDollars::from_dollars(input),
            output: MicroDollars::from_dollars(output),
            cache_read: MicroDollars::from_dollars(cache_read.unwrap_or(input)),
            cache_write: MicroDollars::from_dollars(cache_write.unwrap_or(input)),
        }
    };
    let usual = rates(read.input, read.output, read.cache_read, read.cache_write);
    let long_prompt = read.long_prompt.map(|long| LongPrompt {
        above: long.above,
        rates: rates(long.input, long.output, long.cache_read, long.cache_write),
    });
    if !check::is_date(&read.as_of) {
        problems.add(
            at,
            format!(
                "`as_of` is the day on which the price was read, as in \"2026-08-01\", not `{}`",
                read.as_of
            ),
        );
    }
    Price {
        rates: usual,
        long_prompt,
        as_of: read.as_of,
    }
}
