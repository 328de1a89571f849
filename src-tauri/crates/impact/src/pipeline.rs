use std::fmt;
use std::str::FromStr;

use catalog::{MicroDollars, ProviderId};

use crate::{Currency, Schedule};

/// A pipeline whose items have a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    pub name: String,
    /// Items a week: 50 leads.
    pub weekly_items: f64,
    /// What one item is worth to the owner, in millionths of the currency's unit.
    pub value: MicroDollars,
    pub currency: Currency,
    pub schedule: Schedule,
    pub surge: Surge,
    /// Providers that the pipeline's steps use; empty: any.
    pub providers: Vec<ProviderId>,
}

impl Pipeline {
    /// True if an outage of this provider affects the pipeline.
    pub fn uses(&self, provider: &ProviderId) -> bool {
        self.providers.is_empty() || self.providers.contains(provider)
    }
}

/// Factor by which more items than usual arrive, set by the owner as a range. 1 to 1 is a usual week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    pub low: f64,
    pub high: f64,
}

impl Default for Surge {
    fn default() -> Self {
        Self {
            low: 1.0,
            high: 1.0,
        }
    }
}

impl fmt::Display for Surge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{} to {}", self.low, self.high)
        }
    }
}

/// Why a text is not a valid surge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid surge: write the factor by which more items than usual arrive, as \"2\" or as a range \"2.5 to 7.5\", each greater \
     than 0"
)]
pub struct NoSurge(String);

impl FromStr for Surge {
    type Err = NoSurge;

    /// "2", "2.5 to 7.5" or "2.5-7.5".
    fn from_str(text: &str) -> Result<Self, NoSurge> {
        let (low, high) = text
            .split_once(" to ")
            .or_else(|| text.split_once('-'))
            .unwrap_or((text, text));
        let number = |part: &str| {
            let number = part.trim().parse::<f64>().ok()?;
            (number > 0.0 && number.is_finite()).then_some(number)
        };
        match (number(low), number(high)) {
            (Some(low), Some(high)) if low <= high => Ok(Self { low, high }),
            _ => Err(NoSurge(text.to_owned())),
        }
    }
}
