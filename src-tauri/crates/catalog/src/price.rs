//! The price of a model: by kind of token, length of the prompt, day and hour. Pure: the instant is an argument.

mod factor;
mod hours;
mod written;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{MicroDollars, Tokens};

pub use factor::Factor;
pub use hours::{Days, Hours};
pub use written::{WrittenHours, WrittenLongPrompt, WrittenPrice};

/// Names of the tier that the list price is for: Anthropic and Google, OpenAI and Bedrock, the request's word for the account's
/// default, Groq.
const STANDARD_TIERS: [&str; 4] = ["standard", "default", "auto", "on_demand"];

/// A price in micro-dollars per million tokens, valid from a day until the next price of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The first day, from midnight UTC; `None`: no earlier price is known.
    pub from: Option<NaiveDate>,
    pub rates: Rates,
    /// The prices of a request with a long prompt; `None`: the same.
    pub long_prompt: Option<LongPrompt>,
    /// Other prices at certain hours; `None`: the same all day.
    pub hours: Option<HourPrice>,
    /// The provider's other service tiers, as multiples of these prices.
    pub tiers: BTreeMap<String, Factor>,
    /// ISO date, `2026-10-01`: the day on which the price was read. `None`: the owner's price without a day.
    pub as_of: Option<String>,
    pub source: PriceSource,
}

/// Where a price comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceSource {
    /// The provider's list price.
    #[default]
    List,
    /// The list price less the owner's discount.
    Discounted,
    /// The owner's settings.
    Owners,
}

/// Micro-dollars per million tokens of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub input: MicroDollars,
    pub output: MicroDollars,
    pub cache_read: MicroDollars,
    pub cache_write: MicroDollars,
    /// Of tokens that are written to the cache for an hour.
    pub cache_write_hour: MicroDollars,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongPrompt {
    /// A prompt with more tokens than this is long; cached tokens count.
    pub above: u64,
    pub rates: Rates,
}

/// The prices of requests that begin at these hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourPrice {
    pub hours: Hours,
    pub rates: Rates,
    pub long_prompt: Option<LongPrompt>,
}

impl Price {
    /// A list price without further rules.
    pub fn list(rates: Rates, as_of: &str) -> Price {
        Price {
            from: None,
            rates,
            long_prompt: None,
            hours: None,
            tiers: BTreeMap::new(),
            as_of: Some(as_of.to_owned()),
            source: PriceSource::List,
        }
    }

    /// The cost of these tokens in the standard tier, to the nearest micro-dollar (0.5 rounded up): the costs of two requests
    /// may differ by one micro-dollar from the cost of their sum. `at`: the begin of the request, whose day and hour select the
    /// price. It is an estimate: the provider's invoice decides.
    pub fn cost(&self, tokens: Tokens, at: DateTime<Utc>) -> MicroDollars {
        let rates = self.rates_of(tokens, at);
        let hour = tokens.cache_write_hour.min(tokens.cache_write);
        let parts = [
            (tokens.input, rates.input),
            (tokens.output, rates.output),
            (tokens.cache_read, rates.cache_read),
            (tokens.cache_write - hour, rates.cache_write),
            (hour, rates.cache_write_hour),
        ];
        let parts = parts.map(|(count, rate)| i128::from(count).saturating_mul(rate.0.into()));
        let sum = parts.into_iter().fold(500_000, i128::saturating_add);
        MicroDollars(i64::try_from(sum.div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// The cost in the service tier that the response names. `None`: the price of this tier is not known.
    pub fn cost_in(
        &self,
        tier: Option<&str>,
        tokens: Tokens,
        at: DateTime<Utc>,
    ) -> Option<MicroDollars> {
        match tier {
            None => Some(self.cost(tokens, at)),
            Some(tier) => match self.tiers.get(tier) {
                Some(factor) => Some(self.times(*factor).cost(tokens, at)),
                None if STANDARD_TIERS.contains(&tier) => Some(self.cost(tokens, at)),
                None => None,
            },
        }
    }

    /// The cost of tokens that are not requested yet, at the dearest hour.
    pub fn planned_cost(&self, tokens: Tokens) -> MicroDollars {
        let all_day = Price {
            hours: None,
            ..self.clone()
        };
        let at_hours = self.hours.as_ref().map(|price| Price {
            rates: price.rates,
            long_prompt: price.long_prompt,
            ..all_day.clone()
        });
        let costs = std::iter::once(all_day).chain(at_hours);
        let costs = costs.map(|price| price.cost(tokens, DateTime::UNIX_EPOCH));
        costs.max().unwrap_or_default()
    }

    fn rates_of(&self, tokens: Tokens, at: DateTime<Utc>) -> Rates {
        let (rates, long) = match &self.hours {
            Some(price) if price.hours.contain(at) => (price.rates, price.long_prompt),
            Some(_) | None => (self.rates, self.long_prompt),
        };
        let long = long.filter(|long| tokens.prompt() > long.above);
        long.map_or(rates, |long| long.rates)
    }

    /// This price with every rate multiplied.
    #[must_use]
    pub fn times(&self, factor: Factor) -> Price {
        let long = |long: LongPrompt| LongPrompt {
            above: long.above,
            rates: long.rates.times(factor),
        };
        Price {
            rates: self.rates.times(factor),
            long_prompt: self.long_prompt.map(long),
            hours: self.hours.as_ref().map(|price| HourPrice {
                hours: price.hours.clone(),
                rates: price.rates.times(factor),
                long_prompt: price.long_prompt.map(long),
            }),
            ..self.clone()
        }
    }

    /// Every set of rates in it.
    pub fn all_rates(&self) -> impl Iterator<Item = Rates> + '_ {
        let hours = self.hours.as_ref();
        let long = hours.and_then(|price| price.long_prompt);
        self.usual_rates()
            .chain(self.long_prompt.map(|long| long.rates))
            .chain(long.map(|long| long.rates))
    }

    /// The rates of prompts that are not long, at all hours.
    pub fn usual_rates(&self) -> impl Iterator<Item = Rates> + '_ {
        let hours = self.hours.as_ref().map(|price| price.rates);
        std::iter::once(self.rates).chain(hours)
    }
}

impl Rates {
    fn times(self, factor: Factor) -> Rates {
        Rates {
            input: factor.of(self.input),
            output: factor.of(self.output),
            cache_read: factor.of(self.cache_read),
            cache_write: factor.of(self.cache_write),
            cache_write_hour: factor.of(self.cache_write_hour),
        }
    }

    /// True if no kind of token costs more than at the other rates.
    pub fn is_at_most(&self, other: &Rates) -> bool {
        self.input <= other.input
            && self.output <= other.output
            && self.cache_read <= other.cache_read
            && self.cache_write <= other.cache_write
            && self.cache_write_hour <= other.cache_write_hour
    }
}

#[cfg(test)]
mod tests;
