//! A model in a catalogue file: its abilities and its price.

use serde::Deserialize;
use toml::Spanned;

use super::check::Problems;
use crate::{Ability, Effort, Model, ModelId, Price, PriceSource, WrittenPrice};

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
    price: Option<Spanned<WrittenPrice>>,
    /// Several prices, each with the first day on which it applies.
    #[serde(default)]
    prices: Vec<Spanned<WrittenPrice>>,
    #[serde(alias = "maker_id")]
    vendor_model_id: Option<Spanned<String>>,
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
        prices: list_prices(read.price, read.prices, problems),
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

/// The prices of `price` or `prices`, oldest first.
fn list_prices(
    one: Option<Spanned<WrittenPrice>>,
    several: Vec<Spanned<WrittenPrice>>,
    problems: &mut Problems<'_>,
) -> Vec<Price> {
    if let (Some(one), false) = (&one, several.is_empty()) {
        problems.add(
            one.span().start,
            "write either `price` or `prices`, the list of all prices with their first days",
        );
    }
    let mut prices: Vec<Price> = Vec::new();
    for written in one.into_iter().chain(several) {
        let at = written.span().start;
        let written = written.into_inner();
        if written.as_of.is_none() {
            problems.add(at, "missing field `as_of`");
        }
        match written.read(PriceSource::List) {
            Err(problem) => problems.add(at, problem),
            Ok(price) => {
                if prices
                    .last()
                    .is_some_and(|before| before.from >= price.from)
                {
                    problems.add(
                        at,
                        "`prices` begin with the oldest, and each later one has a later `from`",
                    );
                }
                prices.push(price);
            }
        }
    }
    prices
}
