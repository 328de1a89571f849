//! Expected cost of a test. Pure.

use catalog::{MicroDollars, Price, PriceSource, Tokens};

use super::turn::{MOST_OUTPUT, Turn};

/// A token of English or of JSON has about four bytes.
const BYTES_A_TOKEN: usize = 4;
/// Bytes of the call and its result, which the second request contains in addition.
const CALL_AND_RESULT: usize = 400;
/// Output tokens of a step for a model without thinking.
const USUAL_OUTPUT: u64 = 150;
const STEPS: u64 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The owner's server, on this machine and without a key.
    pub(crate) free: bool,
    pub(crate) input: u64,
    pub(crate) output: u64,
    /// None: the price is unknown.
    pub(crate) likely: Option<MicroDollars>,
    /// Cost if the model uses the test's entire token limit.
    pub(crate) most: Option<MicroDollars>,
    /// ISO date of the price.
    pub(crate) price_as_of: Option<String>,
    pub(crate) source: PriceSource,
}

impl Expected {
    pub(crate) fn of(turn: &Turn, price: Option<&Price>, free: bool) -> Self {
        let first = turn.first().to_string().len();
        let bytes = first.saturating_mul(2).saturating_add(CALL_AND_RESULT);
        Self::of_bytes(bytes, STEPS, price, free)
    }

    /// Of requests with this many bytes together.
    pub(crate) fn of_bytes(bytes: usize, requests: u64, price: Option<&Price>, free: bool) -> Self {
        let input = u64::try_from(bytes.div_ceil(BYTES_A_TOKEN)).unwrap_or(u64::MAX);
        let output = requests * USUAL_OUTPUT;
        let costs = |output| {
            let tokens = Tokens {
                input,
                output,
                ..Tokens::default()
            };
            match free {
                true => Some(MicroDollars::ZERO),
                false => price.map(|price| price.planned_cost(tokens)),
            }
        };
        Self {
            free,
            input,
            output,
            likely: costs(output),
            most: costs(requests * MOST_OUTPUT),
            price_as_of: price
                .filter(|_| !free)
                .and_then(|price| price.as_of.clone()),
            source: price.map(|price| price.source).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{Dialect, Rates};

    fn turn() -> Turn {
        Turn {
            dialect: Dialect::Anthropic,
            model: "m".into(),
            streamed: true,
        }
    }

    #[test]
    fn a_test_costs_its_tokens_at_the_list_price() {
        let rates = Rates {
            input: MicroDollars(1_000_000),
            output: MicroDollars(10_000_000),
            cache_read: MicroDollars(0),
            cache_write: MicroDollars(0),
            cache_write_hour: MicroDollars(0),
        };
        let price = Price::list(rates, "2026-11-26");
        let expected = Expected::of(&turn(), Some(&price), false);
        let input = i64::try_from(expected.input).unwrap();
        assert!((100..2_000).contains(&input), "{input}");
        assert_eq!(expected.likely, Some(MicroDollars(input + 3_000)));
        assert_eq!(expected.most, Some(MicroDollars(input + 20_480)));
        assert_eq!(expected.price_as_of.as_deref(), Some("2026-11-26"));
    }

    #[test]
    fn an_unknown_price_gives_no_figure_and_the_owners_machine_costs_nothing() {
        let unknown = Expected::of(&turn(), None, false);
        assert_eq!((unknown.likely, unknown.most), (None, None));
        let free = Expected::of(&turn(), None, true);
        assert_eq!(free.likely, Some(MicroDollars::ZERO));
        assert_eq!(free.most, Some(MicroDollars::ZERO));
    }
}
